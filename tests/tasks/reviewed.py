"""Reviews in a file beside a rehearsal's own source: a quiet past, and what people begin to write.

Add here when several files of tests need it; rather in `homes.py` when every rehearsal does.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from tests.tasks.homes import APP, SETTINGS, START
from tests.tasks.rules.written import BROKEN, GRUMBLE, PRAISE

FILE = "reviews.csv"
QUIET_DAYS = 40
Row = tuple[str, str, str, str, int, str, str, str]
_numbers = count()


def settings() -> dict[str, object]:
    """The apps of the settings, with the reviews' file as a second source."""
    (app,) = SETTINGS["apps"]  # type: ignore[misc]  # one app
    reviews = {"kind": "files", "name": "reviews", "path": FILE, "what": "reviews", "app": APP}
    return {"apps": [{**app, "sources": [*app["sources"], reviews]}]}  # type: ignore[has-type]  # plain values


def write_reviews(home: Path, text: str, number: int, at: datetime, between: timedelta = timedelta(minutes=4)) -> None:
    """The quiet past up to the roll-out, then so many reviews of one text."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / FILE).open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["review_id", "app", "platform", "created_at", "rating", "title", "body", "version"])
        out.writerows(_quiet_past())
        out.writerows(_row(text, at + between * n) for n in range(number))


def _quiet_past() -> Iterator[Row]:
    for day in range(QUIET_DAYS):
        at = START - timedelta(days=QUIET_DAYS - day)
        yield from (_row(PRAISE, at + timedelta(minutes=n), 5) for n in range(9))
        yield from (_row(GRUMBLE, at + timedelta(minutes=20 + n), 2) for n in range(2))
        if day % 2:
            yield _row(BROKEN, at + timedelta(minutes=30))


def _row(text: str, at: datetime, stars: int = 1) -> Row:
    number = next(_numbers)
    spelt = "".join("abcdefghij"[int(digit)] for digit in str(number))
    return f"r{number}", APP, "android", at.isoformat(), stars, "", text.format(spelt), ""
