"""How commands print: JSON for machines, rich for people.

Add here when every command must print otherwise; rather in one command when only that one must.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

PART = 10
"""Characters of a long word beside each other that can still be read."""

GAP = 2
"""Spaces between two columns."""


def print_json(value: object) -> None:
    """One JSON value to standard output, nothing else."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write("\n")


def harmless(text: str) -> str:
    """Strangers' text without what a terminal obeys or hides: control and direction characters. Line breaks stay."""
    return "".join(c if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs") else " " for c in text)


class Screen(Console):
    """A console for strangers' text, which leaves a closed pipe to `flows/__main__.py`; rich would end with another status."""

    def render_str(self, text: str, **how: Any) -> Text:
        """Called by rich for every plain text it prints."""
        return super().render_str(harmless(text), **how)

    def on_broken_pipe(self) -> None:
        """Called by rich inside the handling of the error."""
        raise


def console() -> Console:
    """The terminal; plain when it is a pipe."""
    return Screen(highlight=False, soft_wrap=not sys.stdout.isatty())


def as_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Sheet:
    """Rows of plain text: what came from outside is shown literally."""
    return Sheet(title, tuple(columns), tuple(tuple(harmless(str(cell)) for cell in row) for row in rows))


@dataclass(frozen=True)
class Sheet:
    """A table where the terminal is wide enough for one, else one line a cell."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        needed = sum(map(self._width, range(len(self.columns)))) + GAP * (len(self.columns) - 1)
        if needed <= options.max_width:
            yield self._table()
            return
        yield Text(self.title, style="bold")
        blocks = ("\n".join(f"  {column}: {cell}" for column, cell in zip(self.columns, row, strict=True)) for row in self.rows)
        yield Text("\n\n".join(blocks))

    def _width(self, number: int) -> int:
        """What a column needs to be read: its longest word, of long words a part; an id whole, for it is copied into the next command."""
        longest = max((cell_len(word) for line in (self.columns, *self.rows) for word in line[number].split()), default=0)
        return longest if _is_id(self.columns[number]) else min(longest, PART)

    def _table(self) -> Table:
        table = Table(title=self.title, title_justify="left", title_style="bold", header_style="dim", box=None, pad_edge=False)
        for column in self.columns:
            table.add_column(column, overflow="fold", no_wrap=_is_id(column))
        for row in self.rows:
            table.add_row(*map(escape, row))
        return table


def _is_id(column: str) -> bool:
    return column.split()[-1:] == ["id"]
