"""Where our own small web pages are served on this machine: signed links now, whatever else comes in by itself later.

Add here when the pages are reached or bound otherwise; rather in `configs/guessing.py` when it is about how many attempts are forgiven.
"""

from __future__ import annotations

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


class Web(BaseModel):
    """`public_url`: how people reach the pages, with TLS; while it is empty, no message carries a link."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 4280
    public_url: str = ""
    requests_a_minute: Annotated[int, Field(ge=1)] = 60
    behind_proxy: bool = False

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if not self.public_url:
            if self.host not in LOOPBACK_NAMES:
                raise ValueError("another host than loopback needs a public_url with https://: the pages themselves speak plain HTTP")
            return self
        parts = urlsplit(self.public_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
            raise ValueError("public_url must be an address such as https://recall.example.com, without user, query or fragment")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK_NAMES:
            raise ValueError("public_url must begin with https://: who reads a signer's link on the way can sign with it")
        return self

    @property
    def public_host(self) -> str:
        """The host name of `public_url`, or ""."""
        return urlsplit(self.public_url).hostname or ""
