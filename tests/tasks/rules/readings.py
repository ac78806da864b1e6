"""The labelled texts: what they say, how two people read them, and which half each belongs to.

`labelled/texts.jsonl` holds texts written for this purpose after real ones, three languages, with their ids; `reading_a.csv` and
`reading_b.csv` what two readers found in them without seeing the lexicons or each other; `split.csv` the half a text belongs to. Lexicons
are tuned on the half `tune` alone; of the half `hold` only its two figures a language may be looked at. `reference_*.csv` are readings of
reviews that are named by id and kept elsewhere.

Add here when the set is read otherwise; rather a line in its files when it should hold one more text.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from configs.lexicons import LANGUAGES
from tasks.rules.measuring import Labels, Score, labels_of, scores
from tasks.rules.words import classify
from tests.tasks.rules.written import a_signal

FOLDER = Path(__file__).parent / "labelled"
HALVES = ("tune", "hold")


def texts() -> dict[str, tuple[str, str]]:
    """Language and text of each id."""
    lines = (FOLDER / "texts.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["id"]: (row["language"], row["text"]) for row in map(json.loads, lines)}


def _column(name: str, column: str) -> dict[str, str]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return {row["id"]: row[column] for row in csv.DictReader(file)}


def reading(name: str) -> dict[str, Labels]:
    """One reader's labels of each id."""
    return {key: frozenset(labels.split("+")) for key, labels in _column(f"{name}.csv", "labels").items()}


def halves() -> dict[str, str]:
    """The half each text belongs to."""
    return _column("split.csv", "part")


def read_by_lexicons(written: Mapping[str, tuple[str, str]]) -> dict[str, Labels]:
    """What the lexicons find in each text; stars say nothing here."""
    return {key: labels_of(classify(replace(a_signal(), body=text))) for key, (_, text) in written.items()}


def measured(half: str = "") -> dict[str, tuple[Score, ...]]:
    """Each language's scores by the first reading, on one half or on both."""
    written, truth, parts = texts(), reading("reading_a"), halves()
    found = {}
    for language in LANGUAGES:
        mine = {key: text for key, text in written.items() if text[0] == language and half in ("", parts[key])}
        found[language] = scores({key: truth[key] for key in mine}, read_by_lexicons(mine))
    return found
