"""Google's access tokens for a service account: a signed claim (RS256) is exchanged for one, kept until shortly before it ends.

Source: developers.google.com/identity/protocols/oauth2/service-account.

Add here when Google's tokens are got otherwise; rather in a channel's own file when it is about one of Google's services.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

import orjson
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from pydantic import BaseModel, Field, ValidationError

from configs.errors import ChannelUnavailable, SettingsInvalid
from integrations.contracts import Clock
from integrations.http import Http

LIFE = timedelta(hours=1)
"""The longest that Google grants."""
BEFORE_ITS_END = timedelta(minutes=5)
"""A token is renewed so long before it ends."""
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address


class ServiceAccount(BaseModel):
    """What of Google's key file is used."""

    client_email: str = Field(min_length=3)
    private_key: str = Field(repr=False)
    private_key_id: str = ""
    project_id: Annotated[str, Field(pattern=r"^[a-z0-9:.-]*$")] = ""

    def key(self) -> rsa.RSAPrivateKey:
        """Its private key. Raises ValueError when there is none in it."""
        found = serialization.load_pem_private_key(self.private_key.encode(), password=None)
        if not isinstance(found, rsa.RSAPrivateKey):
            raise ValueError("not an RSA key")
        return found


def service_account(what: str, option: str, variable: str, text: str) -> ServiceAccount:
    """The key file's content as an account. Raises SettingsInvalid, which quotes none of it."""
    try:
        found = ServiceAccount.model_validate_json(text)
        found.key()
    except (ValidationError, ValueError, TypeError):
        raise SettingsInvalid(
            f"{what}: option {option}: the environment variable {variable} does not hold a service account's key file; "
            "download its JSON key and put the file's content there"
        ) from None
    return found


class GoogleTokens:
    """Access tokens for one account and scope. May be asked from several threads."""

    def __init__(self, http: Http, account: ServiceAccount, scope: str, clock: Clock, token_url: str = TOKEN_URL) -> None:
        self._http, self._account, self._scope, self._clock, self._url = http, account, scope, clock, token_url
        self._token = ""
        self._ends: datetime | None = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "GoogleTokens()"

    @property
    def is_stale(self) -> bool:
        """Whether a new token must be fetched before the next request."""
        return self._ends is None or self._clock.now() >= self._ends - BEFORE_ITS_END

    @property
    def current(self) -> str:
        """The token as last fetched."""
        return self._token

    def fetch(self) -> str:
        """A token that holds for some minutes yet. Raises ChannelUnavailable, Throttled."""
        with self._lock:
            if self.is_stale:
                self._renew()
            return self._token

    def forget(self, token: str) -> None:
        """The provider does not take this token any more."""
        with self._lock:
            if token == self._token:
                self._ends = None

    def _renew(self) -> None:
        now = self._clock.now()
        form: Mapping[str, str] = {"grant_type": GRANT, "assertion": self._assertion(now)}
        answer = self._http.request(
            "POST", self._url, headers={"Content-Type": "application/x-www-form-urlencoded"}, body=urlencode(form).encode()
        )
        try:
            found = answer.json()
            assert isinstance(found, dict)
            self._token, self._ends = str(found["access_token"]), now + timedelta(seconds=float(found.get("expires_in", 3600)))
        except (ValueError, KeyError, AssertionError, TypeError):
            raise ChannelUnavailable(f"{self._http.neighbour}: Google's token endpoint gave no token; will be retried") from None

    def _assertion(self, now: datetime) -> str:
        issued = int(now.timestamp())
        head = {"alg": "RS256", "typ": "JWT"} | ({"kid": self._account.private_key_id} if self._account.private_key_id else {})
        claims = {
            "iss": self._account.client_email,
            "scope": self._scope,
            "aud": self._url,
            "iat": issued,
            "exp": issued + int(LIFE.total_seconds()),
        }
        said = f"{base64url(orjson.dumps(head))}.{base64url(orjson.dumps(claims))}"
        signature = self._account.key().sign(said.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{said}.{base64url(signature)}"


def base64url(given: bytes) -> str:
    """Base64 for URLs, without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(given).rstrip(b"=").decode()
