"""How bad it is: the risk of one release, the highest over its evidence, its harm classes, scenarios and segments.

The upper bound that holds at every look decides; the point estimate is shown beside it, and a difference makes the result uncertain. The
mapping from kinds of issue to harm classes is the policy's.

Add here when a release's cases are put together otherwise; rather in `severity_cases.py` when the level of one case is computed
otherwise, in `decision.py` when it is what to do at a level.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from configs.policy import Risk
from configs.terms import Assessment, Evidence, Harm, Health, Level, SegmentRisk
from tasks.rules.decision import scope_in_words
from tasks.rules.exposed import SESSIONS, known_use
from tasks.rules.further_harm import further_harm
from tasks.rules.sensitivity import sensitivity, users_to_tell
from tasks.rules.severity_cases import Case, Judged, cases, judge
from tasks.rules.severity_matrix import band_in_words


def assess(
    evidence: Sequence[Evidence], units: int | None, risk: Risk, days: float, deadline_hours: Mapping[Level, float] | None = None
) -> Assessment:
    """Risk of one release: the highest over its degraded evidence; the upper bound decides, the point estimate is shown.

    `days`: how long the release has been out, as far as the evidence reaches. Healthy evidence has no attributable harm and is left
    out; unknown evidence lowers nothing and makes the result uncertain, as do unknown units and a level that differs between point
    and bound. Without degraded evidence the level is low, whatever the units: there is no hazard that they could spread.

    `deadline_hours`: how long the signers have at each level, for the harm expected until then.
    """
    use = known_use(evidence, units, days)
    judged = [judge(case) for e in evidence if e.health is Health.DEGRADED for case in cases(e, use, risk)]
    unknown = tuple(f"{e.metric}: unknown ({e.reason})" for e in evidence if e.health is Health.UNKNOWN)
    if not judged:
        return _without_harm(units, unknown, nothing=not evidence)
    worst = max(judged, key=lambda j: j.order)
    unsure = (*unknown, *_doubts(worst))
    told = [j for j in judged if j is worst or (j.case.suspect is None and not j.case.way.name)]
    return Assessment(
        level=worst.level,
        level_point=worst.level_point,
        harm=worst.case.way.harm,
        probability=worst.point,
        probability_upper=worst.upper,
        units=units,
        uncertain=bool(unsure),
        reasons=(*map(_found, told), _cells(worst), *unsure),
        probability_shown=worst.shown,
        flips=sensitivity(worst),
        further_harm=further_harm(worst, deadline_hours[worst.level]) if deadline_hours else None,
        segments=_segments(judged),
    )


def _segments(judged: Iterable[Judged]) -> tuple[SegmentRisk, ...]:
    """The worst case of every suspected segment, the worst segment first."""
    worst: dict[object, Judged] = {}
    for j in sorted((j for j in judged if j.case.suspect is not None), key=lambda j: j.order):
        worst[j.case.suspect.scope if j.case.suspect else None] = j
    return tuple(
        SegmentRisk(suspect.scope, suspect.posterior, j.level, j.level_point, j.point, j.upper)
        for j in sorted(worst.values(), key=lambda j: j.order, reverse=True)
        if (suspect := j.case.suspect) is not None
    )


def _without_harm(units: int | None, unknown: tuple[str, ...], *, nothing: bool) -> Assessment:
    reasons = ("there is no evidence at all",) if nothing else ("no evidence of harm above the older versions' rate",)
    uncertain = bool(unknown) or nothing
    return Assessment(Level.LOW, Level.LOW, Harm.ANNOYANCE, Fraction(0), Fraction(0), units, uncertain, (*reasons, *unknown))


# --- in words ---------------------------------------------------------------------------------------------------------------


def _label(case: Case) -> str:
    where = f" on {scope_in_words(case.suspect.scope)}" if case.suspect else ""
    how = f", scenario {case.way.name!r}" if case.way.name else ""
    return f"{case.evidence.metric}{where}{how}"


def _found(judged: Judged) -> str:
    case = judged.case
    found, suspect = case.evidence, case.suspect
    counts = f"{found.events} of {found.exposure} harmed"
    if suspect is not None:
        counts = f"{suspect.ratio:.2g} times the older versions' {found.control_events} of {found.control_exposure}"
    users = (
        f" (sessions of {float(case.users):.0f} users)" if found.metric in SESSIONS and not suspect and case.users != found.exposure else ""
    )
    return (
        f"{_label(case)}: {counts}{users}; attributable over {case.horizon_days:g} days: {float(judged.point):.2g}, "
        f"at most {float(judged.upper):.2g} ({case.confidence:.0%} bound at every look; {float(judged.shown):.2g} at one)"
    )


def _cells(judged: Judged) -> str:
    case = judged.case
    used = "units in use unknown" if case.units is None else f"{case.units} units in use"
    band = band_in_words(judged.upper)
    return f"decided by {_label(case)}: severity {int(case.way.harm)}, probability {band}: {judged.cell}; {used}: {judged.level}"


def _doubts(judged: Judged) -> Iterable[str]:
    case = judged.case
    if case.units is None:
        yield "uncertain: the number of units in use is unknown"
    if case.doubt:
        yield case.doubt
    if judged.level is not judged.level_point:
        more = users_to_tell(judged)
        needed = "more users alone cannot tell" if more is None else f"about {more:,} more users are needed to tell"
        yield f"uncertain: {judged.level_point} at the point estimate, {judged.level} at the bound; {needed}"
