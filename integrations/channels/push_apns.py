"""Push over Apple's APNs, HTTP/2: one request a message, many at once over one connection. A message's `to` is a device token in hex.

APNs can neither be asked for a message nor told to drop a repetition: sending is at most once. Its id is made from the message's key, and
the key is its collapse id, so that of two with one key a device shows one.

| APNs | receipt | the others |
|---|---|---|
| 200 | ACCEPTED | go on |
| 410, a reason about this token or these words (table below), other 4xx | BOUNCED | go on |
| TooManyRequests (429: too many to this one device) | DEFERRED | go on |
| other 429 | DEFERRED | stop after a few in a row: throttled |
| 503 | DEFERRED | stop after a few in a row |
| 403, a reason about us | DEFERRED | stop after a few in a row |
| 500, no complete answer | UNKNOWN | go on |
| no connection | DEFERRED | stop after a few in a row |

Source: developer.apple.com, "Handling notification responses from APNs". Apple publishes no API description.

Add here when APNs answers one more way; rather in `integrations/channels/at_once.py` when it is about many requests at once.
"""

from __future__ import annotations

import logging
import re
import ssl
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Self

import certifi
import orjson
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from pydantic import Field

from configs.effects import DeliveryState, Message, Receipt
from configs.errors import SettingsInvalid, Unsupported
from integrations.channels.at_once import Answered, NoTrace, Pace, deferred, post_all, slower, unavailable
from integrations.channels.google_tokens import base64url
from integrations.channels.posting import CONNECT_SECONDS, NoAnswer, NotSent, Reply
from integrations.channels.short_words import short_words
from integrations.contracts import Clock, Surroundings, Trace
from integrations.options import ApiUrl, EnvName, Options, checked, secret

if TYPE_CHECKING:
    import httpx

API_URL = "https://api.push.apple.com"
LONGEST_PAYLOAD = 4096
LONGEST_COLLAPSE_ID = 64
LIFE = timedelta(days=28)
"""So long APNs keeps the message for a device that is off; it may drop it sooner."""
RENEWED_AFTER = timedelta(minutes=40)
"""Apple refuses a token older than an hour, and one renewed within 20 minutes."""
DEVICE_TOKEN = re.compile(r"[0-9A-Fa-f]{16,200}")

ABOUT_US = frozenset(
    {
        *(
            "BadCertificate",
            "BadCertificateEnvironment",
            "ExpiredProviderToken",
            "Forbidden",
            "InvalidProviderToken",
            "MissingProviderToken",
        ),
        *(
            "UnrelatedKeyIdInToken",
            "BadEnvironmentKeyIdInToken",
            "BadTopic",
            "MissingTopic",
            "TopicDisallowed",
            "BadPath",
            "MethodNotAllowed",
        ),
        *("InvalidPushType", "BadPriority", "BadExpirationDate"),
    }
)
"""Nothing goes out until a person has set this right. `BadDeviceToken`, `DeviceTokenNotForTopic`, `Unregistered`, `ExpiredToken`,
`PayloadTooLarge` and any other word of a 4xx concern one message."""


class ApnsOptions(Options):
    """`key_env` names the variable with the .p8 key's content. `api_url`: Apple's sandbox, or a double."""

    key_env: EnvName
    key_id: Annotated[str, Field(pattern=r"^[A-Z0-9]{10}$")]
    team_id: Annotated[str, Field(pattern=r"^[A-Z0-9]{10}$")]
    topic: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,200}$")]
    at_once: int = Field(100, ge=1, le=1000)
    per_second: float = Field(0, ge=0)
    timeout_seconds: float = Field(20, gt=0, le=300)
    api_url: ApiUrl = API_URL


class ProviderToken:
    """The signed claim (ES256) by which APNs knows us, renewed before it is too old."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, key_id: str, team_id: str, clock: Clock) -> None:
        self._key, self._key_id, self._team_id, self._clock = key, key_id, team_id, clock
        self._made_at: datetime | None = None
        self._token = ""

    def __repr__(self) -> str:
        return "ProviderToken()"

    def current(self) -> str:
        """A token that APNs takes now."""
        now = self._clock.now()
        if self._made_at is None or now - self._made_at >= RENEWED_AFTER:
            head, claims = {"alg": "ES256", "kid": self._key_id}, {"iss": self._team_id, "iat": int(now.timestamp())}
            said = f"{base64url(orjson.dumps(head))}.{base64url(orjson.dumps(claims))}"
            r, s = decode_dss_signature(self._key.sign(said.encode(), ec.ECDSA(hashes.SHA256())))
            self._token, self._made_at = f"{said}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}", now
        return self._token


class ApnsChannel:
    """A Channel and FanOut to one app's Apple devices."""

    can_lookup = False

    def __init__(self, name: str, token: ProviderToken, options: ApnsOptions, clock: Clock) -> None:
        self.name, self._token, self._options, self._clock = name, token, options, clock

    def __repr__(self) -> str:
        return f"ApnsChannel({self.name!r})"

    @classmethod
    def build(cls, name: str, options: Mapping[str, object], around: Surroundings) -> Self:
        """The channel, its options checked. Raises SettingsInvalid."""
        what = f"channel {name!r}"
        given = checked(ApnsOptions, what, options)
        key = _key(what, given.key_env, secret(what, "key_env", given.key_env, around))
        return cls(name, ProviderToken(key, given.key_id, given.team_id, around.clock), given, around.clock)

    def send(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """One receipt a message, in any order; one without an answer is UNKNOWN."""
        if messages:
            yield from (receipt for receipts in self.fan_out(messages, NoTrace()) for receipt in receipts)

    def fan_out(self, messages: Iterable[Message], trace: Trace) -> Iterator[Sequence[Receipt]]:
        """Hands everything over, up to `at_once` on their way. Errors and receipts as `FanOut`."""
        poster = _Apns(self.name, self._token, self._options, self._clock)
        return post_all(poster, messages, trace, Pace(self._options.at_once, self._options.per_second))

    def lookup(self, keys: Sequence[str]) -> dict[str, Receipt]:
        """Raises Unsupported: APNs cannot be asked."""
        raise Unsupported(f"channel {self.name!r}: APNs cannot be asked what it has; the follow-up wave reaches who is still exposed")


class _Apns:
    """APNs' side of the requests."""

    def __init__(self, name: str, token: ProviderToken, options: ApnsOptions, clock: Clock) -> None:
        self._name, self._token, self._options, self._clock = name, token, options, clock
        self._client: httpx.AsyncClient | None = None

    async def open(self) -> None:
        import httpx  # a fifth of a second that a quick command does without

        for chatty in ("httpx", "httpcore", "hpack"):  # each request's line holds the device token, its headers our own
            logging.getLogger(chatty).setLevel(logging.WARNING)
        self._client = httpx.AsyncClient(
            http1=False,
            http2=True,
            verify=ssl.create_default_context(cafile=certifi.where()),
            trust_env=False,
            timeout=httpx.Timeout(self._options.timeout_seconds, connect=CONNECT_SECONDS),
        )

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def post(self, message: Message) -> Answered:
        if not DEVICE_TOKEN.fullmatch(message.to):
            return _bounced(message.key, "not a device token (hex)")
        payload = payload_of(message)
        if len(payload) > LONGEST_PAYLOAD:
            return _bounced(message.key, f"{len(payload)} bytes, and APNs carries {LONGEST_PAYLOAD}: a shorter form is needed")
        try:
            reply = await self._asked(message, payload)
        except NotSent as err:
            return Answered(deferred(message.key, str(err)), unavailable(self._name, str(err)))
        except NoAnswer as err:
            return Answered(Receipt(message.key, DeliveryState.UNKNOWN, apns_id(message.key), str(err)))
        return self._answered(message.key, reply)

    async def _asked(self, message: Message, payload: bytes) -> Reply:
        import httpx

        assert self._client is not None
        url = f"{self._options.api_url.rstrip('/')}/3/device/{message.to}"
        try:
            answer = await self._client.post(url, content=payload, headers=self._headers(message))
        # `from None`: the library's errors carry the request, and with it the device token.
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as err:
            raise NotSent(f"cannot connect ({type(err).__name__})") from None
        except httpx.HTTPError as err:
            raise NoAnswer(f"no complete answer ({type(err).__name__})") from None
        return Reply(answer.status_code, answer.content, answer.headers)

    def _headers(self, message: Message) -> dict[str, str]:
        return {
            "authorization": f"bearer {self._token.current()}",
            "apns-id": apns_id(message.key),
            "apns-topic": self._options.topic,
            "apns-push-type": "alert",
            "apns-priority": "10" if message.urgent else "5",
            "apns-expiration": str(int((self._clock.now() + LIFE).timestamp())),
            "apns-collapse-id": message.key if len(message.key.encode()) <= LONGEST_COLLAPSE_ID else apns_id(message.key),
        }

    def _answered(self, key: str, reply: Reply) -> Answered:
        if reply.status == 200:
            return Answered(Receipt(key, DeliveryState.ACCEPTED, apns_id(key)))
        reason = str(reply.json.get("reason", ""))
        said = f"APNs answered {reply.status}" + (f" {reason}" if reason.isalnum() and len(reason) <= 40 else "")
        if reply.status == 429:
            return Answered(deferred(key, said), None if reason == "TooManyRequests" else slower(self._name, said, reply.wait_seconds))
        if reply.status == 503:
            return Answered(deferred(key, said), unavailable(self._name, said))
        if reply.status == 403 or reason in ABOUT_US:
            return Answered(deferred(key, said), unavailable(self._name, f"{said}: it refuses us; check key, key_id, team_id and topic"))
        if reply.status >= 500:
            return Answered(Receipt(key, DeliveryState.UNKNOWN, apns_id(key), said))
        return _bounced(key, said)


def payload_of(message: Message) -> bytes:
    """What the device shows, and the notice's key for the app."""
    alert = {"title": message.subject, "body": short_words(message)}
    return orjson.dumps({"aps": {"alert": alert, "sound": "default"}, "notice": message.key})


def apns_id(key: str) -> str:
    """The message's id at Apple: the same for the same key."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, key))


def _bounced(key: str, detail: str) -> Answered:
    return Answered(Receipt(key, DeliveryState.BOUNCED, detail=detail))


def _key(what: str, variable: str, text: str) -> ec.EllipticCurvePrivateKey:
    try:
        found = serialization.load_pem_private_key(text.encode(), password=None)
        if isinstance(found, ec.EllipticCurvePrivateKey) and isinstance(found.curve, ec.SECP256R1):
            return found
    except (ValueError, TypeError):
        pass
    raise SettingsInvalid(
        f"{what}: option key_env: the environment variable {variable} does not hold a .p8 key; put the file's content there"
    )
