"""Which columns a table of reviews, tickets, counts, installs or releases has, and where they stand in one file or query.

Add here when the same thing comes under one more column name; rather in `integrations/sources/records.py` when a cell is read otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter

from configs.errors import FileMalformed


class What(StrEnum):
    """What one table holds."""

    REVIEWS = "reviews"
    TICKETS = "tickets"
    COUNTS = "counts"
    INSTALLED = "installed"
    RELEASES = "releases"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: our word for it, what others call it, and whether a table is useless without it."""

    name: str
    aliases: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of one kind of table, in the order `records` reads them, and those that are known and not needed."""

    columns: tuple[Column, ...]
    ignored: frozenset[str] = frozenset()

    @property
    def names(self) -> str:
        """The known columns, for people."""
        return ", ".join(f"{c.name}{'*' if c.required else ''}" for c in self.columns)


APP, PLATFORM, VERSION = Column("app", ("product", "package_name")), Column("platform"), Column("version", ("app_version",))
NEEDED_VERSION = Column("version", ("app_version",), required=True)
WHEN = ("created_at", "created_on", "date", "timestamp")
PERSON = (
    Column("country", ("territory",)),
    Column("language", ("lang", "locale")),
    Column("os_version"),
    Column("device", ("device_model",)),
)
WORDS = (Column("title", ("subject",)), Column("body", ("text", "content", "review", "description"), required=True))

SHAPES: Mapping[What, Shape] = {
    What.REVIEWS: Shape(
        (
            Column("id", ("review_id",), required=True),
            Column("at", WHEN, required=True),
            *(APP, PLATFORM, *WORDS),
            Column("stars", ("rating", "score"), required=True),
            *(VERSION, *PERSON),
        ),
        frozenset({"developer_reply", "removed_later"}),
    ),
    What.TICKETS: Shape(
        (
            Column("id", ("ticket_id",), required=True),
            Column("at", WHEN, required=True),
            *(APP, PLATFORM, *WORDS),
            Column("stars", ("rating",)),
            *(VERSION, *PERSON),
            Column("category", ("ticket_category",)),
        ),
        frozenset({"topic", "tags", "releaseweek", "release_day"}),
    ),
    What.RELEASES: Shape(
        (
            *(APP, PLATFORM, NEEDED_VERSION),
            Column("released_at", ("released_on", *WHEN), required=True),
            Column("notes", ("release_notes",)),
        )
    ),
    What.COUNTS: Shape(
        (
            *(APP, PLATFORM, NEEDED_VERSION),
            *(Column(name, required=True) for name in ("metric", "start", "end", "events", "exposure")),
            *(Column("dimension"), Column("value")),
        )
    ),
    What.INSTALLED: Shape(
        (
            *(APP, PLATFORM, NEEDED_VERSION),
            *(Column("country"), Column("os_version"), Column("at", WHEN, required=True), Column("exposed", required=True)),
            *(Column(name) for name in ("fixed", "blocked", "uninstalled", "dormant")),
        )
    ),
}


Pick = Callable[[Sequence[object]], tuple[object, ...]]
"""Puts a row's cells into the shape's order, with "" for columns the table does not have."""


def picker(what: What, header: Sequence[str], renamed: Mapping[str, str], place: str) -> Pick:
    """Matches a table's own column names to ours.

    Args:
        renamed: the `columns` option: their name -> ours, or "" to leave a column out.
        place: file and line of the header, for people.

    Raises:
        FileMalformed: an unknown, doubled or missing column; names it, the place and the way out.
    """
    known, found = names_of(what, renamed), dict[str, int]()
    for position, theirs in enumerate(header):
        ours = known.get(plain(theirs))
        if ours is None:
            raise unknown_column(what, theirs, place)
        if ours in found:
            raise _malformed(place, f"columns {header[found[ours]]!r} and {theirs!r} both mean {ours!r}", what)
        if ours:
            found[ours] = position
    check_complete(what, found, place)
    picked = itemgetter(*(found.get(c.name, -1) for c in SHAPES[what].columns))
    return lambda cells: picked([*cells, ""])


def names_of(what: What, renamed: Mapping[str, str]) -> dict[str, str]:
    """Every name a column of this table may have, and what we call it; "" for one that is left out."""
    shape = SHAPES[what]
    known = dict.fromkeys(shape.ignored, "") | {name: c.name for c in shape.columns for name in (c.name, *c.aliases)}
    return known | {plain(theirs): ours for theirs, ours in renamed.items()}


def plain(name: str) -> str:
    """A column's name without the differences that mean nothing."""
    return name.strip().lower()


def check_complete(what: What, found: Collection[str], place: str) -> None:
    """Raises FileMalformed naming the needed columns that are missing."""
    missing = [c.name for c in SHAPES[what].columns if c.required and c.name not in found]
    if missing:
        raise _malformed(place, f"no column for {', '.join(missing)}", what)


def check_renamed(what: What, renamed: Mapping[str, str]) -> None:
    """Raises ValueError when the `columns` option names a column of ours that there is not."""
    for theirs, ours in renamed.items():
        if ours and ours not in {c.name for c in SHAPES[what].columns}:
            raise ValueError(
                f"{theirs!r} is renamed to {ours!r}, which {what} do not have; they have {SHAPES[what].names}, and '' leaves one out"
            )


def unknown_column(what: What, theirs: str, place: str) -> FileMalformed:
    """The error for a column nobody knows."""
    hint = "; is it separated by commas?" if any(mark in theirs for mark in ";\t|") else ""
    return _malformed(place, f"unknown column {theirs[:60]!r}{hint}", what)


def _malformed(place: str, problem: str, what: What) -> FileMalformed:
    return FileMalformed(
        f"{place}: {problem}; {what} have the columns {SHAPES[what].names} (* needed); "
        "the option `columns: {theirs: ours}` renames one, `columns: {theirs: ''}` leaves one out",
        place=place,
    )
