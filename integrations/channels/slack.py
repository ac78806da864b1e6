"""Slack by a bot's token: one `chat.postMessage` a message, for operators. A message's `to` is a channel's id; empty: the option `room`.

Slack answers 200 also to what it refuses; the word in `error` says why.

| Slack | receipt |
|---|---|
| ok | ACCEPTED |
| a word about room or message (`not_in_channel`, `msg_too_long`, any we do not know) | BOUNCED |
| `rate_limited`, 429 | Throttled: this and every later message DEFERRED |
| a word about our token, `service_unavailable`, 503 | unavailable: this and every later message DEFERRED |
| `internal_error`, `fatal_error`, `request_timeout`, other 5xx, no answer | Ambiguous: Slack says that a part may have been done |

Source: docs.slack.dev, chat.postMessage.

Add here when Slack answers one more word; rather in `integrations/channels/webhook.py` when there is an incoming webhook and no token.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Self
from urllib.parse import urlencode

from pydantic import Field

from configs.effects import DeliveryState, Message, Receipt
from configs.errors import Ambiguous, ChannelUnavailable, NeighbourRefused, Unsupported
from integrations.channels.at_once import slower, unavailable
from integrations.channels.in_turn import in_turn
from integrations.channels.webhook import LONGEST_TEXT, MARKS
from integrations.contracts import Surroundings
from integrations.http import Answer, Http, Waits, retry_after
from integrations.options import ApiUrl, EnvName, Options, checked, secret

API_URL = "https://slack.com/api"
SLOWER = frozenset({"rate_limited", "ratelimited", "message_limit_exceeded"})
ABOUT_US = frozenset(
    {
        *("not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired", "missing_scope", "no_permission"),
        *(
            "not_allowed_token_type",
            "access_denied",
            "ekm_access_denied",
            "org_login_required",
            "team_access_not_granted",
            "two_factor_setup_required",
        ),
    }
)
NOT_NOW = frozenset({"service_unavailable", "team_added_to_org"})
IN_DOUBT = frozenset({"internal_error", "fatal_error", "request_timeout"})


class SlackOptions(Options):
    """`token_env` names the variable with the bot's token (scope chat:write); `room` is where messages without an address go."""

    token_env: EnvName
    room: Annotated[str, Field(pattern=r"^[A-Za-z0-9#_-]*$", max_length=100)] = ""
    timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 15.0
    allow_private: bool = False
    api_url: ApiUrl = API_URL


class SlackChannel:
    """A Channel into one Slack workspace."""

    can_lookup = False

    def __init__(self, name: str, token: str, options: SlackOptions) -> None:
        self.name, self._options = name, options
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-www-form-urlencoded"}
        waits = Waits(read_seconds=options.timeout_seconds, total_seconds=options.timeout_seconds, max_bytes=64 * 1024)
        self._http = Http(
            f"channel {name!r}", transient=ChannelUnavailable, in_doubt=Ambiguous, allow_private=options.allow_private, waits=waits
        )

    def __repr__(self) -> str:
        return f"SlackChannel({self.name!r})"

    @classmethod
    def build(cls, name: str, options: Mapping[str, object], around: Surroundings) -> Self:
        """The channel, its options checked. Raises SettingsInvalid."""
        what = f"channel {name!r}"
        given = checked(SlackOptions, what, options)
        return cls(name, secret(what, "token_env", given.token_env, around), given)

    def send(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """One request a message, in order. Errors and receipts as `in_turn`."""
        return in_turn(messages, self._posted)

    def lookup(self, keys: Sequence[str]) -> dict[str, Receipt]:
        """Raises Unsupported: a bot that may only write cannot read what is there."""
        raise Unsupported(f"channel {self.name!r}: the bot may write and not read; look into the room")

    def _posted(self, message: Message) -> Receipt:
        room = message.to or self._options.room
        if not room:
            return Receipt(message.key, DeliveryState.BOUNCED, detail="no room: give an address, or set the option `room`")
        url = f"{self._options.api_url.rstrip('/')}/chat.postMessage"
        try:
            answer = self._http.request(
                "POST", url, headers=self._headers, body=urlencode(form_of(message, room)).encode(), accept=range(100, 600)
            )
        except NeighbourRefused as err:
            return Receipt(message.key, DeliveryState.BOUNCED, detail=err.message)
        return self._receipt(message.key, answer)

    def _receipt(self, key: str, answer: Answer) -> Receipt:
        found = _object(answer)
        if answer.status == 200 and found.get("ok") is True:
            return Receipt(key, DeliveryState.ACCEPTED, str(found.get("ts", ""))[:40])
        word = _word(found)
        said = f"Slack answered {word or answer.status}"
        if word in SLOWER or answer.status == 429:
            raise slower(self.name, said, retry_after(answer.headers.get("retry-after"), datetime.now(UTC)))
        if word in ABOUT_US or answer.status in (401, 403):
            raise unavailable(self.name, f"{said}: it refuses us; check the token and its scopes")
        if word in NOT_NOW or answer.status == 503:
            raise unavailable(self.name, said)
        if word in IN_DOUBT or answer.status >= 500 or (answer.status == 200 and not word):
            raise Ambiguous(f"channel {self.name!r}: {said}; one message is in doubt")
        return Receipt(key, DeliveryState.BOUNCED, detail=said)


def form_of(message: Message, room: str) -> dict[str, str]:
    """The request's form. Marks are escaped, so that no word becomes a mention or a link."""
    head = f"*{message.subject}*\n" if message.subject else ""
    text = (head + message.text).translate(MARKS)[:LONGEST_TEXT]
    return {"channel": room, "text": text, "unfurl_links": "false", "unfurl_media": "false"}


def _object(answer: Answer) -> Mapping[str, object]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _word(found: Mapping[str, object]) -> str:
    """Slack's word for what went wrong; "" when it is none."""
    word = str(found.get("error", ""))
    return word if word.replace("_", "").isalnum() and len(word) <= 60 else ""
