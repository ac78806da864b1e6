"""How fast and how well words are read.

Speed: the labelled texts, again and again, by the shipped patterns (phrases of a topic in one pattern, grouped by first letter) and by
one pattern a phrase, as a lexicon is usually applied; the ratio is of their times in one run. Quality: precision and recall by language
and half of the set, macro-averaged, and how far two readers agree.

Add here when another figure of reading is promised; rather in `tests/tasks/rules/test_labelled.py` when a figure must hold.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from configs.lexicons import LANGUAGES, load_lexicon  # after the project has been found
from configs.terms import Signal
from tasks.rules.lexicon import phrase_source
from tasks.rules.measuring import agreement, macro
from tasks.rules.words import classify, clean, language_of, plain
from tests.tasks.rules.readings import HALVES, measured, reading, texts


def told(name: str, value: float, unit: str, against: str = "", ratio: float | None = None) -> None:
    print(json.dumps({"name": name, "value": round(value, 6), "unit": unit, "against": against, "ratio": ratio}), flush=True)


def by_single_phrases() -> Callable[[Signal], frozenset[str]]:
    """Reads a text with one pattern a phrase."""
    patterns = {language: _single(language) for language in LANGUAGES}

    def read(signal: Signal) -> frozenset[str]:
        text = clean(f"{signal.title}. {signal.body}" if signal.title else signal.body)
        language, words = language_of(text), f" {plain(text)}"
        return frozenset(topic for topic, pattern in patterns.get(language, ()) if pattern.search(words))

    return read


def _single(language: str) -> list[tuple[str, re.Pattern[str]]]:
    data, end = load_lexicon(language), "" if language == "zh" else r"\b"
    listed = {kind.value: phrases for kind, phrases in data.topics.items()}
    listed |= {f"weak {kind.value}": phrases for kind, phrases in data.weak.topics.items()}
    listed |= {"suggestion": data.suggestion + data.weak.suggestion, "opinion": data.opinion + data.weak.opinion, "healthy": data.healthy}
    return [
        (topic, re.compile(f"{end}(?:{phrase_source(data, topic, phrase)}){end}"))
        for topic, phrases in listed.items()
        for phrase in phrases
    ]


def seconds(read: Callable[[Signal], object], signals: Sequence[Signal]) -> float:
    for signal in signals[:500]:
        read(signal)
    began = time.perf_counter()
    for signal in signals:
        read(signal)
    return time.perf_counter() - began


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--texts", type=int, default=20_000)
    chosen = ask.parse_args()
    written = [signal for _, signal in texts().values()]
    ours = seconds(classify, list(islice(cycle(written), chosen.texts))) / chosen.texts
    few = max(chosen.texts // 20, 500)
    theirs = seconds(by_single_phrases(), list(islice(cycle(written), few))) / few
    told("one text read", ours, "s", "one pattern a phrase", round(ours / theirs, 4))
    told("100 000 texts read", ours * 100_000, "s")
    for language in LANGUAGES:
        for half in HALVES:
            precision, recall = macro(measured(half)[language])
            told(f"precision, {language}, {half}", precision, "share, macro-averaged")
            told(f"recall, {language}, {half}", recall, "share, macro-averaged")
    alike = agreement(reading("reading_a"), reading("reading_b"))
    told("two readings exactly alike", alike.equal, "share of texts")
    for label, value in alike.kappa.items():
        told(f"agreement on {label}", value, "Cohen's kappa")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
