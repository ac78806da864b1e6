"""Operators' alerts over whatever apprise knows (Telegram, Matrix, ntfy, pagers...): one call a message, to one service.

Never for notices: apprise says no more than yes or no, one message at a time, and a notice must be known as taken, refused or in doubt
(`ALERTS_ONLY` in `integrations/channels/__init__.py`, looked at when the settings are opened). A "no" is tried again, so that an alert may
come twice where a service answered too late: better than not at all.

Add here when apprise is called otherwise; rather a channel of its own when its service must also carry notices.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Self

from configs.effects import DeliveryState, Message, Receipt
from configs.errors import SettingsInvalid, Unsupported
from integrations.channels.at_once import unavailable
from integrations.channels.in_turn import in_turn
from integrations.contracts import Surroundings
from integrations.options import EnvName, Options, checked, secret

if TYPE_CHECKING:
    from apprise import Apprise


class AppriseOptions(Options):
    """`url_env` names the variable with the service's address in apprise's form (`ntfy://...`), which holds its secrets."""

    url_env: EnvName


class AppriseChannel:
    """A Channel to whoever reads one service; a message's `to` is not looked at."""

    can_lookup = False

    def __init__(self, name: str, url: str, variable: str) -> None:
        self.name, self._url, self._variable = name, url, variable

    def __repr__(self) -> str:
        return f"AppriseChannel({self.name!r})"

    @classmethod
    def build(cls, name: str, options: Mapping[str, object], around: Surroundings) -> Self:
        """The channel, its options checked. Raises SettingsInvalid."""
        what = f"channel {name!r}"
        given = checked(AppriseOptions, what, options)
        return cls(name, secret(what, "url_env", given.url_env, around), given.url_env)

    def send(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """One call a message, in order. Errors and receipts as `in_turn`; SettingsInvalid where apprise does not know the address."""
        if not messages:
            return iter(())
        service = self._service()
        return in_turn(messages, lambda message: self._posted(service, message))

    def lookup(self, keys: Sequence[str]) -> dict[str, Receipt]:
        """Raises Unsupported: apprise only sends."""
        raise Unsupported(f"channel {self.name!r}: apprise cannot ask what was taken; look into the service")

    def _service(self) -> Apprise:
        from apprise import Apprise, AppriseAsset  # knows a hundred services, and takes half a second to say so

        # Its warnings quote what services answer, and what it could not parse.
        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
        service = Apprise(asset=AppriseAsset(secure_logging=True, async_mode=False, app_id="app-recall"))
        if not service.add(self._url) or len(service) != 1:
            raise SettingsInvalid(f"channel {self.name!r}: option url_env: {self._variable} does not hold one address that apprise knows")
        return service

    def _posted(self, service: Apprise, message: Message) -> Receipt:
        if service.notify(body=message.text, title=message.subject, body_format="text", interpret_escapes=False):
            return Receipt(message.key, DeliveryState.ACCEPTED)
        raise unavailable(self.name, "apprise could not hand the alert over; try its command line with the same address")
