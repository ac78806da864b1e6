"""What people suddenly write about: words frequent in the last days and seldom before, for an app and a language.

It tells people what a rise is about and alarms nobody: a rating prompt, a shop's sale and a lost login all bring new words. Remembered
are numbers of texts by term, day by day for the last days, faded into one tally for the days before: bounded, never a text.

Add here when a term is found or weighed otherwise; rather in `configs/lexicons/*.yaml` when a known kind of trouble has one more phrase.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import chain, islice, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from configs.policy import Words
from configs.terms import Topic
from tasks.rules.lexicon import lexicon_of

MOST_TERMS_A_DAY = 300
"""Terms of one day that are remembered, the most frequent."""

MOST_USUAL_TERMS = 1600
"""Terms remembered of the days before, the most frequent."""

MOST_TERMS_A_TEXT = 120
"""Terms read of one text: a long story is one voice, not many."""

MOST_EXAMPLES = 3
SHORTEST_WORD = 3
FADED = 0.05
"""Below it a faded number of texts is forgotten."""

LARGEST_WEIGHT = 1000.0
"""Of a text in the tally, before it is counted from a newer day."""

SAME_TEXTS = 0.6
"""Of the rarer term's examples: from here on two terms stand in the same texts and are one topic."""

ENDS = frozenset("的了是我你他她它就都很也还還這这那在和有啊吧吗嗎呢个個们們")
"""Chinese characters that begin and end no telling term."""

Floats = npt.NDArray[np.float64]

_HAN_RUN = re.compile("[\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True)
class TermDay:
    """One day's low-star texts that were understood. `texts`: their number by language. `numbers`: of texts, for each of `terms`
    ("language term"). `places`: where in `names` the signal that first had the term is named.
    """

    day: date
    texts: Mapping[str, int] = field(default_factory=dict)
    terms: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    places: tuple[int, ...] = ()
    names: tuple[str, ...] = ()

    def counted(self) -> Iterator[tuple[str, int]]:
        """Each term with its number of texts."""
        return zip(self.terms, self.numbers, strict=True)

    def first_of(self, term: str) -> str:
        """The signal that first had the term that day; "" when none did."""
        return self.names[self.places[self.terms.index(term)]] if term in self.terms else ""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One app's terms: the last days one by one, and those before in one tally.

    In it a text of `counted_from` counts 1, and one written `baseline_days` later counts 2: what is old fades by half in that time.
    `left_out`: the most that any term counted that was dropped from a full tally.
    """

    recent: tuple[TermDay, ...] = ()
    usual_texts: Mapping[str, float] = field(default_factory=dict)
    usual: Mapping[str, float] = field(default_factory=dict)
    left_out: float = 0.0
    counted_from: date | None = None

    def written(self) -> list[object]:
        """As JSON can hold it."""
        days = [[d.day.toordinal(), dict(d.texts), d.terms, d.numbers, d.places, d.names] for d in self.recent]
        begun = self.counted_from.toordinal() if self.counted_from else 0
        return [days, dict(self.usual_texts), dict(self.usual), self.left_out, begun]


def read_vocabulary(given: Sequence[Any]) -> Vocabulary:
    """What `written` gave. Raises ValueError, TypeError or IndexError when it is something else."""
    days, usual_texts, usual, left_out, begun = given
    recent = tuple(TermDay(date.fromordinal(day), texts, *map(tuple, lists)) for day, texts, *lists in days)
    return Vocabulary(recent, usual_texts, usual, left_out, date.fromordinal(begun) if begun else None)


def terms_of(words: str, language: str) -> frozenset[str]:
    """The terms of a plain text: words and pairs of neighbours; in Chinese, pairs and triples of characters. Stop words begin none."""
    if language == "zh":
        found = (run[n : n + size] for run in _HAN_RUN.findall(words) for size in (2, 3) for n in range(len(run) - size + 1))
        kept = (term for term in found if not ENDS & {term[0], term[-1]})
        return frozenset(islice(kept, MOST_TERMS_A_TEXT))
    stop_words = lexicon_of(language).stop_words
    told = [word if len(word) >= SHORTEST_WORD and word not in stop_words and not word.isdigit() else "" for word in words.split()]
    pairs = (f"{one} {other}" for one, other in pairwise(told) if one and other)
    return frozenset(islice((term for term in chain(told, pairs) if term), MOST_TERMS_A_TEXT))


class TermTally:
    """One day's terms while its texts are being read."""

    def __init__(self) -> None:
        self._texts: Counter[str] = Counter()
        self._terms: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def add(self, words: str, language: str, name: str) -> None:
        """One more text. `name`: of its signal."""
        self._texts[language] += 1
        for term in terms_of(words, language):
            key = f"{language} {term}"
            self._terms[key] += 1
            self._first.setdefault(key, name)

    def onto(self, day: TermDay) -> TermDay:
        """The day with these texts as well, its rarest terms left out when there are too many."""
        terms, texts = Counter(dict(day.counted())), Counter(day.texts)
        terms.update(self._terms)
        texts.update(self._texts)
        kept = sorted(terms.items(), key=lambda item: (-item[1], item[0]))[:MOST_TERMS_A_DAY]
        before = {term: day.names[place] for term, place in zip(day.terms, day.places, strict=True)}
        names = [before.get(term) or self._first[term] for term, _ in kept]
        places = {name: n for n, name in enumerate(dict.fromkeys(names))}
        keys, numbers = zip(*kept, strict=True) if kept else ((), ())
        return TermDay(day.day, dict(texts), keys, numbers, tuple(places[name] for name in names), tuple(places))


def grown(known: Vocabulary, tallies: Mapping[date, TermTally], today: date, policy: Words) -> Vocabulary:
    """The vocabulary with new days' terms; days older than the longest window fade into the usual."""
    days = {d.day: d for d in known.recent}
    for day, tally in tallies.items():
        days[day] = tally.onto(days.get(day, TermDay(day)))
    oldest = today - timedelta(days=policy.windows_days[-1])
    past = [d for d in days.values() if d.day <= oldest]
    recent = tuple(days[day] for day in sorted(days) if day > oldest)
    return _aged(replace(known, recent=recent), past, policy) if past else replace(known, recent=recent)


def _aged(known: Vocabulary, past: Sequence[TermDay], policy: Words) -> Vocabulary:
    """With these days among the usual. Later days weigh more instead of earlier ones less, so only their terms are touched."""
    known = _rebased(known, max(d.day for d in past), policy)
    texts, usual = dict(known.usual_texts), dict(known.usual)
    for day in past:
        weight = _weight(known, day.day, policy)
        for language, number in day.texts.items():
            texts[language] = texts.get(language, 0.0) + weight * number
        for term, number in day.counted():
            usual[term] = round(usual.get(term, 0.0) + weight * number, 3)
    if len(usual) <= MOST_USUAL_TERMS:
        return replace(known, usual_texts=texts, usual=usual)
    ranked = sorted(usual.items(), key=lambda item: (-item[1], item[0]))
    kept, left = ranked[: MOST_USUAL_TERMS * 3 // 4], ranked[MOST_USUAL_TERMS * 3 // 4]
    return replace(known, usual_texts=texts, usual=dict(kept), left_out=max(known.left_out, left[1]))


def _rebased(known: Vocabulary, day: date, policy: Words) -> Vocabulary:
    """Counted from a newer day, before the weights grow too large to be written."""
    if known.counted_from is None:
        return replace(known, counted_from=day)
    weight = _weight(known, day, policy)
    if weight < LARGEST_WEIGHT:
        return known
    texts = {language: number / weight for language, number in known.usual_texts.items()}
    usual = {term: round(number / weight, 3) for term, number in known.usual.items() if number >= FADED * weight}
    return replace(known, usual_texts=texts, usual=usual, left_out=known.left_out / weight, counted_from=day)


def _weight(known: Vocabulary, day: date, policy: Words) -> float:
    since = known.counted_from or day
    return float(2.0 ** ((day - since).days / policy.baseline_days))


def top_topics(known: Vocabulary, today: date, days: int, policy: Words) -> tuple[Topic, ...]:
    """What is written about in the last `days` days and was not before, the most telling first; at most `topics_shown`.

    Weighed by the log-likelihood ratio of two shares of texts (G2; Dunning, "Accurate methods for the statistics of surprise and
    coincidence", 1993), terms that became rarer left out. Terms of the same texts are one topic, under its most telling term.
    """
    now = [d for d in known.recent if today - timedelta(days=days) < d.day <= today]
    earlier = [d for d in known.recent if d.day <= today - timedelta(days=days)]
    frequent = {term: number for term, number in _numbers(now).items() if number >= policy.topic_min_texts}
    languages = sorted({term.split(" ", 1)[0] for term in frequent})
    found = [topic for language in languages for topic in _new_in(language, frequent, known, now, earlier, policy)]
    ranked = [topic for _, topic in sorted(found, key=lambda item: (-item[0], item[1].label))]
    told: list[Topic] = []
    for topic in ranked:
        if len(told) < policy.topics_shown and not any(_is_same(topic, other) for other in told):
            told.append(topic)
    return tuple(told)


def _numbers(days: Iterable[TermDay]) -> dict[str, int]:
    """Of texts with each term."""
    numbers: dict[str, int] = {}
    for day in days:
        for term, number in day.counted():
            numbers[term] = numbers.get(term, 0) + number
    return numbers


def _new_in(
    language: str,
    numbers: Mapping[str, int],
    known: Vocabulary,
    now: Sequence[TermDay],
    earlier: Sequence[TermDay],
    policy: Words,
) -> list[tuple[float, Topic]]:
    texts, scale = sum(d.texts.get(language, 0) for d in now), _weight(known, now[-1].day, policy)
    before = known.usual_texts.get(language, 0.0) / scale + sum(d.texts.get(language, 0) for d in earlier)
    if before < policy.topic_min_texts:
        return []
    frequent = [term for term in numbers if term.startswith(f"{language} ")]
    a, b = np.array([numbers[key] for key in frequent], dtype=float), _usual_numbers(known, scale, earlier, frequent)
    return [
        (float(weight), Topic(key.split(" ", 1)[1], language, int(number), round(float(past) * texts / before, 1), _examples(now, key)))
        for key, weight, number, past in zip(frequent, _g2(a, b, float(texts), before), a, b, strict=True)
        if weight >= policy.topic_g2
    ]


def _usual_numbers(known: Vocabulary, scale: float, earlier: Sequence[TermDay], terms: Sequence[str]) -> Floats:
    """Of texts with each term before; one that fell off a full tally counts as its rarest, so that it does not seem new."""
    since = _numbers(earlier)
    return np.array([known.usual.get(term, known.left_out) / scale + since.get(term, 0) for term in terms])


def _g2(a: Floats, b: Floats, texts: float, before: float) -> Floats:
    """G2 of a of `texts` against b of `before`, negative where the share fell; half a text added to either side."""
    now, past = (a + 0.5) / (texts + 1), (b + 0.5) / (before + 1)
    both = (a + b + 1) / (texts + before + 2)

    def fit(number: Floats, of: float, share: Floats) -> Floats:
        weighed: Floats = number * np.log(share) + np.maximum(of - number, 0.0) * np.log(1 - share)
        return weighed

    ratio = 2 * (fit(a, texts, now) + fit(b, before, past) - fit(a, texts, both) - fit(b, before, both))
    signed: Floats = np.where(now > past, ratio, -ratio)
    return signed


def _examples(now: Iterable[TermDay], term: str) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys(day.first_of(term) for day in now) if name)[:MOST_EXAMPLES]


def _is_same(one: Topic, other: Topic) -> bool:
    if one.language != other.language:
        return False
    if one.label in other.label or other.label in one.label:
        return True
    shared = set(one.examples) & set(other.examples)
    return len(shared) > SAME_TEXTS * min(len(one.examples), len(other.examples))
