"""Builders of degraded evidence for the tests of severity: one varied fact a call."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from configs.policies import load_policy
from configs.terms import Evidence, Health, Metric, Platform, Scope, Suspect
from tests.tasks.rules.counts import APP, NEW, START

POLICY = load_policy("default")
RISK = POLICY.risk
EVERYONE = Scope(APP, Platform.ANDROID, NEW)
EVIDENCE = Evidence(
    APP, Platform.ANDROID, NEW, Metric.CRASH, START, Health.DEGRADED, 9.0, 200, 20_000, 100, 20_000, 2.0, 1.6, 2.5, scope=EVERYONE
)
UNKNOWN = replace(EVIDENCE, health=Health.UNKNOWN, metric=Metric.ANR, reason="stale", events=0, exposure=0)


def an_evidence(**varied: Any) -> Evidence:
    """200 of 20 000 crashed, twice as many as before; name what differs."""
    return replace(EVIDENCE, **varied)


def a_suspect(device: str = "Pixel 8", **varied: Any) -> Suspect:
    """One model, 20 times as bad as before, surely more than 10 times."""
    return replace(Suspect(replace(EVERYONE, devices=(device,)), 0.8, 12.0, 20.0, 10.0, 30.0, 0.9), **varied)
