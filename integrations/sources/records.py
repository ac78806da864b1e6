"""One row of a table becomes one word of the glossary, or says why it cannot.

Add here when a cell may be written in one more way; rather in `integrations/sources/columns.py` when only its column's name differs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import TypeVar

from configs.terms import Count, Dimension, InstalledBase, Metric, Platform, Release, Signal, SignalKind
from integrations.sources.columns import What

T = TypeVar("T")
Value = Signal | Release | Count | InstalledBase

EXCERPT = 40
"""How much of an unusable cell is shown; enough to recognise it."""
NAME_LENGTH = 200
"""Longest id, version, country and the like; longer ones are not names."""
LARGEST = 2**53
"""Above it a count from a spreadsheet or a JSON document is no longer exact."""


class Unusable(ValueError):
    """A row that cannot be used: why, and the cell that is to blame. Never leaves this folder: it becomes `terms.Rejected`."""

    def __init__(self, reason: str, excerpt: str = "") -> None:
        super().__init__(reason)
        self.reason, self.excerpt = reason, excerpt
        self.at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose rows are read: `rows_of` is the app's name in the table (None: every app), `app` what we call it."""

    source: str
    rows_of: str | None = None
    app: str = ""
    platform: Platform | None = None


def value_of(cells: tuple[object, ...], what: What, owner: Owner) -> Value | None:
    """The row as a value of ours; None when it belongs to another app or platform.

    Args:
        cells: in the order of the shape's columns (`columns.picker`).

    Raises:
        Unusable: naming the column and what it should hold.
    """
    try:
        return READERS[what](cells, owner)
    except Unusable as err:
        err.at = _moment_of(cells[ARRIVAL[what]])
        raise


def when(value: Value) -> datetime:
    """The moment a value arrived: what was said, released or measured then, and a count when its interval ended."""
    if isinstance(value, Count):
        return value.end
    return value.released_at if isinstance(value, Release) else value.at


def _words(cells: tuple[object, ...], owner: Owner, kind: SignalKind, stars_needed: bool) -> Signal | None:
    id_, at, app, platform, title, body, stars, version, country, language, os_version, device = cells
    mine = _mine(app, platform, owner)
    if mine is None:
        return None
    return Signal(
        owner.source,
        _needed("id", id_),
        kind,
        *mine,
        _moment("at", at),
        _text("title", title),
        _text("body", body),
        _stars(stars, stars_needed),
        _name("version", version),
        _name("language", language),
        _name("country", country),
        _name("os_version", os_version),
        _name("device", device),
    )


def _review(cells: tuple[object, ...], owner: Owner) -> Signal | None:
    return _words(cells, owner, SignalKind.REVIEW, stars_needed=True)


def _ticket(cells: tuple[object, ...], owner: Owner) -> Signal | None:
    """What the help desk calls a ticket ("payment failure") is read as its first words."""
    *words, category = cells
    ticket, called = _words(tuple(words), owner, SignalKind.TICKET, stars_needed=False), _text("category", category)
    return ticket if ticket is None or not called else replace(ticket, title=f"{called}. {ticket.title}" if ticket.title else called)


def _release(cells: tuple[object, ...], owner: Owner) -> Release | None:
    app, platform, version, at, notes = cells
    mine = _mine(app, platform, owner)
    return None if mine is None else Release(*mine, _needed("version", version), _moment("released_at", at), _text("notes", notes))


def _count(cells: tuple[object, ...], owner: Owner) -> Count | None:
    app, platform, version, metric, start, end, events, exposure, dimension, value = cells
    mine = _mine(app, platform, owner)
    if mine is None:
        return None
    begins, ends = _moment("start", start), _moment("end", end)
    if begins >= ends:
        raise Unusable("start is not before end", _shown("end", end))
    return Count(
        owner.source,
        *mine,
        _needed("version", version),
        _one_of("metric", metric, METRICS),
        begins,
        ends,
        _whole("events", events),
        _whole("exposure", exposure),
        _one_of("dimension", dimension or Dimension.ALL, DIMENSIONS),
        _name("value", value),
    )


def _installed(cells: tuple[object, ...], owner: Owner) -> InstalledBase | None:
    app, platform, version, country, os_version, at, exposed, *parts = cells
    mine = _mine(app, platform, owner)
    if mine is None:
        return None
    whole = _whole("exposed", exposed)
    known = [None if part in ("", None) else _whole(name, part) for name, part in zip(PARTS, parts, strict=True)]
    if sum(part or 0 for part in known) > whole:
        raise Unusable(f"{', '.join(PARTS)} together exceed exposed", f"exposed={whole}")
    names = _needed("version", version), _name("country", country), _name("os_version", os_version)
    return InstalledBase(owner.source, *mine, *names, _moment("at", at), whole, *known)


READERS: Mapping[What, Callable[[tuple[object, ...], Owner], Value | None]] = {
    What.REVIEWS: _review,
    What.TICKETS: _ticket,
    What.RELEASES: _release,
    What.COUNTS: _count,
    What.INSTALLED: _installed,
}
ARRIVAL: Mapping[What, int] = {What.REVIEWS: 1, What.TICKETS: 1, What.RELEASES: 3, What.COUNTS: 5, What.INSTALLED: 5}
"""Which cell, in the shape's order, says when a row arrived."""
PARTS = ("fixed", "blocked", "uninstalled", "dormant")
PLATFORMS = {p.value: p for p in Platform}
METRICS = {m.value: m for m in Metric}
DIMENSIONS = {d.value: d for d in Dimension}


def _mine(app: object, platform: object, owner: Owner) -> tuple[str, Platform] | None:
    named = _name("app", app)
    if named and owner.rows_of is not None and named != owner.rows_of:
        return None
    runs_on = _one_of("platform", platform, PLATFORMS) if platform not in ("", None) else owner.platform
    if owner.platform is not None and runs_on is not owner.platform:
        return None
    ours = owner.app or named
    if not ours or runs_on is None:
        raise Unusable(f"no {'platform' if ours else 'app'} in the row, and none was given")
    return ours, runs_on


def _shown(column: str, cell: object) -> str:
    return f"{column}={str(cell)[:EXCERPT]!r}"


def _text(column: str, cell: object) -> str:
    if cell is None:
        return ""
    if not isinstance(cell, str):
        if isinstance(cell, bool) or not isinstance(cell, int | float):
            raise Unusable(f"{column} is not text")
        cell = str(cell)
    if not cell.isascii() and not _is_unicode(cell):
        raise Unusable(f"{column} is not valid Unicode")
    if "\0" in cell:
        raise Unusable(f"{column} holds a NUL character")
    return cell


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _name(column: str, cell: object) -> str:
    if cell == "":
        return ""
    found = _text(column, cell).strip()
    if len(found) > NAME_LENGTH:
        raise Unusable(f"{column} is longer than {NAME_LENGTH} characters", _shown(column, found))
    return found


def _needed(column: str, cell: object) -> str:
    found = _name(column, cell)
    if not found:
        raise Unusable(f"{column} is empty")
    return found


def _one_of(column: str, cell: object, known: Mapping[str, T]) -> T:
    try:
        return known[cell if isinstance(cell, str) else ""]
    except KeyError:
        folded = known.get(str(cell).strip().lower())
        if folded is not None:
            return folded
        raise Unusable(f"{column} is none of {', '.join(known)}", _shown(column, cell)) from None


def _moment(column: str, cell: object) -> datetime:
    """Aware and UTC. Without a zone it is taken as UTC; a date alone is its midnight."""
    found = _moment_of(cell)
    if found is None:
        raise Unusable(f"{column} is not an ISO 8601 date or time", _shown(column, cell))
    return found


def _moment_of(cell: object) -> datetime | None:
    try:
        if isinstance(cell, str):
            cell = datetime.fromisoformat(cell.strip())
        if isinstance(cell, datetime):
            return cell.replace(tzinfo=UTC) if cell.tzinfo is None else cell.astimezone(UTC)
        return datetime.combine(cell, time(), UTC) if isinstance(cell, date) else None
    except (ValueError, OverflowError):
        return None


def _number(column: str, cell: object) -> int:
    """A finite whole number, however it is written ("4", 4, 4.0)."""
    try:
        if isinstance(cell, str):
            cell = int(cell) if cell.isdecimal() and len(cell) < EXCERPT else float(cell)
        if isinstance(cell, bool) or not isinstance(cell, int | float) or not math.isfinite(cell) or cell != int(cell):
            raise ValueError
        return int(cell)
    except (ValueError, OverflowError):
        raise Unusable(f"{column} is not a whole number", _shown(column, cell)) from None


def _whole(column: str, cell: object) -> int:
    found = _number(column, cell)
    if not 0 <= found <= LARGEST:
        raise Unusable(f"{column} is {'negative' if found < 0 else 'too large'}", _shown(column, cell))
    return found


STARS = {"1": 1, "2": 2, "3": 3, "4": 4, "5": 5}


def _stars(cell: object, needed: bool) -> int | None:
    if isinstance(cell, str) and cell in STARS:
        return STARS[cell]
    if not needed and cell in ("", None):
        return None
    found = _number("stars", cell)
    if not 1 <= found <= len(STARS):
        raise Unusable(f"stars is not between 1 and {len(STARS)}", _shown("stars", cell))
    return found


def name_in(column: str, cell: object) -> str:
    """The cell as a short text, without spaces around it. Raises Unusable."""
    return _name(column, cell)


def moment_in(column: str, cell: object) -> datetime:
    """The cell as a moment, UTC and aware. Raises Unusable."""
    return _moment(column, cell)
