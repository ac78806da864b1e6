"""Text messages over Twilio's Messages resource: one request a message, several at once. A message's `to` is a number in E.164.

Twilio takes no idempotency key for messages, and its list can be searched by number and day only: a message of the same words to the same
number may be an earlier wave's. So it is not asked, and sending is at most once.

| Twilio | receipt | the others |
|---|---|---|
| 201 | ACCEPTED | go on |
| a code about this number (table below), any other 4xx | BOUNCED | go on |
| 20429, 429, a full queue | DEFERRED | stop after a few in a row: throttled |
| 503 | DEFERRED: nothing was taken | stop after a few in a row |
| 401, 403, 404, a code about our account or sender | DEFERRED: it is about us | stop after a few in a row |
| other 5xx, no complete answer | UNKNOWN: it may have been taken | go on |
| no connection | DEFERRED | stop after a few in a row |

What becomes of a taken message later (30003 and the like) Twilio tells to `status_callback` only.

Source: twilio.com/docs/api/errors.

Add here when Twilio answers one more way; rather in `integrations/channels/at_once.py` when it is about many requests at once.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Self
from urllib.parse import urlencode

from pydantic import Field, model_validator

from configs.effects import DeliveryState, Message, Receipt
from configs.errors import Unsupported
from integrations.channels.at_once import Answered, NoTrace, Pace, deferred, post_all, slower, unavailable
from integrations.channels.posting import NoAnswer, NotSent, Posting, Reply
from integrations.channels.short_words import short_words
from integrations.contracts import Surroundings, Trace
from integrations.options import ApiUrl, EnvName, Options, checked, secret

API_URL = "https://api.twilio.com"
LONGEST_BODY = 1600
"""Characters; Twilio refuses what is longer (21617)."""
E164 = re.compile(r"\+[1-9][0-9]{6,14}")

FOR_THIS_ONE: Mapping[int, str] = {
    21211: "not a phone number",
    21214: "the number cannot be reached",
    21217: "not a phone number",
    21408: "messages to this region are not enabled in the account",
    21610: "the reader has unsubscribed",
    21612: "the number cannot be reached from the sender",
    21614: "not a mobile number",
    21617: "the message is too long",
    21635: "a landline",
    30003: "the handset cannot be reached",
    30004: "blocked",
    30005: "no such number",
    30006: "a landline, or a carrier that cannot be reached",
    30007: "filtered by the carrier",
    30008: "not delivered, for no reason given",
}
"""Permanent for this number, and Twilio's reason in our words."""
SLOWER: Mapping[int, str] = {
    14107: "too many messages",
    20429: "too many requests",
    21611: "the sender's queue is full",
    30001: "the queue is full",
    30022: "too many messages for the campaign",
}
ABOUT_US: Mapping[int, str] = {
    20003: "the account or its token",
    20005: "the account is not active",
    21212: "the sender",
    21603: "the sender",
    21606: "the sender",
    21608: "a trial account, which writes to verified numbers only",
    21659: "the sender",
    21701: "the messaging service",
    30002: "the account is suspended",
    30034: "the sender is not registered",
}
"""Nothing goes out until a person has set this right."""


class TwilioOptions(Options):
    """`token_env` names the variable with the account's token, or, with `api_key`, that key's secret."""

    account: Annotated[str, Field(pattern=r"^AC[0-9a-fA-F]{32}$")]
    token_env: EnvName
    api_key: Annotated[str, Field(pattern=r"^(SK[0-9a-fA-F]{32})?$")] = ""
    sender: Annotated[str, Field(pattern=r"^(\+[1-9][0-9]{3,14}|[A-Za-z0-9 ]{1,11})?$")] = ""
    messaging_service: Annotated[str, Field(pattern=r"^(MG[0-9a-fA-F]{32})?$")] = ""
    status_callback: Annotated[str, Field(pattern=r"^(https://[^\s]+)?$", max_length=500)] = ""
    connections: int = Field(10, ge=1, le=200)
    per_second: float = Field(0, ge=0)
    timeout_seconds: float = Field(20, gt=0, le=300)
    allow_private: bool = False
    api_url: ApiUrl = API_URL

    @model_validator(mode="after")
    def _one_sender(self) -> Self:
        if bool(self.sender) == bool(self.messaging_service):
            raise ValueError("give either sender or messaging_service")
        return self


class TwilioChannel:
    """A Channel and FanOut over one Twilio account."""

    can_lookup = False

    def __init__(self, name: str, token: str, options: TwilioOptions) -> None:
        self.name, self._options = name, options
        login = b64encode(f"{options.api_key or options.account}:{token}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}", "Content-Type": "application/x-www-form-urlencoded"}

    def __repr__(self) -> str:
        return f"TwilioChannel({self.name!r})"

    @classmethod
    def build(cls, name: str, options: Mapping[str, object], around: Surroundings) -> Self:
        """The channel, its options checked. Raises SettingsInvalid."""
        what = f"channel {name!r}"
        given = checked(TwilioOptions, what, options)
        return cls(name, secret(what, "token_env", given.token_env, around), given)

    def send(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """One receipt a message, in any order; one without an answer is UNKNOWN."""
        if messages:
            yield from (receipt for receipts in self.fan_out(messages, NoTrace()) for receipt in receipts)

    def fan_out(self, messages: Iterable[Message], trace: Trace) -> Iterator[Sequence[Receipt]]:
        """Hands everything over, up to `connections` at once. Errors and receipts as `FanOut`."""
        given = self._options
        posting = Posting(given.connections, given.timeout_seconds, given.allow_private)
        return post_all(_Twilio(self.name, given, self._headers, posting), messages, trace, Pace(given.connections, given.per_second))

    def lookup(self, keys: Sequence[str]) -> dict[str, Receipt]:
        """Raises Unsupported: Twilio knows no key of ours."""
        raise Unsupported(f"channel {self.name!r}: Twilio cannot be asked for a key; look into its message log, by number and day")


class _Twilio:
    """Twilio's side of the requests."""

    def __init__(self, name: str, options: TwilioOptions, headers: Mapping[str, str], posting: Posting) -> None:
        self._name, self._options, self._headers, self._posting = name, options, headers, posting
        self._url = f"{options.api_url.rstrip('/')}/2010-04-01/Accounts/{options.account}/Messages.json"

    async def open(self) -> None:
        await self._posting.open()

    async def close(self) -> None:
        await self._posting.close()

    async def post(self, message: Message) -> Answered:
        if not E164.fullmatch(message.to):
            return _bounced(message.key, "not a number in E.164 (+ and digits)")
        body = short_words(message)
        if len(body) > LONGEST_BODY:
            return _bounced(message.key, f"{len(body)} characters, and Twilio carries {LONGEST_BODY}: a shorter form is needed")
        try:
            reply = await self._posting.post(self._url, urlencode(self._form(message.to, body)).encode(), self._headers)
        except NotSent as err:
            return Answered(deferred(message.key, str(err)), unavailable(self._name, str(err)))
        except NoAnswer as err:
            return Answered(Receipt(message.key, DeliveryState.UNKNOWN, detail=str(err)))
        return self._answered(message.key, reply)

    def _form(self, to: str, body: str) -> dict[str, str]:
        given = self._options
        form = {"To": to, "Body": body}
        form |= {"From": given.sender} if given.sender else {"MessagingServiceSid": given.messaging_service}
        return form | ({"StatusCallback": given.status_callback} if given.status_callback else {})

    def _answered(self, key: str, reply: Reply) -> Answered:
        answer = reply.json
        if reply.status in (200, 201) and answer.get("status") not in ("failed", "undelivered"):
            return Answered(Receipt(key, DeliveryState.ACCEPTED, str(answer.get("sid", ""))[:40]))
        return self._refused(key, reply, _code_of(answer))

    def _refused(self, key: str, reply: Reply, code: int) -> Answered:
        why = FOR_THIS_ONE.get(code) or SLOWER.get(code) or ABOUT_US.get(code) or ""
        said = " ".join(part for part in (f"Twilio answered {reply.status}", str(code or ""), f"({why})" if why else "") if part)
        if code in FOR_THIS_ONE:
            return _bounced(key, said)
        if code in SLOWER or reply.status == 429:
            return Answered(deferred(key, said), slower(self._name, said, reply.wait_seconds))
        if code in ABOUT_US or reply.status in (401, 403, 404):
            return Answered(deferred(key, said), unavailable(self._name, f"{said}: check account, token and sender"))
        if reply.status == 503:
            return Answered(deferred(key, said), unavailable(self._name, said))
        return Answered(Receipt(key, DeliveryState.UNKNOWN, detail=said)) if reply.status >= 500 else _bounced(key, said)


def _bounced(key: str, detail: str) -> Answered:
    return Answered(Receipt(key, DeliveryState.BOUNCED, detail=detail))


def _code_of(answer: Mapping[str, object]) -> int:
    """Twilio's error code; 0 when there is none. It is `code` in a refusal and `error_code` in a message."""
    found = answer.get("code") or answer.get("error_code")
    return found if isinstance(found, int) else int(found) if isinstance(found, str) and found.isdigit() else 0
