"""The labelled texts: what they say, how two people read them, and which part each belongs to.

`labelled/texts.jsonl` holds texts written for this purpose after real ones, three languages, with their ids; `reading_a.csv` and
`reading_b.csv` what two readers found in them without seeing the lexicons or each other; `split.csv` the part a text belongs to. Lexicons
are tuned on the part `tune` alone; of the part `hold`, which is newer, only its two figures a language may be looked at.
`reference_*.csv` are readings of reviews that are named by id and kept elsewhere.

Add here when the set is read otherwise; rather a line in its files when it should hold one more text.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from configs.lexicons import LANGUAGES, Measured
from configs.terms import Signal, SignalKind
from tasks.rules.measuring import Labels, Score, labels_of, macro, scores
from tasks.rules.words import classify, read_closely
from tests.tasks.rules.written import a_signal

FOLDER = Path(__file__).parent / "labelled"
HALVES = ("tune", "hold")


@cache
def texts() -> dict[str, tuple[str, Signal]]:
    """Language and words of each id."""
    lines = (FOLDER / "texts.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["id"]: (row["language"], _signal(row)) for row in map(json.loads, lines)}


def _signal(row: Mapping[str, Any]) -> Signal:
    return replace(a_signal(), id=row["id"], kind=SignalKind(row["kind"]), title=row["title"], body=row["body"], stars=row["stars"])


def _column(name: str, column: str) -> dict[str, str]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return {row["id"]: row[column] for row in csv.DictReader(file)}


@cache
def reading(name: str) -> dict[str, Labels]:
    """One reader's labels of each id."""
    return {key: frozenset(labels.split("+")) for key, labels in _column(f"{name}.csv", "labels").items()}


@cache
def halves() -> dict[str, str]:
    """The half each text belongs to."""
    return _column("split.csv", "part")


def read_by_lexicons(written: Mapping[str, Signal]) -> dict[str, Labels]:
    """What the lexicons find in each text."""
    return {key: _found_in(signal, closely=False) for key, signal in written.items()}


@cache
def _found_in(signal: Signal, closely: bool) -> Labels:
    return labels_of(read_closely(signal) if closely else classify(signal))


@cache
def measured(half: str = "", closely: bool = False) -> dict[str, tuple[Score, ...]]:
    """Each language's scores by the first reading, on one half or on both. `closely`: by phrases and weights, not by phrases alone."""
    written, truth, parts = texts(), reading("reading_a"), halves()
    found = {}
    for language in LANGUAGES:
        mine = {key: signal for key, (spoken, signal) in written.items() if spoken == language and half in ("", parts[key])}
        read = {key: _found_in(signal, closely) for key, signal in mine.items()}
        found[language] = scores({key: truth[key] for key in mine}, read)
    return found


def figures(language: str, day: date) -> Measured:
    """What stands in the language's file as `measured`."""
    halves_ = {half: _both(macro(measured(half)[language])) for half in ("tune", "hold", "")}
    found = measured()[language]
    labels = {s.label: (round(s.precision, 3), round(s.recall, 3), s.texts) for s in found}
    number = sum(spoken == language for spoken, _ in texts().values())
    return Measured(day=day, texts=number, tune=halves_["tune"], hold=halves_["hold"], all=halves_[""], labels=labels)


def _both(found: tuple[float, float]) -> tuple[float, float]:
    return round(found[0], 3), round(found[1], 3)
