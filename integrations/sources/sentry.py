"""Sentry's web API as a monitoring source: the releases it knows, and crashed users (or sessions) per release and interval.

A bucket arrives when it is complete and settled, so a window gives the same counts however often it is asked. Distinct users are per
bucket: Sentry cannot tell whose crash is the first of the day; with `interval: 1d` the bucket is the UTC day and the two agree.

Vendor's pages: docs.sentry.io/api/releases/, docs.sentry.io/api/pagination/.

Add here when Sentry must be asked one more thing; rather in `integrations/sources/sentry_answers.py` when an answer is read otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field

from configs.errors import NeighbourRefused, SettingsInvalid, SourceUnavailable, Unsupported
from configs.settings import App
from configs.terms import Health, Reading, Release
from integrations.contracts import Surroundings
from integrations.http import Answer, Http
from integrations.options import EnvName, Options, checked, secret
from integrations.sources.options import Hours, app_of
from integrations.sources.sentry_answers import (
    Asked,
    Buckets,
    CrashGroup,
    SaidIssue,
    SaidRelease,
    SaidSessions,
    buckets_of,
    crash_groups,
    cut_to,
    joined,
    parsed,
    release_of,
)

Slug = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]

DATA_POINTS = 10_000
"""Most values of one answer; what exceeds it is left out by the smallest releases first (docs.sentry.io, session statistics)."""
INTERVALS = 96
"""Most intervals of one question: leaves room for 103 releases."""
PAGES = 50
"""Most pages of 100 releases that are read; a loop in the cursors ends here too."""
LATE_RELEASE = timedelta(days=90)
"""How long after Sentry first heard of a release it may still be marked as released."""
STALE_AFTER = timedelta(hours=6)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LINK = re.compile(r'rel="(?P<rel>\w+)";\s*results="(?P<results>\w+)";\s*cursor="(?P<cursor>[^"]+)"')
REFUSED = {
    401: "does not accept the token in ${token_env}; make a new one with the scopes org:read and project:read",
    403: "says that the token in ${token_env} may not read this; it needs the scopes org:read and project:read, and the project",
    404: "knows no such organization or project; correct the options `organization` and `project`",
}


class Exposure(StrEnum):
    """What is counted: distinct users, or sessions where the app reports no users."""

    USERS = "users"
    SESSIONS = "sessions"


FIELDS = {Exposure.USERS: "count_unique(user)", Exposure.SESSIONS: "sum(session)"}
LENGTHS = {"1h": timedelta(hours=1), "2h": timedelta(hours=2), "6h": timedelta(hours=6), "1d": timedelta(days=1)}
Interval = Annotated[str, Field(pattern=f"^({'|'.join(LENGTHS)})$")]


class SentryOptions(Options):
    organization: Slug
    project: Slug
    token_env: EnvName
    url: str = Field("https://sentry.io", pattern=r"^https?://[^/?#@\s]+/?$")
    environment: str = Field("", max_length=64)
    package: str = Field("", max_length=200)
    exposure: Exposure = Exposure.USERS
    interval: Interval = "1h"
    settle_minutes: int = Field(15, ge=0, le=24 * 60)
    stale_after_hours: Hours | None = None
    history_days: int = Field(30, ge=1, le=90)
    allow_private: bool = False


class SentrySource:
    """One project of one organization as a source of one app."""

    def __init__(self, name: str, options: SentryOptions, token: str, app: App) -> None:
        self.name, self._options, self._token, self._app = name, options, token, app
        self._interval, self._settle = LENGTHS[options.interval], timedelta(minutes=options.settle_minutes)
        given = options.stale_after_hours
        self._stale_after = STALE_AFTER if given is None else timedelta(hours=given)
        self._http = Http("Sentry", transient=SourceUnavailable, allow_private=options.allow_private)
        self._asked = Asked(name, app.id, app.platform, options.package, FIELDS[options.exposure], self._interval)

    @classmethod
    def build(cls, name: str, options: Mapping[str, object], around: Surroundings) -> Self:
        """The source of one project; `SentryOptions` says which options there are."""
        given = checked(SentryOptions, f"source {name!r}", options)
        if given.url.startswith("http://") and not given.allow_private:
            raise SettingsInvalid(f"source {name!r}: option url: must be https://, for the token goes there (or set allow_private)")
        return cls(name, given, secret(f"source {name!r}", "token_env", given.token_env, around), app_of(name, around))

    def __repr__(self) -> str:
        return f"SentrySource({self.name!r})"

    def poll(self, since: datetime, until: datetime) -> Reading:
        """The releases dated in [since, until), and the buckets that became complete and settled then."""
        settled = _floor(until - self._settle, self._interval)
        earliest = min(_floor(since - self._settle, self._interval), _floor(settled - self._stale_after, self._interval))
        buckets, warnings = self._buckets(max(earliest - self._interval, self._oldest(settled)), settled)
        if since < self._oldest(settled):
            warnings.append(f"sessions of more than {self._options.history_days} days ago are not asked for (option `history_days`)")
        arrived = tuple(c for c in buckets.counts if since <= c.end + self._settle < until)
        rejected = tuple(bad for end, bad in buckets.rejected if since <= end + self._settle < until)
        doubts = self._doubts(buckets, settled)
        health = Health.UNKNOWN if doubts else Health.HEALTHY
        releases = tuple(sorted(self._releases(since, until), key=lambda r: (r.released_at, r.version)))
        known = Reading(self.name, since, until, buckets.fresh_until, health, "; ".join((*doubts, *warnings)))
        return replace(known, counts=arrived, releases=releases, rejected=rejected)

    def examples(self, version: str, since: datetime, until: datetime, limit: int = 5) -> tuple[CrashGroup, ...]:
        """The unhandled crash groups of a version that hurt most users, for people to look at."""
        release = f"{self._options.package}@{version}" if self._options.package else f"*@{version}"
        question = {"query": f"error.unhandled:true release:{release}", "sort": "user", "limit": str(limit), **_period(since, until)}
        return crash_groups(parsed(list[SaidIssue], self._get("issues", question), "issues"))

    def _oldest(self, settled: datetime) -> datetime:
        """Sentry refuses questions about what it no longer keeps (90 days at most), and a first poll may look back further."""
        return settled - timedelta(days=self._options.history_days)

    def _buckets(self, start: datetime, end: datetime) -> tuple[Buckets, list[str]]:
        parts, warnings = list[Buckets](), list[str]()
        while start < end:
            stop = min(end, start + INTERVALS * self._interval)
            exposed, by_status = self._sessions(start, stop, ["release"]), self._sessions(start, stop, ["release", "session.status"])
            if len({g.by.release for g in exposed.groups}) >= DATA_POINTS // (len(exposed.intervals) + 1):
                warnings.append("Sentry leaves out small releases, for there are too many of them in one answer; use a longer `interval`")
            parts.append(buckets_of(exposed, by_status, self._asked))
            start = stop
        return joined(parts), sorted(set(warnings))

    def _sessions(self, start: datetime, end: datetime, group_by: list[str]) -> SaidSessions:
        question: dict[str, object] = {"field": [self._asked.field], "groupBy": group_by, "interval": self._options.interval}
        said = parsed(SaidSessions, self._get("sessions", question | _period(start, end)), "sessions")
        wanted = [start + n * self._interval for n in range((end - start) // self._interval)]
        found = cut_to(said, wanted)
        if found is None:
            raise Unsupported(f"source {self.name!r}: Sentry answers about other intervals than those asked for; use another `interval`")
        return found

    def _doubts(self, buckets: Buckets, settled: datetime) -> list[str]:
        fresh, of = buckets.fresh_until, f"of project {self._options.project}"
        if fresh is None:
            return [f"Sentry has no sessions {of} in the {self._stale_after} before {settled:%Y-%m-%d %H:%M} UTC"]
        if settled - fresh > self._stale_after:
            return [f"stale: Sentry's newest sessions {of} are from before {fresh:%Y-%m-%d %H:%M} UTC"]
        if buckets.rejected:
            return [f"{len(buckets.rejected)} counts of Sentry contradict themselves"]
        return []

    def _releases(self, since: datetime, until: datetime) -> Iterator[Release]:
        for said in self._said_releases(since - LATE_RELEASE):
            release = release_of(said, self._asked)
            if release is not None and since <= release.released_at < until:
                yield release

    def _said_releases(self, oldest: datetime) -> Iterator[SaidRelease]:
        """All releases, newest first, until a page has only ones that Sentry has known since before `oldest`."""
        question: dict[str, object] = {"per_page": "100"}
        for _ in range(PAGES):
            answer = self._get("releases", question)
            page = parsed(list[SaidRelease], answer, "releases")
            yield from page
            cursor = _next_cursor(answer)
            if not page or cursor is None or all(said.date_created and said.date_created < oldest for said in page):
                return
            question = {"per_page": "100", "cursor": cursor}

    def _get(self, what: str, question: Mapping[str, object]) -> Answer:
        options = self._options
        url = f"{options.url.rstrip('/')}/api/0/organizations/{options.organization}/{what}/"
        scope = {"project": options.project} | ({"environment": options.environment} if options.environment else {})
        try:
            return self._http.get(url, params={**question, **scope}, headers={"Authorization": f"Bearer {self._token}"})
        except NeighbourRefused as err:
            status = err.facts.get("status")
            said = REFUSED.get(status, "") if isinstance(status, int) else ""
            way_out = said.replace("{token_env}", options.token_env) or f"refuses the question ({err.message})"
            raise Unsupported(f"source {self.name!r}: Sentry {way_out}", status=status) from None


def _floor(at: datetime, interval: timedelta) -> datetime:
    return at - (at - EPOCH) % interval


def _period(start: datetime, end: datetime) -> dict[str, object]:
    return {"start": start.strftime("%Y-%m-%dT%H:%M:%SZ"), "end": end.strftime("%Y-%m-%dT%H:%M:%SZ")}


def _next_cursor(answer: Answer) -> str | None:
    for found in LINK.finditer(answer.headers.get("link", "")):
        if found["rel"] == "next" and found["results"] == "true":
            return found["cursor"]
    return None
