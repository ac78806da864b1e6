"""Builders of counts for the tests of detectors and reviews: one varied fact a call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from configs.policies import load_policy
from configs.terms import Count, Dimension, Metric, Platform, Release

START = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
APP, OLD, NEW = "com.example.app", "4.1.0", "4.2.0"
POLICY = load_policy("default").detection
RELEASE = Release(APP, Platform.ANDROID, NEW, START)

A_COUNT = Count("simulator", APP, Platform.ANDROID, NEW, Metric.CRASH, START, START + HOUR, 0, 0)


def a_count(hour: int = 0, /, **varied: object) -> Count:
    """One hour's count of the new version; name what differs."""
    return replace(A_COUNT, **({"start": START + hour * HOUR, "end": START + (hour + 1) * HOUR} | varied))  # type: ignore[arg-type]  # a test builder


def an_hour(hour: int, new: tuple[int, int], old: tuple[int, int], device: str = "") -> list[Count]:
    """(events, exposure) of the new and the old version in that hour; `device` narrows both to one model."""
    cut = {"dimension": Dimension.DEVICE, "value": device} if device else {}
    return [
        a_count(hour, events=new[0], exposure=new[1], **cut),
        a_count(hour, version=OLD, events=old[0], exposure=old[1], **cut),
    ]


DEVICES = {"Pixel 8": 0.5, "Galaxy S21": 0.3, "Redmi 9": 0.2}
STAGES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


def a_roll_out(seed: int, ratio: float = 1.0, only: str = "", hours: int = 48, rate: float = 0.01) -> Iterator[list[Count]]:
    """Hour by hour counts of a staged roll-out; the new version's rate is `ratio` times the old one's, `only` on one model if named."""
    chance = np.random.default_rng(seed)
    for hour in range(hours):
        share, users = STAGES[hour * len(STAGES) // hours], 8000
        swing = 1 + 0.5 * np.sin(hour / 24 * 2 * np.pi)
        counts, total = [], np.zeros(4, dtype=int)
        for device, part in DEVICES.items():
            n1, n0 = int(users * share * part), int(users * (1 - share) * part)
            worse = ratio if only in ("", device) else 1.0
            x1, x0 = chance.binomial(n1, min(1, rate * swing * worse)), chance.binomial(n0, rate * swing)
            counts += an_hour(hour, (int(x1), n1), (int(x0), n0), device)
            total += [x1, n1, x0, n0]
        yield an_hour(hour, (int(total[0]), int(total[1])), (int(total[2]), int(total[3]))) + counts
