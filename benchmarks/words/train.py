"""Learns a language's weights of words from labelled texts, and says how well they read texts they have not seen.

    python benchmarks/words/train.py ru --vectors navec.npz

`benchmarks/words/LANGUAGE.tsv` and the part `tune` of the labelled set are learnt from; the part `hold` is never opened. Four times a
quarter of the file is left out and read by what the rest taught: these figures are printed as JSON lines, phrases alone beside them, and
set the thresholds. `--vectors`: word vectors made elsewhere (`words`, `vectors`), so that words no text has are read like words of like
use. Logistic regression with a ridge, one label against the rest, by accelerated descent: the same numbers at every run.

Add here when weights are learnt otherwise; rather in `tasks/rules/word_model.py` when a text is turned into weights otherwise.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log, sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from configs.lexicons import LANGUAGES  # after the project has been found
from configs.lexicons.weights import COLUMNS
from configs.terms import Signal
from tasks.rules.measuring import NONE, Labels, macro, scores
from tasks.rules.word_model import Found, given_of, labels_past, parts_of, place_of, units_of
from tasks.rules.words import clean, found_by_phrases, plain
from tests.tasks.rules.readings import halves, reading, texts
from tests.tasks.rules.written import a_signal

HERE = Path(__file__).resolve().parent
PLACES = 1 << 14
RIDGE = 0.1
GIVEN = 0.7
LETTERS = {"en": 0.25, "zh": 0.5, "ru": 0.25}
VECTORS = 0.3
STEPS = 200
ROUNDS = 3
FOLDS = 4
LEVELS = 31
"""How finely weights are kept: whole numbers up to this, either way."""

MOST_WORDS = 16_000
"""Words whose like use is kept: the most frequent ones of the vectors."""

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Vectors:
    rows: dict[str, int]
    table: Matrix


@dataclass(frozen=True, slots=True)
class Read:
    """One text made ready: its plain words, what phrases find, its stars, its labels."""

    key: str
    words: str
    found: Found
    stars: int | None
    labels: Labels


def read(language: str, signal: Signal, labels: Labels) -> Read:
    words = plain(clean(f"{signal.title}. {signal.body}" if signal.title else signal.body))
    return Read(signal.id, words, found_by_phrases(words, language, signal.stars), signal.stars, labels)


def to_learn(language: str) -> list[Read]:
    with (HERE / f"{language}.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        read(language, replace(a_signal(), id=f"t{n}", title=title, body=body, stars=_stars(stars)), frozenset(labels.split("+")))
        for n, (labels, stars, title, body) in enumerate(rows)
    ]


def _stars(written: str) -> int | None:
    return None if written in ("", "-") else int(written)


def tuned_on(language: str) -> list[Read]:
    parts, truth = halves(), reading("reading_a")
    mine = {key: signal for key, (spoken, signal) in texts().items() if spoken == language and parts[key] == "tune"}
    return [read(language, signal, truth[key]) for key, signal in mine.items()]


def load_vectors(path: Path | None) -> Vectors | None:
    if path is None:
        return None
    with np.load(path, allow_pickle=False) as given:
        table = given["vectors"].astype(np.float32)
        table -= table[: min(len(table), 20_000)].mean(axis=0)
        table /= np.linalg.norm(table, axis=1, keepdims=True) + 1e-6
        return Vectors({word: row for row, word in enumerate(given["words"].tolist())}, table)


def rarity(counts: Counter[str], texts_: int, part: str) -> float:
    return log(texts_ / (1 + counts[part])) + 0.5


@dataclass(frozen=True, slots=True)
class Taught:
    """What is known of the parts of words before a weight is learnt: how rare each is."""

    letters: dict[int, float]
    words: Counter[str]
    texts: int


def taught_by(rows: Sequence[Read], language: str) -> Taught:
    places, words = Counter[int](), Counter[str]()
    for row in rows:
        one, other = units_of(row.words, language)
        words.update(one)
        places.update({place_of(part, PLACES) for unit in one for part in parts_of(unit)} | {place_of(unit, PLACES) for unit in other})
    rare = {place: log(len(rows) / (1 + number)) + 0.5 for place, number in places.items() if number > 1}
    return Taught(rare, words, len(rows))


def features(rows: Sequence[Read], language: str, taught: Taught, vectors: Vectors | None) -> csr_matrix:
    width = vectors.table.shape[1] if vectors else 0
    given = len(given_of(Found(frozenset(), frozenset()), None))
    at, column, value = [], [], []
    for n, row in enumerate(rows):
        one, other = units_of(row.words, language)
        scale = 1 / sqrt(max(len(one) or len(other), 1))
        places = [place_of(part, PLACES) for unit in one for part in parts_of(unit)] + [place_of(unit, PLACES) for unit in other]
        known = [place for place in places if place in taught.letters]
        dense = np.zeros(width, dtype=np.float32)
        for word in one:
            if vectors and word in vectors.rows:
                dense += vectors.table[vectors.rows[word]] * rarity(taught.words, taught.texts, word) * VECTORS * scale
        tail = [*dense, *(GIVEN * v for v in given_of(row.found, row.stars)), 1.0]
        column += known + list(range(PLACES, PLACES + len(tail)))
        value += [taught.letters[place] * scale * LETTERS[language] for place in known] + tail
        at += [n] * (len(known) + len(tail))
    return csr_matrix((value, (at, column)), shape=(len(rows), PLACES + width + given + 1), dtype=np.float32)


def fit(x: csr_matrix, y: Matrix, ridge: float) -> Matrix:
    """One column of weights a label."""
    kernel = np.asarray((x @ x.T).todense(), dtype=np.float32)
    step = 1 / (float(np.linalg.norm(kernel, 2)) / 4 + ridge)
    dual, ahead = np.zeros_like(y), np.zeros_like(y)
    for n in range(STEPS):
        chance = 1 / (1 + np.exp(-(kernel @ ahead)))
        new = ahead - step * ((chance - y) + ridge * ahead)
        dual, ahead = new, new + n / (n + 3) * (new - dual)
    return np.asarray(x.T @ dual, dtype=np.float32)


def labels_in(rows: Sequence[Read]) -> Matrix:
    return np.array([[column in row.labels for column in COLUMNS] for row in rows], dtype=np.float32)


def best_thresholds(sums: Matrix, y: Matrix) -> Matrix:
    """The thresholds with the best mean balance of precision and recall, one after the other until nothing is gained."""
    found = np.array([np.quantile(sums[:, n], 1 - y[:, n].mean()) for n in range(len(COLUMNS))], dtype=np.float32)
    best = balance(sums, found, y)
    for column in [*range(len(COLUMNS))] * ROUNDS:
        for tried in np.quantile(sums[:, column], np.linspace(0.4, 0.995, 60)):
            other = found.copy()
            other[column] = tried
            if (reached := balance(sums, other, y)) > best:
                best, found = reached, other
    return found


def balance(sums: Matrix, thresholds: Matrix, y: Matrix) -> float:
    """Twice the right ones over the given and the true ones, the mean over all columns."""
    margins = sums - thresholds
    given = margins > 0
    given[:, -1] &= ~given[:, :-1].any(axis=1)
    neither = np.flatnonzero(~given.any(axis=1))
    given[neither, margins[neither, :-1].argmax(axis=1)] = True
    right = (given * y).sum(axis=0)
    return float((2 * right / np.maximum(given.sum(axis=0) + y.sum(axis=0), 1)).mean())


def left_out(rows: Sequence[Read], more: Sequence[Read], language: str, vectors: Vectors | None) -> Matrix:
    """Each text's sums by what the others taught."""
    order = np.random.default_rng(1).permutation(len(rows))
    sums = np.zeros((len(rows), len(COLUMNS)), dtype=np.float32)
    for fold in range(FOLDS):
        out = order[fold::FOLDS]
        inside = [*(rows[n] for n in sorted(set(range(len(rows))) - set(out.tolist()))), *more]
        taught = taught_by(inside, language)
        weights = fit(features(inside, language, taught, vectors), labels_in(inside), RIDGE)
        sums[out] = features([rows[n] for n in out], language, taught, vectors) @ weights
    return sums


def judged(rows: Sequence[Read], given: Sequence[Labels]) -> tuple[float, float]:
    truth = {row.key: row.labels for row in rows}
    return macro(scores(truth, {row.key: labels or frozenset({NONE}) for row, labels in zip(rows, given, strict=True)}))


def passing(sums: Matrix, thresholds: Matrix) -> list[Labels]:
    return [labels_past(row.tolist()) for row in sums - thresholds]


def kept(table: Matrix) -> tuple[NDArray[np.int8], float]:
    step = max(float(np.quantile(np.abs(table), 0.9995)) / LEVELS, 1e-6)
    return np.clip(np.rint(table / step), -127, 127).astype(np.int8), step


def write(language: str, weights: Matrix, taught: Taught, thresholds: Matrix, vectors: Vectors | None) -> None:
    width = vectors.table.shape[1] if vectors else 0
    letters = np.zeros((PLACES, len(COLUMNS)), dtype=np.float32)
    for place, rare in taught.letters.items():
        letters[place] = weights[place] * rare * LETTERS[language]
    used = [w for w in (vectors.rows if vectors else {}) if w.isalpha()][:MOST_WORDS]
    words = np.zeros((0, len(COLUMNS)), dtype=np.float32)
    if vectors:
        rare_of = np.array([[rarity(taught.words, taught.texts, word)] for word in used], dtype=np.float32)
        words = vectors.table[[vectors.rows[word] for word in used]] * rare_of * VECTORS @ weights[PLACES : PLACES + width]
    (letters8, one), (words8, other) = kept(letters), kept(words) if len(words) else (words.astype(np.int8), 1.0)
    rest = weights[PLACES + width :]
    np.savez_compressed(
        HERE.parent.parent / "configs" / "lexicons" / f"{language}.npz",
        letters=letters8,
        keys=np.array([place_of(word, 1 << 32) for word in used], dtype=np.uint32),
        words=words8,
        steps=np.array([one, other], dtype=np.float32),
        given=rest[:-1] * np.float32(GIVEN),
        bias=rest[-1],
        thresholds=thresholds,
    )


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("language", choices=LANGUAGES)
    ask.add_argument("--vectors", type=Path)
    ask.add_argument("--write", action="store_true")
    chosen = ask.parse_args()
    language, vectors = chosen.language, load_vectors(chosen.vectors)
    rows, more = to_learn(language), tuned_on(language)
    sums = left_out(rows, more, language, vectors)
    thresholds = best_thresholds(sums, labels_in(rows))
    for name, given in (("phrases", [row.found.all for row in rows]), ("weights", passing(sums, thresholds))):
        precision, recall = judged(rows, given)
        print(json.dumps({"name": f"{language} {name}", "texts": len(rows), "precision": round(precision, 3), "recall": round(recall, 3)}))
    if chosen.write:
        everything = [*rows, *more]
        taught = taught_by(everything, language)
        weights = fit(features(everything, language, taught, vectors), labels_in(everything), RIDGE)
        write(language, weights, taught, thresholds, vectors)
    return 0


if __name__ == "__main__":
    sys.exit(main())
