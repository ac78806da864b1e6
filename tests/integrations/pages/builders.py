"""Frozen facts to draw and print, each with one thing to vary."""

import math
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from configs.terms import Evidence, Health, Metric, Platform, Reconciliation, Review, ReviewVerdict

START = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)


def some_evidence(looks: int = 48, factor: float = 2.8, seed: int = 7, metric: Metric = Metric.CRASH) -> tuple[Evidence, ...]:
    """A staged roll-out whose new version fails `factor` times as often as the control."""
    rng, found = random.Random(seed), []
    events = exposure = before = before_exposure = 0
    log_evidence = 0.0
    for look in range(looks):
        users = 40 + look * 25
        exposure, before_exposure = exposure + users, before_exposure + 4000
        events += _about(rng, users * 0.011 * factor)
        before += _about(rng, 44)
        control = before / before_exposure
        ratio = events / exposure / control if events and before else None
        if ratio:
            log_evidence += max(-0.4, users * control * (ratio * math.log(ratio) - ratio + 1) * 0.8) + rng.gauss(0, 0.1)
        found.append(
            Evidence(
                "com.example.app", Platform.ANDROID, "4.2.0", metric, START + timedelta(minutes=5 * look),
                Health.UNKNOWN if 8 <= look < 14 else Health.DEGRADED, log_evidence, events, exposure, before, before_exposure,
                ratio, ratio and ratio * 0.7, ratio and ratio * 1.4, look + 1,
            )
        )  # fmt: skip
    return tuple(found)


def _about(rng: random.Random, expected: float) -> int:
    return max(0, round(rng.gauss(expected, math.sqrt(expected))))


def a_review(night: int, exposed: int = 12_000, **varied: object) -> Review:
    """One night's review; more are fixed every night."""
    fixed = int(exposed * 0.86 * (1 - 0.55**night))
    blocked, uninstalled, dormant = exposed * night // 150, exposed * night // 250, exposed // 40
    rest = exposed - fixed - blocked - uninstalled - dormant
    sums = Reconciliation(exposed, fixed, blocked, uninstalled, dormant, rest)
    at = START + timedelta(days=night, hours=2)
    reach = (fixed + blocked + uninstalled) / exposed if exposed else None
    verdict = ReviewVerdict.EFFECTIVE if reach and reach >= 0.95 else ReviewVerdict.NOT_YET
    found = Review("R-1", f"{at:%Y-%m-%d}", at, verdict, sums, reach, 1.02, 1.19, ("Reach is below the target.",))
    return replace(found, **varied)  # type: ignore[arg-type]  # fields by name
