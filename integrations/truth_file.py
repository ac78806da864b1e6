"""Reads a truth file: what is known to have happened, one episode a row (CSV).

Needed columns: `case_id, app, window_start, window_end, expected`; `version` and `cause` are taken over when there; others are left
alone. Add here when a truth file may look otherwise; rather in `tasks/rules/truth.py` when the comparison changes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from configs.errors import FileMalformed
from configs.terms import Episode, Expected

NEEDED = ("case_id", "app", "window_start", "window_end", "expected")


def load_truth(path: Path) -> tuple[Episode, ...]:
    """The rows of a truth file, in its order.

    Raises:
        FileMalformed: no such file, a column is missing, a date or an expectation cannot be read; names file, line and way out.
    """
    try:
        with path.open("rb") as file:
            reader = csv.DictReader(_decoded(file), strict=True)
            missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
            if missing:
                raise FileMalformed(f"{path}:1: lacks the column(s) {', '.join(missing)}; needed are {', '.join(NEEDED)}")
            return tuple(_rows(path, reader))
    except OSError as err:
        raise FileMalformed(f"{path}: cannot be read ({err.strerror}); check path and permissions") from err
    except (UnicodeDecodeError, csv.Error) as err:
        raise FileMalformed(f"{path}:1: the column names cannot be read ({err}); needed are {', '.join(NEEDED)}") from err


def _decoded(lines: Iterable[bytes]) -> Iterator[str]:
    """Line by line, so that a wrong byte is met in its own line."""
    for number, line in enumerate(lines):
        yield line.decode("utf-8-sig" if number == 0 else "utf-8")


def _rows(path: Path, reader: csv.DictReader[str]) -> Iterator[Episode]:
    try:
        for row in reader:
            yield _row(path, reader.line_num, row)
    except (UnicodeDecodeError, csv.Error) as err:
        raise FileMalformed(f"{path}:{reader.line_num + 1}: not a CSV row in UTF-8 ({err}); mend or remove the line") from err


def _row(path: Path, line: int, row: dict[str, str]) -> Episode:
    try:
        first, last = date.fromisoformat(row["window_start"].strip()), date.fromisoformat(row["window_end"].strip())
    except (ValueError, AttributeError) as err:
        raise FileMalformed(f"{path}:{line}: window_start and window_end must be days like 2026-01-31 ({err})") from err
    expected = (row["expected"] or "").strip()
    if expected not in tuple(Expected):
        raise FileMalformed(f"{path}:{line}: expected is {expected!r}; it must be one of {', '.join(Expected)}")
    if last < first:
        raise FileMalformed(f"{path}:{line}: window_end {last} is before window_start {first}; swap them")
    return Episode(
        row["case_id"] or "", row["app"] or "", row.get("version") or "", first, last, row.get("cause") or "", Expected(expected)
    )
