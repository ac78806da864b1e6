"""An app and its machine, for building sources in tests. Add here when two tests of sources need the same builder."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from configs.settings import Adapter, App
from configs.terms import Platform
from integrations.contracts import Surroundings

SECRET = "canary-7f3a"
"""Every secret of these tests holds it, so that a leak is found by looking for it."""


class StandingClock:
    """Always the same moment, until a test sets another."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]  # year, month, day and what follows


NOW = utc(2026, 3, 4, 12)


def an_app(app_id: str = "chrome", platform: Platform = Platform.IOS) -> App:
    adapter = Adapter(kind="files")
    return App(id=app_id, title=app_id.title(), platform=platform, store="rehearsal", sources=(adapter,), contacts=adapter)


def around(folder: Path, env: Mapping[str, str] | None = None, now: datetime = NOW, app: App | None = None) -> Surroundings:
    return Surroundings(folder, folder / ".recall", StandingClock(now), env or {}, app or an_app())
