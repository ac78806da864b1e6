"""Words for where an app lives: platform, release, and whom a recall concerns.

Add here when a place an app can be has a new word; rather in `observed.py` when something is seen there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Platform(StrEnum):
    """The operating system a build runs on; each has one store."""

    ANDROID = "android"
    IOS = "ios"


@dataclass(frozen=True, slots=True)
class Release:
    """One version of one app on one platform, as the store lists it."""

    app: str
    platform: Platform
    version: str
    released_at: datetime
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a recall concerns. An empty tuple means "all of them"; every non-empty one narrows."""

    app: str
    platform: Platform
    version: str
    countries: tuple[str, ...] = ()
    os_versions: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
