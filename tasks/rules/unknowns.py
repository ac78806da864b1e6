"""What has been unknown for how long, and whom it is time to tell: unknown is a state of its own, and alarms after a while by itself.

| unknown now | told before | for how long | then |
|---|---|---|---|
| yes | no | shorter than its patience | watched |
| yes | no | its patience or longer | told, with all that has been unknown for half of theirs |
| yes | yes | less than `again_after_hours` since | watched |
| yes | yes | `again_after_hours` or longer since | told again |
| yes | any | it has no patience: nobody needs to be told | watched |
| no | no | | forgotten |
| no | yes | | told that it is over, then forgotten |

Patience of a watched release's metric:

| rows of it put aside | release | exposure | events | newest bucket | patience |
|---|---|---|---|---|---|
| some | any | any | any | any | `alarm_after_hours` and a bucket |
| none | superseded, or nothing older | any | any | any | none: its users move on, or it compares with nothing |
| none | newest, young | too little | any | any | none |
| none | newest, older | too little | any | any | `alarm_after_hours` and a bucket |
| none | newest | enough | any | stale | `alarm_after_hours` and a bucket |
| none | newest | enough | too few | fresh | none: that nobody crashes is no news |

What is told here opens no issue and stops nothing.

Add here when telling follows another rhythm; rather in `tasks/watch.py` when something else can be unknown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from configs.policy import Detection, Unknown
from configs.terms import Evidence, Health

SHOWN = 12
"""Most things one message names; the rest is counted."""
LONGEST = 220
"""Characters of a reason in a message."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that is unknown now. `patience`: how long before somebody is told; None: nobody needs to be."""

    subject: str
    why: str
    way_out: str
    patience: timedelta | None


@dataclass(frozen=True, slots=True)
class Watched:
    """Something that has been unknown since then. `told_at`: when people last heard of it."""

    subject: str
    why: str
    way_out: str
    since: datetime
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """`watched`: all that is unknown; `told`: what people hear of now; `over`: what they heard of and is known again."""

    watched: tuple[Watched, ...]
    told: tuple[Watched, ...] = ()
    over: tuple[Watched, ...] = ()


def watch(before: Sequence[Watched], doubts: Sequence[Doubt], at: datetime, policy: Unknown) -> Watch:
    """The next state by the first table. The same doubts at the same moment again change nothing."""
    known = {one.subject: one for one in before}
    now = {d.subject: (d, _renewed(known.get(d.subject), d, at)) for d in doubts}
    again = timedelta(hours=policy.again_after_hours)
    due = {subject for subject, (doubt, one) in now.items() if _is_due(doubt, one, at, again)}
    joining = {subject for subject, (doubt, one) in now.items() if due and _may_join(doubt, one, at)}
    watched = tuple(replace(one, told_at=at) if s in due | joining else one for s, (_, one) in sorted(now.items()))
    over = tuple(one for one in before if one.subject not in now and one.told_at is not None)
    return Watch(watched, tuple(one for one in watched if one.subject in due | joining), over)


def is_news(before: Sequence[Watched], seen: Watch) -> bool:
    """Whether anything but numbers and times in the reasons has changed, or somebody is to be told."""
    return bool(seen.told or seen.over) or _gist(before) != _gist(seen.watched)


def _gist(things: Sequence[Watched]) -> set[tuple[str, str]]:
    return {(one.subject, re.sub(r"\d+", "", one.why)) for one in things}


def _renewed(before: Watched | None, doubt: Doubt, at: datetime) -> Watched:
    if before is None:
        return Watched(doubt.subject, doubt.why, doubt.way_out, at)
    return replace(before, why=doubt.why, way_out=doubt.way_out)


def _is_due(doubt: Doubt, one: Watched, at: datetime, again: timedelta) -> bool:
    if doubt.patience is None:
        return False
    return at - one.since >= doubt.patience if one.told_at is None else at - one.told_at >= again


def _may_join(doubt: Doubt, one: Watched, at: datetime) -> bool:
    return doubt.patience is not None and one.told_at is None and 2 * (at - one.since) >= doubt.patience


# --- a release's metric --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """A watched release's evidence with what else is known of its counts.

    `folded_until`: end of the newest bucket both versions are in; `bucket`: how long the buckets are; `aside`: rows of the release that
    were put aside lately, by reason; `age`: of the release; `is_expected`: it is the newest release, and there is an older one.
    """

    evidence: Evidence
    folded_until: datetime | None
    bucket: timedelta
    aside: Mapping[str, int]
    age: timedelta
    is_expected: bool = True


def release_doubt(seen: Seen, detection: Detection, policy: Unknown) -> Doubt | None:
    """Why a metric of a release is unknown, by the second table; None when it is not."""
    evidence = seen.evidence
    if evidence.health is not Health.UNKNOWN:
        return None
    aside = ", ".join(f"{n} rows put aside: {why.split(';')[0]}" for why, n in sorted(seen.aside.items()))
    last = evidence.reason.rsplit("; ", 1)[-1]  # after what was counted comes why that says nothing
    why = f"contradictory, {aside}; {last}" if aside else last
    subject, way_out = f"{evidence.metric} of {evidence.version}", _way_out(seen, detection)
    patience = timedelta(hours=policy.alarm_after_hours) + seen.bucket
    return Doubt(subject, why, way_out, patience if _is_news(seen, detection, policy) else None)


def _is_news(seen: Seen, detection: Detection, policy: Unknown) -> bool:
    if seen.aside:
        return True
    if not seen.is_expected:
        return False
    if _is_thin(seen, detection):
        return seen.age >= timedelta(hours=policy.young_release_hours)
    return _is_stale(seen, detection)


def _is_thin(seen: Seen, detection: Detection) -> bool:
    return min(seen.evidence.exposure, seen.evidence.control_exposure) < detection.min_exposure


def _is_stale(seen: Seen, detection: Detection) -> bool:
    return seen.folded_until is None or abs(seen.evidence.at - seen.folded_until) > timedelta(minutes=detection.stale_after_minutes)


def _way_out(seen: Seen, detection: Detection) -> str:
    if seen.aside:
        return "look at the rows put aside in `recall status`; an app that crashes before its session starts looks like this"
    if _is_thin(seen, detection):
        return "see whether the release is handed out at all, and whether its version is named alike in store and monitoring"
    return "see whether this version still reports; mend the source where it does not"


# --- in words, and as text -------------------------------------------------------------------------------------------------------


def in_words(things: Sequence[Watched], *, over: bool = False) -> str:
    """One line each: what, since when, why, what to do."""
    lines = [_line(one, over) for one in things[:SHOWN]]
    if len(things) > SHOWN:
        lines.append(f"and {len(things) - SHOWN} more; see `recall status`")
    return "\n".join(lines)


def _line(one: Watched, over: bool) -> str:
    since = f"{one.since:%Y-%m-%d %H:%M} UTC"
    if over:
        return f"{one.subject}: known again; it was unknown since {since}"
    return f"{one.subject}: unknown since {since}: {one.why[:LONGEST]}. What to do: {one.way_out}"


def dumped(things: Sequence[Watched]) -> str:
    """Canonical JSON of what is watched."""
    whole = [asdict(one) | {"since": one.since.isoformat(), "told_at": one.told_at and one.told_at.isoformat()} for one in things]
    return json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def loaded(text: str | None) -> tuple[Watched, ...]:
    """What was watched; nothing when nothing was kept."""
    return tuple(
        Watched(**one | {"since": datetime.fromisoformat(one["since"]), "told_at": _moment(one["told_at"])})
        for one in json.loads(text or "[]")
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
