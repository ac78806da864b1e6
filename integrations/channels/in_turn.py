"""One request a message, in order, over one connection: for rooms and alerts, where messages are few.

Add here when every such channel sends otherwise; rather in `integrations/channels/at_once.py` when messages are many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from configs.effects import DeliveryState, Message, Receipt
from configs.errors import Ambiguous, Transient


def in_turn(messages: Sequence[Message], post: Callable[[Message], Receipt]) -> Iterator[Receipt]:
    """A receipt a message. What has no answer is in doubt; what was not posted yet is deferred.

    Raises:
        Transient: at the first message only; nothing was sent.
        Ambiguous: after the receipts of all the others.
    """
    for position, message in enumerate(messages):
        try:
            yield post(message)
        except Transient as err:
            if position == 0:
                raise
            yield from (Receipt(m.key, DeliveryState.DEFERRED, detail=err.message) for m in messages[position:])
            return
        except Ambiguous:
            yield from (Receipt(m.key, DeliveryState.DEFERRED, detail="not posted yet") for m in messages[position + 1 :])
            raise
