"""A Slack-compatible incoming webhook: one POST of `{"text": ...}` a message. Slack, Mattermost, Rocket.Chat and Teams workflows take it.

The address is the secret, so it comes from the environment and shows nowhere. Slack's answers: 200 `ok`; 400 and 403 for a message or a
token that will never work; 404, 410 when the webhook is gone; 429 with Retry-After (docs.slack.dev, incoming webhooks).

Add here when a webhook answers one more way; rather in a channel of its own when messages have another shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Self

import orjson
from pydantic import Field

from configs.effects import DeliveryState, Message, Receipt
from configs.errors import Ambiguous, ChannelUnavailable, NeighbourRefused, Unsupported
from integrations.channels.in_turn import in_turn
from integrations.contracts import Surroundings
from integrations.gate import Connect
from integrations.http import Http, Waits
from integrations.options import EnvName, Options, checked, secret

LONGEST_TEXT = 40_000
"""Characters; Slack cuts what is longer."""
MARKS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
"""The three characters that could otherwise become a mention or a link in Slack's text."""


class WebhookOptions(Options):
    """`url_env` names the variable with the webhook's address; `allow_private` opens addresses of your own network."""

    url_env: EnvName
    allow_private: bool = False
    timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 15.0


class WebhookChannel:
    """A Channel to whoever reads the chat room behind one webhook; a message's `to` is not looked at."""

    can_lookup = False

    def __init__(self, name: str, url: str, options: WebhookOptions, connect: Connect | None = None) -> None:
        self.name, self._url = name, url
        self._http = Http(
            f"channel {name!r}",
            transient=ChannelUnavailable,
            in_doubt=Ambiguous,
            allow_private=options.allow_private,
            show_path=False,
            waits=Waits(read_seconds=options.timeout_seconds, total_seconds=options.timeout_seconds, max_bytes=64 * 1024),
            connect=connect,
        )

    def __repr__(self) -> str:
        return f"WebhookChannel({self.name!r})"

    @classmethod
    def build(cls, name: str, options: Mapping[str, object], around: Surroundings) -> Self:
        """The channel, its options checked. Raises SettingsInvalid."""
        what = f"channel {name!r}"
        given = checked(WebhookOptions, what, options)
        return cls(name, secret(what, "url_env", given.url_env, around), given)

    def send(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """One POST a message, in order. Errors and receipts as `in_turn`."""
        return in_turn(messages, self._posted)

    def lookup(self, keys: Sequence[str]) -> dict[str, Receipt]:
        """Raises Unsupported: a webhook cannot be asked."""
        raise Unsupported(f"channel {self.name!r}: a webhook cannot be asked what it has; look into the room")

    def _posted(self, message: Message) -> Receipt:
        headers = {"Content-Type": "application/json", "Idempotency-Key": message.key}
        try:
            answer = self._http.request("POST", self._url, headers=headers, body=_body(message))
        except NeighbourRefused as err:
            return Receipt(message.key, DeliveryState.BOUNCED, detail=err.message)
        return Receipt(message.key, DeliveryState.ACCEPTED, detail=f"{answer.status}")


def _body(message: Message) -> bytes:
    head = f"*{message.subject}*\n" if message.subject else ""
    text = head.translate(MARKS) + message.text.translate(MARKS)
    return orjson.dumps({"text": text[:LONGEST_TEXT]})
