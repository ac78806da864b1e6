"""Did the recall work: how many are off the bad build, and is the fix as good as the last good version?

| fix out | counts and base known | fix surely worse than allowed | reach, ratio and counted hours all good | both fresh | verdict |
|---|---|---|---|---|---|
| any | any | yes | any | any | ineffective |
| no  | any | no  | any | any | not yet     |
| yes | no  | no  | any | any | unknown     |
| yes | yes | no  | no  | any | not yet     |
| yes | yes | no  | yes | no  | unknown     |
| yes | yes | no  | yes | yes | effective   |

A reach is good when every check of the policy's level is done as well: verified, not merely told.

Where the recall is about a part of the users, they must not be surely worse off beside the others than with the recalled version.

Hours count as far as there are counts: a fix whose counts ended soon after it came out is not proven by the time that has passed since.

The ratio of rates has exact conditional bounds. A review is a look, and nights add up: the n-th tested night gets alpha / (n (n + 1)),
so that over any number of nights a fix that is worse than allowed is called effective with probability at most alpha. Limits: rates
are compared over buckets in which both versions were used where there are any, otherwise over different times; counts that vary more
than the binomial make the bounds too narrow.

Add here when the question "did it work" gets another part; rather in `reconciliation.py` when it is how installs are counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from scipy.special import betaincinv

from configs.errors import BadInput
from configs.policy import Reviewing
from configs.terms import Count, Dimension, InstalledBase, Metric, Reconciliation, Review, ReviewVerdict
from tasks.rules.ratio_of_ratios import RatioOfRatios
from tasks.rules.reconciliation import CheckLevel, open_checks, reach, total


class RateRatio(NamedTuple):
    """Rate over rate. `low` and `high` each err with probability alpha; `high` is infinite and `ratio` None without control events."""

    ratio: float | None
    low: float
    high: float


def rate_ratio(x1: int, n1: int, x0: int, n0: int, alpha: float) -> RateRatio:
    """Rate x1 / n1 over rate x0 / n0, with exact bounds: given x1 + x0, x1 is binomial (Przyborowski and Wilenski, 1940).

    Raises:
        BadInput: a negative number, or no exposure on a side.
    """
    if min(x1, x0) < 0 or min(n1, n0) <= 0:
        raise BadInput(f"rates {x1} of {n1} and {x0} of {n0} cannot be compared; give events from 0 and exposures above 0")
    low = float(betaincinv(x1, x0 + 1, alpha)) if x1 else 0.0
    high = float(betaincinv(x1 + 1, x0, 1 - alpha)) if x0 else 1.0
    return RateRatio((x1 / n1) / (x0 / n0) if x0 else None, _odds(low) * n0 / n1, _odds(high) * n0 / n1)


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else math.inf


# --- counts -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tally:
    """Events of an exposure, summed."""

    events: int = 0
    exposure: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """The fixed version beside the last good one. `concurrent`: only buckets in which both were used are summed.

    `until`: up to when both were counted; None while one of them was not.
    """

    fixed: Tally
    good: Tally
    concurrent: bool
    until: datetime | None = None


def compared(counts: Iterable[Count], fixed: str, good: str, metric: Metric) -> Comparison:
    """Sums one metric's counts of all users for both versions, over the same buckets where there are any; one app and platform at a time.

    A count given twice counts once; of several sources the first by name that knows the fixed version is used.
    """
    usable = [c for c in counts if c.metric is metric and c.dimension is Dimension.ALL and c.exposure > 0 and c.events >= 0]
    source = min((c.source for c in usable if c.version == fixed), default="")
    of_fixed, of_good = (_by_bucket(usable, source, version) for version in (fixed, good))
    both = of_fixed.keys() & of_good.keys()
    if both:
        last = max(end for _, end in both)
        return Comparison(_summed(of_fixed[b] for b in both), _summed(of_good[b] for b in both), concurrent=True, until=last)
    ends = [max(end for _, end in buckets) for buckets in (of_fixed, of_good) if buckets]
    until = min(ends) if len(ends) == len((of_fixed, of_good)) else None
    return Comparison(_summed(of_fixed.values()), _summed(of_good.values()), concurrent=False, until=until)


def _by_bucket(counts: Iterable[Count], source: str, version: str) -> dict[tuple[datetime, datetime], Count]:
    return {(c.start, c.end): c for c in counts if (c.source, c.version) == (source, version)}


def _summed(counts: Iterable[Count]) -> Tally:
    found = list(counts)
    return Tally(sum(c.events for c in found), sum(c.exposure for c in found))


# --- the nightly review -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Night:
    """What is known on one night. `hours_since_fix`: None while no fix is out. `earlier`: this recall's reviews so far.

    `beside`: the scope's users before and after, beside users whom it does not concern; None where there are none.
    """

    recall_id: str
    night: str
    at: datetime
    cells: Sequence[InstalledBase]
    rates: Comparison
    hours_since_fix: float | None
    earlier: Sequence[Review] = ()
    beside: RatioOfRatios | None = None


def review(seen: Night, policy: Reviewing) -> Review:
    """The night's verdict by the table above, with every number that led to it in words."""
    base = total(seen.cells)
    reached, ratio = reach(base), _tested(seen, policy)
    return Review(
        recall_id=seen.recall_id,
        night=seen.night,
        at=seen.at,
        verdict=_verdict(seen, base, ratio, policy),
        reconciliation=base,
        reach=reached,
        ratio=ratio.ratio if ratio else None,
        ratio_high=ratio.high if ratio and math.isfinite(ratio.high) else None,
        reasons=(
            _reach_said(base, seen, policy),
            *_checks_said(base, policy),
            _ratio_said(seen.rates, ratio, policy),
            _hours_said(seen, policy),
            *_beside_said(seen),
            *_stale_said(seen, policy),
            *base.warnings,
        ),
    )


def _tested(seen: Night, policy: Reviewing) -> RateRatio | None:
    fixed, good = seen.rates.fixed, seen.rates.good
    if min(fixed.exposure, good.exposure) <= 0:
        return None
    look = 1 + len({r.night for r in seen.earlier if r.night != seen.night and r.ratio_high is not None})
    return rate_ratio(fixed.events, fixed.exposure, good.events, good.exposure, policy.alpha / (look * (look + 1)))


def _verdict(seen: Night, base: Reconciliation, ratio: RateRatio | None, policy: Reviewing) -> ReviewVerdict:
    reached = reach(base)
    if ratio is not None and ratio.low > policy.effective_ratio:
        return ReviewVerdict.INEFFECTIVE
    if seen.hours_since_fix is None:
        return ReviewVerdict.NOT_YET
    if reached is None or ratio is None:
        return ReviewVerdict.UNKNOWN
    good = reached >= policy.target_reach and not _open_checks(base, policy)
    good = good and ratio.high < policy.effective_ratio and _hours_counted(seen) >= policy.min_hours
    good = good and not _is_worse_in_scope(seen)
    if good and _stale_said(seen, policy):
        return ReviewVerdict.UNKNOWN
    return ReviewVerdict.EFFECTIVE if good else ReviewVerdict.NOT_YET


def _hours_counted(seen: Night) -> float:
    """Hours since the fix for which there are counts of both versions."""
    if seen.hours_since_fix is None or seen.rates.until is None:
        return 0.0
    return seen.hours_since_fix - max(0.0, _hours(seen.at - seen.rates.until))


def _hours(span: timedelta) -> float:
    return span.total_seconds() / 3600


def _stale_said(seen: Night, policy: Reviewing) -> tuple[str, ...]:
    """What is too old to say anything about tonight."""
    newest = {"counts": seen.rates.until, "installed base": max((cell.at for cell in seen.cells), default=None)}
    ages = {what: _hours(seen.at - at) for what, at in newest.items() if at is not None}
    return tuple(
        f"the {what} ends {age:.0f} hours ago: stale, so nothing is proven" for what, age in ages.items() if age > policy.stale_after_hours
    )


def _open_checks(base: Reconciliation, policy: Reviewing) -> int:
    """Installs that must still be proven off the bad build. Proven, not told: who is dormant or silent is open."""
    return open_checks(CheckLevel(policy.check_level), base.exposed, base.fixed + base.blocked + base.uninstalled)


def _checks_said(base: Reconciliation, policy: Reviewing) -> tuple[str, ...]:
    left = _open_checks(base, policy)
    return (f"{left} effectiveness checks of level {policy.check_level} are open: installs not proven off the bad build",) if left else ()


def _reach_said(base: Reconciliation, seen: Night, policy: Reviewing) -> str:
    now = reach(base)
    if now is None:
        return "reach is unknown: no source knows of an exposed install"
    before = max((r for r in seen.earlier if r.night < seen.night and r.reach is not None), key=lambda r: r.night, default=None)
    since = f", {before.reach:.1%} on {before.night}" if before is not None else ""
    return f"{now:.1%} of {base.exposed} exposed installs are off the bad build (target {policy.target_reach:.1%}){since}"


def _is_worse_in_scope(seen: Night) -> bool:
    """Whether those in the scope are surely worse off beside the others than before."""
    return seen.beside is not None and seen.beside.low > 1


def _beside_said(seen: Night) -> tuple[str, ...]:
    found = seen.beside
    if found is None:
        return ()
    times = f"{found.ratio:.2f} times what it was with the recalled version, from {found.low:.2f} to {found.high:.2f}"
    return (f"the rate of the users in scope over that of the others is {times}" + (": not better" if found.low > 1 else ""),)


def _ratio_said(rates: Comparison, ratio: RateRatio | None, policy: Reviewing) -> str:
    fixed, good = rates.fixed, rates.good
    if ratio is None:
        return f"the fix cannot be compared: exposure {fixed.exposure} of the fixed, {good.exposure} of the last good version"
    counts = f"fixed version {fixed.events} of {fixed.exposure}, last good one {good.events} of {good.exposure}"
    when = "" if rates.concurrent else " at other times"
    times = "ratio cannot be estimated" if ratio.ratio is None else f"ratio {ratio.ratio:.2f}"
    return f"{counts}{when}: {times}, from {ratio.low:.2f} to {ratio.high:.2f} (must end below {policy.effective_ratio:g})"


def _hours_said(seen: Night, policy: Reviewing) -> str:
    if seen.hours_since_fix is None:
        return "no fix is out yet"
    counted = "" if seen.rates.until is None or seen.rates.until >= seen.at else f", {_hours_counted(seen):.0f} of them counted"
    return f"{seen.hours_since_fix:.0f} hours since the fix{counted} (at least {policy.min_hours:g})"


def may_close(reviews: Sequence[Review], policy: Reviewing) -> bool:
    """Whether the newest review lets the recall be closed, also under today's policy; an older good night does not count."""
    newest = max(reviews, key=lambda r: r.at, default=None)
    if newest is None or newest.verdict is not ReviewVerdict.EFFECTIVE or newest.reach is None or newest.ratio_high is None:
        return False
    checked = not _open_checks(newest.reconciliation, policy)
    return checked and newest.reach >= policy.target_reach and newest.ratio_high < policy.effective_ratio
