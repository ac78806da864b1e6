"""What Sentry's web API answers, read into our words: releases, crashed users per hour and release, and crash groups.

Shapes after the vendor's OpenAPI document (getsentry/sentry-api-schema). Only whole counts are taken; a rate is never turned back into one.

Add here when an answer has one more thing to say; rather in `integrations/sources/sentry.py` when one more thing must be asked.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from configs.errors import SourceUnavailable
from configs.terms import Count, Metric, Platform, Rejected, Release
from integrations.http import Answer

T = TypeVar("T")
Moment = Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC))]

CRASHED = "crashed"
"""The one `session.status` that means that the app went down (healthy, errored, abnormal and unhandled do not)."""


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class SaidRelease(_Said):
    version: Annotated[str, Field(min_length=1, max_length=250)]
    date_released: Moment | None = Field(None, alias="dateReleased")
    date_created: Moment | None = Field(None, alias="dateCreated")

    @property
    def at(self) -> datetime | None:
        """When it was released, else when Sentry first heard of it."""
        return self.date_released or self.date_created


class SaidBy(_Said):
    release: str = ""
    status: str = Field("", alias="session.status")


class SaidGroup(_Said):
    by: SaidBy
    series: dict[str, tuple[float | None, ...]]


class SaidSessions(_Said):
    intervals: tuple[Moment, ...]
    groups: tuple[SaidGroup, ...]


class SaidIssue(_Said):
    title: str = ""
    culprit: str | None = None
    permalink: str = ""
    users: int | None = Field(None, alias="userCount")


@dataclass(frozen=True, slots=True)
class CrashGroup:
    """One group of crashes, as an example for people. `users` as Sentry counts them; None when it does not say."""

    title: str
    culprit: str
    link: str
    users: int | None


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose sessions were asked for, counted by which field, in buckets of which length."""

    source: str
    app: str
    platform: Platform
    package: str
    field: str
    interval: timedelta


def parsed(model: type[T], answer: Answer, what: str) -> T:
    """The answer as that model. Raises SourceUnavailable when it is cut short or says something else: asking again may help."""
    try:
        return TypeAdapter(model).validate_json(answer.body)
    except ValidationError as err:
        first = err.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise SourceUnavailable(f"Sentry's answer about {what} cannot be used ({where}: {first['msg']}); will be retried") from None


def version_of(release: str, package: str) -> str | None:
    """The version of a Sentry release `package@version+build`; None when it is another package's. Without "@" all of it is the version."""
    named, at, version = release.rpartition("@")
    if package and at and named != package:
        return None
    return version


def release_of(said: SaidRelease, asked: Asked) -> Release | None:
    """The release, or None when it is another package's or has no date yet."""
    version = version_of(said.version, asked.package)
    return Release(asked.app, asked.platform, version, said.at) if version and said.at else None


@dataclass(frozen=True, slots=True)
class Buckets:
    """Counts of complete buckets, what could not be used, and until when there were any sessions at all."""

    counts: tuple[Count, ...] = ()
    rejected: tuple[tuple[datetime, Rejected], ...] = ()
    fresh_until: datetime | None = None


def buckets_of(exposed: SaidSessions, by_status: SaidSessions, asked: Asked) -> Buckets:
    """Crashed of exposed, for every release and bucket with sessions.

    Where the two answers contradict each other the count is passed on as it is: whoever keeps it must see the whole bucket.
    Two questions and not one: whoever crashed and also had a healthy session would be counted twice if the statuses were summed.
    """
    crashed = {(g.by.release, at): x for g in by_status.groups if g.by.status == CRASHED for at, x in _series(g, by_status, asked)}
    counts, rejected = list[Count](), list[tuple[datetime, Rejected]]()
    for group in exposed.groups:
        version = version_of(group.by.release, asked.package)
        for start, exposure in _series(group, exposed, asked) if version else ():
            try:
                events = _whole(crashed.get((group.by.release, start), 0.0))
                count = _count(asked, version or "", start, events, _whole(exposure))
            except ValueError as err:
                place = f"sessions of {version} at {start:%Y-%m-%dT%H:%MZ}"
                rejected.append((start + asked.interval, Rejected(asked.source, place, str(err))))
                continue
            if count.exposure:
                counts.append(count)
    counts.sort(key=lambda c: (c.end, c.version))
    return Buckets(tuple(counts), tuple(rejected), max((c.end for c in counts), default=None))


def joined(parts: Sequence[Buckets]) -> Buckets:
    """Several requests' buckets as one."""
    fresh = max((p.fresh_until for p in parts if p.fresh_until), default=None)
    return Buckets(tuple(c for p in parts for c in p.counts), tuple(r for p in parts for r in p.rejected), fresh)


def crash_groups(said: Iterable[SaidIssue]) -> tuple[CrashGroup, ...]:
    """Sentry's issues as examples for people."""
    return tuple(CrashGroup(i.title, i.culprit or "", i.permalink, i.users) for i in said)


def cut_to(said: SaidSessions, wanted: Sequence[datetime]) -> SaidSessions | None:
    """The answer without intervals after the wanted ones (Sentry rounds the end up); None when it is about others."""
    if list(said.intervals[: len(wanted)]) != list(wanted):
        return None
    excess = len(said.intervals) - len(wanted)
    groups = tuple(SaidGroup(by=g.by, series={f: v[: len(v) - excess] for f, v in g.series.items()}) for g in said.groups)
    return SaidSessions(intervals=tuple(wanted), groups=groups)


def _count(asked: Asked, version: str, start: datetime, events: int, exposure: int) -> Count:
    return Count(asked.source, asked.app, asked.platform, version, Metric.CRASH, start, start + asked.interval, events, exposure)


def _series(group: SaidGroup, said: SaidSessions, asked: Asked) -> list[tuple[datetime, float | None]]:
    values = group.series.get(asked.field)
    if values is None or len(values) != len(said.intervals):
        raise SourceUnavailable(
            f"Sentry's answer about sessions is incomplete ({asked.field} of {group.by.release}: "
            f"{0 if values is None else len(values)} values for {len(said.intervals)} intervals); will be retried"
        )
    return list(zip(said.intervals, values, strict=True))


def _whole(value: float | None) -> int:
    """A count as Sentry's JSON numbers carry it: null is none seen; a fraction or a negative is no count."""
    if value is None:
        return 0
    if not math.isfinite(value) or value < 0 or value != int(value):
        raise ValueError(f"{value:g} is not a count")
    return int(value)
