"""Push over Firebase Cloud Messaging, HTTP v1: one request a message, many at once. A message's `to` is an install's registration token.

FCM can neither be asked for a message nor told to drop a repetition: sending is at most once. The message's key is its collapse key and
tag, so that of two with one key a phone shows one.

| FCM | receipt | the others |
|---|---|---|
| 200 | ACCEPTED | go on |
| UNREGISTERED, INVALID_ARGUMENT, SENDER_ID_MISMATCH | BOUNCED | go on |
| QUOTA_EXCEEDED, 429 | DEFERRED | stop after a few in a row: throttled |
| UNAVAILABLE (503), INTERNAL (500) | DEFERRED: FCM asks to send it again | stop after a few in a row |
| 401, 403, 404 otherwise, THIRD_PARTY_AUTH_ERROR | DEFERRED: it is about us | stop after a few in a row |
| 502, 504, no complete answer | UNKNOWN | go on |
| no connection | DEFERRED | stop after a few in a row |

Source: firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode.

Add here when FCM answers one more way; rather in `integrations/channels/at_once.py` when it is about many requests at once.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Self
from urllib.parse import quote

import orjson
from pydantic import Field

from configs.effects import DeliveryState, Message, Receipt
from configs.errors import ChannelUnavailable, SettingsInvalid, Transient, Unsupported
from integrations.channels.at_once import Answered, NoTrace, Pace, deferred, post_all, slower, unavailable
from integrations.channels.google_tokens import TOKEN_URL, GoogleTokens, service_account
from integrations.channels.posting import NoAnswer, NotSent, Posting, Reply
from integrations.channels.short_words import short_words
from integrations.contracts import Surroundings, Trace
from integrations.http import Http, Waits
from integrations.options import ApiUrl, EnvName, Options, checked, secret

API_URL = "https://fcm.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
LONGEST_PAYLOAD = 4096
"""Bytes of notification and data together."""
LIFE_SECONDS = 28 * 86_400
"""FCM keeps a message for a phone that is off for so long, its longest."""
LONGEST_TOPIC = 32
"""Characters of web push's `Topic` (RFC 8030); FCM's collapse key takes more."""

FOR_THIS_ONE = frozenset({"UNREGISTERED", "INVALID_ARGUMENT", "SENDER_ID_MISMATCH"})
ABOUT_US = frozenset({"UNAUTHENTICATED", "PERMISSION_DENIED", "THIRD_PARTY_AUTH_ERROR"})
SLOWER = frozenset({"QUOTA_EXCEEDED", "RESOURCE_EXHAUSTED"})
AGAIN = frozenset({"UNAVAILABLE", "INTERNAL"})


class FcmOptions(Options):
    """`account_env` names the variable with the service account's key file. `token_url` and `api_url` are Google's, but in tests."""

    account_env: EnvName
    project: Annotated[str, Field(pattern=r"^[a-z0-9:.-]*$", max_length=100)] = ""
    connections: int = Field(100, ge=1, le=1000)
    per_second: float = Field(0, ge=0)
    timeout_seconds: float = Field(20, gt=0, le=300)
    allow_private: bool = False
    api_url: ApiUrl = API_URL
    token_url: ApiUrl = TOKEN_URL


class FcmChannel:
    """A Channel and FanOut over one Firebase project."""

    can_lookup = False

    def __init__(self, name: str, project: str, tokens: GoogleTokens, options: FcmOptions) -> None:
        self.name, self._tokens, self._options = name, tokens, options
        self._url = f"{options.api_url.rstrip('/')}/v1/projects/{quote(project, safe='')}/messages:send"

    def __repr__(self) -> str:
        return f"FcmChannel({self.name!r})"

    @classmethod
    def build(cls, name: str, options: Mapping[str, object], around: Surroundings) -> Self:
        """The channel, its options checked. Raises SettingsInvalid."""
        what = f"channel {name!r}"
        given = checked(FcmOptions, what, options)
        account = service_account(what, "account_env", given.account_env, secret(what, "account_env", given.account_env, around))
        project = given.project or account.project_id
        if not project:
            raise SettingsInvalid(f"{what}: option project: the key file names no project; set it")
        waits = Waits(read_seconds=given.timeout_seconds, total_seconds=given.timeout_seconds, max_bytes=64 * 1024)
        http = Http(what, transient=ChannelUnavailable, refused=ChannelUnavailable, allow_private=given.allow_private, waits=waits)
        return cls(name, project, GoogleTokens(http, account, SCOPE, around.clock, given.token_url), given)

    def send(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """One receipt a message, in any order; one without an answer is UNKNOWN."""
        if messages:
            yield from (receipt for receipts in self.fan_out(messages, NoTrace()) for receipt in receipts)

    def fan_out(self, messages: Iterable[Message], trace: Trace) -> Iterator[Sequence[Receipt]]:
        """Hands everything over, up to `connections` at once. Errors and receipts as `FanOut`."""
        self._tokens.fetch()
        given = self._options
        posting = Posting(given.connections, given.timeout_seconds, given.allow_private)
        return post_all(_Fcm(self.name, self._url, self._tokens, posting), messages, trace, Pace(given.connections, given.per_second))

    def lookup(self, keys: Sequence[str]) -> dict[str, Receipt]:
        """Raises Unsupported: FCM cannot be asked."""
        raise Unsupported(f"channel {self.name!r}: FCM cannot be asked what it has; the follow-up wave reaches who is still exposed")


class _Fcm:
    """FCM's side of the requests."""

    def __init__(self, name: str, url: str, tokens: GoogleTokens, posting: Posting) -> None:
        self._name, self._text_url, self._tokens, self._posting = name, url, tokens, posting
        self._url: Any = url
        self._headers: Mapping[str, str] = {}
        self._made_for = ""

    async def open(self) -> None:
        from yarl import URL

        self._url = URL(self._text_url, encoded=True)
        await self._posting.open()

    async def close(self) -> None:
        await self._posting.close()

    async def post(self, message: Message) -> Answered:
        payload = payload_of(message)
        if isinstance(payload, Receipt):
            return Answered(payload)
        try:
            token = self._tokens.current if not self._tokens.is_stale else await asyncio.to_thread(self._tokens.fetch)
            reply = await self._posting.post(self._url, payload, self._headers_for(token))
        except Transient as err:
            return Answered(deferred(message.key, err.message), err)
        except NotSent as err:
            return Answered(deferred(message.key, str(err)), unavailable(self._name, str(err)))
        except NoAnswer as err:
            return Answered(Receipt(message.key, DeliveryState.UNKNOWN, detail=str(err)))
        if reply.status == 401:
            self._tokens.forget(token)
        return self._answered(message.key, reply)

    def _headers_for(self, token: str) -> Mapping[str, str]:
        if token != self._made_for:
            self._headers, self._made_for = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}, token
        return self._headers

    def _answered(self, key: str, reply: Reply) -> Answered:
        if reply.status == 200:
            return Answered(Receipt(key, DeliveryState.ACCEPTED, str(reply.json.get("name", ""))[:200]))
        word = word_of(reply)
        said = f"FCM answered {reply.status}" + (f" {word}" if word else "")
        if reply.status == 429 or word in SLOWER:
            return Answered(deferred(key, said), slower(self._name, said, reply.wait_seconds))
        if (reply.status in (401, 403, 404) and word not in FOR_THIS_ONE) or word in ABOUT_US:
            why = f"{said}: it refuses us; check the project, the service account and its role"
            return Answered(deferred(key, said), unavailable(self._name, why))
        if word in AGAIN or reply.status in (500, 503):
            trouble = slower(self._name, said, reply.wait_seconds) if reply.wait_seconds is not None else unavailable(self._name, said)
            return Answered(deferred(key, said), trouble)
        return Answered(Receipt(key, DeliveryState.UNKNOWN if reply.status >= 500 else DeliveryState.BOUNCED, detail=said))


def payload_of(message: Message) -> bytes | Receipt:
    """The request's body, or the refusal of a message that FCM cannot carry: it would be cut, and the cut words were approved by nobody."""
    key = message.key
    tag = key if len(key) <= LONGEST_TOPIC and key.isalnum() else hashlib.sha256(key.encode()).hexdigest()[:LONGEST_TOPIC]
    notification = {"title": message.subject, "body": short_words(message)}
    own = {"notice": key, "locale": message.locale}
    urgency = "HIGH" if message.urgent else "NORMAL"
    android = {"priority": urgency, "collapseKey": tag, "ttl": f"{LIFE_SECONDS}s", "notification": {"tag": tag}}
    webpush = {"headers": {"Urgency": urgency.lower(), "TTL": str(LIFE_SECONDS), "Topic": tag}}
    whole = {"message": {"token": message.to, "notification": notification, "data": own, "android": android, "webpush": webpush}}
    payload = orjson.dumps(whole)
    if len(payload) > LONGEST_PAYLOAD and (size := len(orjson.dumps([notification, own]))) > LONGEST_PAYLOAD:
        return Receipt(key, DeliveryState.BOUNCED, detail=f"{size} bytes, and FCM carries {LONGEST_PAYLOAD}: a shorter form is needed")
    return payload


def word_of(reply: Reply) -> str:
    """FCM's own word for what went wrong, else Google's; "" when the answer has neither."""
    error = reply.json.get("error")
    if not isinstance(error, dict):
        return ""
    details = error.get("details")
    own = [d["errorCode"] for d in details if isinstance(d, dict) and "errorCode" in d] if isinstance(details, list) else []
    word = str(own[0] if own else error.get("status", ""))
    return word if word.replace("_", "").isalpha() and len(word) <= 40 else ""
