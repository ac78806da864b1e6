"""A million lines of a crash reporter's export, the same for the same seed: one app's day, three versions, one of them being rolled out.

Add here when the benchmarks' events must look otherwise; rather in one benchmark when only it needs another file.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

DAY = datetime(2026, 3, 2, tzinfo=UTC)
VERSIONS = ("4.2.0", "4.1.3", "4.1.2")
DEVICES = tuple(f"Model {n:02d}" for n in range(20))
SYSTEMS = ("12", "13", "14", "15", "16")
COUNTRIES = ("BR", "CN", "DE", "FR", "ID", "IN", "RU", "US")
WRITTEN_AT_ONCE = 50_000


def write_events(path: Path, count: int, seed: int, begin: datetime = DAY, hours: float = 24.0) -> None:
    """Writes `count` events received in the `hours` from `begin`, in order of arrival. 70 % sessions, 25 % crashes, 5 % ANRs."""
    rng = np.random.default_rng(seed)
    received = np.sort(rng.integers(0, int(hours * 3_600_000), count))
    with path.open("w", encoding="ascii") as file:
        for first in range(0, count, WRITTEN_AT_ONCE):
            file.writelines(_lines(rng, begin, received[first : first + WRITTEN_AT_ONCE]))


def _lines(rng: np.random.Generator, begin: datetime, received: np.ndarray) -> Iterator[str]:
    n, start = len(received), np.datetime64(begin.replace(tzinfo=None), "ms")
    late = np.where(rng.random(n) < 0.7, rng.exponential(20_000, n), rng.exponential(3_600_000, n)).astype(np.int64)
    ids, users = rng.bytes(16 * n).hex(), rng.integers(0, 200_000, n)
    popular = 1 / np.arange(1, len(DEVICES) + 1)
    columns = (
        rng.choice(("session", "crash", "anr"), n, p=(0.7, 0.25, 0.05)),
        users,
        np.datetime_as_string(start + received - late),
        np.datetime_as_string(start + received),
        rng.choice(VERSIONS, n, p=(0.3, 0.55, 0.15)),
        rng.choice(DEVICES, n, p=popular / popular.sum()),
        rng.choice(SYSTEMS, n),
        rng.choice(COUNTRIES, n),
    )
    for at, (kind, user, occurred, arrived, version, device, system, country) in enumerate(zip(*columns, strict=True)):
        yield (
            f'{{"id":"{ids[32 * at : 32 * at + 32]}","kind":"{kind}","user":"u{user:07d}","occurred":"{occurred}Z","received":"{arrived}Z",'
            f'"version":"{version}","device":"{device}","os_version":"{system}","country":"{country}"}}\n'
        )


def end_of(hours: float = 24.0, begin: datetime = DAY) -> datetime:
    """The moment after the last event."""
    return begin + timedelta(hours=hours)
