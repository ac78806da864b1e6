"""How well the lexicons read: what they say of texts beside what people say, and how far two people agree.

Add here when the reading of words is measured by another figure; rather in `configs/lexicons/*.yaml` when a figure must become better.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean

from tasks.rules.words import OPINION, SUGGESTION, WordsVerdict

Labels = frozenset[str]
"""What one text speaks of: kinds of issue, `SUGGESTION`, `OPINION`; or `NONE` alone."""

NONE = "none"


@dataclass(frozen=True, slots=True)
class Score:
    """One label's texts: rightly given, given without reason, and missed."""

    label: str
    right: int
    wrong: int
    missed: int

    @property
    def texts(self) -> int:
        """Texts that bear the label by people's reading."""
        return self.right + self.missed

    @property
    def precision(self) -> float:
        """Of the texts given the label, the share that bears it; 0 when none was given it."""
        return self.right / max(self.right + self.wrong, 1)

    @property
    def recall(self) -> float:
        """Of the texts that bear the label, the share given it."""
        return self.right / max(self.texts, 1)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two readings of the same texts agree. `equal`: share of texts given exactly the same labels; `kappa`: Cohen's, by label."""

    texts: int
    equal: float
    kappa: Mapping[str, float]


def labels_of(verdict: WordsVerdict) -> Labels:
    """A verdict as labels, so that it can be laid beside a person's."""
    wishes = {SUGGESTION: verdict.suggestion, OPINION: verdict.opinion}
    return frozenset({kind.value for kind in verdict.topics} | {label for label, said in wishes.items() if said}) or frozenset({NONE})


def scores(truth: Mapping[str, Labels], given: Mapping[str, Labels]) -> tuple[Score, ...]:
    """Every label that `truth` bears, by name: both map a text's id to its labels, and `given` has all of truth's."""
    names = sorted(frozenset[str]().union(*truth.values()))
    return tuple(_score(name, [(name in labels, name in given[key]) for key, labels in truth.items()]) for name in names)


def _score(label: str, pairs: Iterable[tuple[bool, bool]]) -> Score:
    found = list(pairs)
    return Score(label, found.count((True, True)), found.count((False, True)), found.count((True, False)))


def macro(found: Iterable[Score]) -> tuple[float, float]:
    """Precision and recall, every label weighing the same however rare it is."""
    listed = list(found)
    return fmean(s.precision for s in listed), fmean(s.recall for s in listed)


def agreement(one: Mapping[str, Labels], other: Mapping[str, Labels]) -> Agreement:
    """How far two readings agree on the texts both have read."""
    keys = sorted(one.keys() & other.keys())
    names = sorted(frozenset[str]().union(*(one[key] | other[key] for key in keys)))
    equal = sum(one[key] == other[key] for key in keys) / max(len(keys), 1)
    kappas = {name: kappa([(name in one[key], name in other[key]) for key in keys]) for name in names}
    return Agreement(len(keys), equal, kappas)


def kappa(pairs: Iterable[tuple[bool, bool]]) -> float:
    """Cohen's kappa of two readers' yes and no: 1 full agreement, 0 what chance gives. 1 when neither ever wavers.

    Source: J. Cohen, "A coefficient of agreement for nominal scales", 1960.
    """
    found = list(pairs)
    seen = sum(a == b for a, b in found) / max(len(found), 1)
    first, second = (sum(side) / max(len(found), 1) for side in zip(*found, strict=True)) if found else (0.0, 0.0)
    by_chance = first * second + (1 - first) * (1 - second)
    return 1.0 if by_chance == 1 else (seen - by_chance) / (1 - by_chance)


def agreed(one: Mapping[str, Labels], other: Mapping[str, Labels]) -> dict[str, Labels]:
    """The texts given exactly the same labels by both, with these."""
    return {key: labels for key, labels in one.items() if other.get(key) == labels}
