"""The learnt model beside the phrases: every word weighs for or against each label, and the phrases' findings weigh too.

Linear on purpose, so that it can say which words spoke. A word weighs what its groups of two to five letters and what words of like use
taught; pairs of words weigh as well. Chinese has no words: there each group of one to three characters weighs.

Add here when a text is turned into weights otherwise; rather in `benchmarks/words/train.py` when weights are learnt otherwise, and in
`configs/lexicons/weights.py` when they are stored otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from math import sqrt
from zlib import crc32

import numpy as np

from configs.lexicons.weights import COLUMNS, LABELS, Floats, Weights, load_weights

MOST_WORDS = 400
"""Words, or Chinese characters, read of one text."""

CACHED = 50_000
"""Words whose weights are kept; a language's everyday words are fewer."""


@dataclass(frozen=True, slots=True)
class Found:
    """What phrases find, as labels of `LABELS`: `named` outright, and `all` with weak phrases, hints and displeasure."""

    named: frozenset[str]
    all: frozenset[str]


def units_of(words: str, language: str) -> tuple[list[str], list[str]]:
    """What weighs in a plain text, each once: its words and pairs of words; in Chinese nothing and its groups of characters."""
    if language == "zh":
        text = f" {words[:MOST_WORDS]} "
        return [], list({text[i : i + n] for n in (1, 2, 3) for i in range(len(text) - n + 1)})
    listed = words.split()[:MOST_WORDS]
    return list(dict.fromkeys(listed)), [f"{one} {other}" for one, other in pairwise(listed)]


def parts_of(word: str) -> list[str]:
    """The word itself and its groups of two to five letters, its ends marked."""
    whole = f"<{word}>"
    return [word, *{whole[i : i + n] for n in (2, 3, 4, 5) for i in range(len(whole) - n + 1)}]


def place_of(part: str, places: int) -> int:
    """Where the weights of a word, a pair or a group of letters stand."""
    return crc32(part.encode()) % places


def given_of(found: Found, stars: int | None) -> list[float]:
    """What weighs beside the words: the phrases' findings, none at all, and the stars."""
    stars_given = [stars is None, stars is not None and stars <= 2, stars == 3, stars == 4, stars == 5]
    given = [*(label in found.named for label in LABELS), *(label in found.all for label in LABELS), not found.all, *stars_given]
    return [float(value) for value in given]


def labels_by_weight(words: str, language: str, found: Found, stars: int | None) -> frozenset[str]:
    """The labels whose weights in the text pass their thresholds; those found by phrases when the language has no weights."""
    weights = load_weights(language)
    if weights is None:
        return found.all
    total = _sum_of(weights, words) + np.asarray(given_of(found, stars), dtype=np.float32) @ weights.given + weights.bias
    return labels_past((total - weights.thresholds).tolist())


def labels_past(margins: Sequence[float]) -> frozenset[str]:
    """The labels past their thresholds. Where none is, and the text is not said to bear none either, the one nearest to it."""
    *of_labels, of_none = margins
    past = frozenset(label for label, margin in zip(LABELS, of_labels, strict=True) if margin > 0)
    if past or of_none > 0:
        return past
    return frozenset({LABELS[max(range(len(LABELS)), key=of_labels.__getitem__)]})


def spoken_for(words: str, language: str, label: str, most: int = 3) -> tuple[str, ...]:
    """The words, pairs or characters that speak most for the label, the strongest first."""
    weights, column = load_weights(language), LABELS.index(label)
    if weights is None:
        return ()
    one, other = units_of(words, language)
    each = [(_weight_of(language, unit)[column], unit) for unit in one]
    each += [(weights.letters[place_of(unit, len(weights.letters))][column], unit) for unit in other]
    return tuple(unit.strip() for weight, unit in sorted(each, reverse=True)[:most] if weight > 0)


def _sum_of(weights: Weights, words: str) -> Floats:
    one, other = units_of(words, weights.language)
    total = np.zeros(len(COLUMNS), dtype=np.float32)
    if one:
        total += np.add.reduce([_weight_of(weights.language, unit) for unit in one])
    if other:
        places = len(weights.letters)
        total += weights.letters[[crc32(unit.encode()) % places for unit in other]].sum(axis=0)
    return total / np.float32(sqrt(max(len(one) or len(other), 1)))


@lru_cache(maxsize=CACHED)
def _weight_of(language: str, word: str) -> Floats:
    """What one word weighs for each label."""
    weights = load_weights(language)
    assert weights is not None  # asked only where there are some
    weight: Floats = weights.letters[[place_of(part, len(weights.letters)) for part in parts_of(word)]].sum(axis=0)
    row = _rows(language).get(crc32(word.encode()))
    return weight if row is None else weight + weights.words[row]


@cache
def _rows(language: str) -> dict[int, int]:
    weights = load_weights(language)
    return {} if weights is None else {int(key): row for row, key in enumerate(weights.keys)}
