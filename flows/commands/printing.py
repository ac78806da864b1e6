"""How commands print: JSON for machines, rich for people.

Add here when every command must print otherwise; rather in one command when only that one must.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table


def print_json(value: object) -> None:
    """One JSON value to standard output, nothing else."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write("\n")


class Screen(Console):
    """A console that leaves a closed pipe to `flows/__main__.py`; rich would end with a status that means something else here."""

    def on_broken_pipe(self) -> None:
        """Called by rich inside the handling of the error."""
        raise


def console() -> Console:
    """The terminal; plain when it is a pipe."""
    return Screen(highlight=False, soft_wrap=not sys.stdout.isatty())


def as_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """A table of plain text: what came from outside is shown literally."""
    table = Table(title=title, title_justify="left", title_style="bold", header_style="dim", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    return table
