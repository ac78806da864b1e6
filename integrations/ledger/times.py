"""How the ledger writes a moment: UTC ISO 8601 text with microseconds and "Z", which sorts as text and reads by eye.

Add here when a time has to go into or come out of a row; rather in the rules when times are compared or added.
"""

from __future__ import annotations

from datetime import UTC, datetime

EARLIEST = "0001-01-01T00:00:00.000000Z"
"""The high-water mark of a journal without entries."""


def as_text(moment: datetime) -> str:
    """The 27 characters of that moment. Raises ValueError for a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; the ledger keeps UTC only")
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat(timespec="microseconds")[:-6] + "Z"


def as_time(text: str) -> datetime:
    """The moment that text stands for, UTC and aware. Raises ValueError for anything but an ISO 8601 time with a zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone; the ledger keeps UTC only")
    return moment
