"""What a mail relay of your own says it has taken: Postfix's log, read for Message-IDs.

    postfix/cleanup[9]: 4XyZ: message-id=<0f1e@pocket.example>        the message came in under this queue id
    postfix/qmgr[8]: 4XyZ: from=<recall@pocket.example>, size=1, ...  and is in the queue: taken

Only the second line proves it: the first is also written of a message whose end never came.

Add here when another relay's log is read; rather in `integrations/channels/email.py` when it is about what follows from it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from configs.errors import ChannelUnavailable

_CAME_IN = re.compile(rb"cleanup\[\d+\]: ([0-9A-Za-z]+): message-id=<([^>\s]+)>")
_QUEUED = re.compile(rb"qmgr\[\d+\]: ([0-9A-Za-z]+): from=<[^>]*>, size=")


def taken_by(path: Path, message_ids: Collection[str]) -> frozenset[str]:
    """Which of these Message-IDs (without brackets) the relay has taken.

    Raises:
        ChannelUnavailable: the log cannot be read now.
    """
    wanted = {message_id.encode() for message_id in message_ids}
    came_in: dict[bytes, bytes] = {}
    taken: set[str] = set()
    try:
        with path.open("rb") as lines:
            for line in lines:
                if (found := _CAME_IN.search(line)) and found[2] in wanted:
                    came_in[found[1]] = found[2]
                elif (found := _QUEUED.search(line)) and found[1] in came_in:
                    taken.add(came_in[found[1]].decode())
    except OSError as err:
        raise ChannelUnavailable(f"the relay's log {path} cannot be read ({err.strerror}); check `relay_log` and its permissions") from None
    return frozenset(taken)
