"""Phrases made into patterns, and what they find in a text.

Add here when the way phrases are written or matched changes; rather in `configs/lexicons/*.yaml` when a phrase does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from configs.errors import BadInput
from configs.lexicons import LexiconData, load_lexicon
from configs.terms import IssueKind

SPAN_OF_DOTS = r"[^\s.,;!?。，；！？]{0,6}"
"""What `..` stands for in a language written without spaces."""


QUANTIFIERS = ("?", "*", "+", "{")
"""What may follow a letter or a group and make it optional or repeated."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's compiled patterns, over text from `words.plain` with a space in front: a word begins where a space ends.

    Asked with `\\b` instead, `re` would try every pattern at every letter, which takes twice as long.
    """

    language: str
    stop_words: frozenset[str]
    foreign_words: frozenset[str]
    healthy: re.Pattern[str]
    topics: tuple[tuple[IssueKind, re.Pattern[str]], ...]
    suggestion: re.Pattern[str]
    opinion: re.Pattern[str]
    weak_topics: tuple[tuple[IssueKind, re.Pattern[str]], ...]
    weak_suggestion: re.Pattern[str]
    weak_opinion: re.Pattern[str]

    def topics_in(self, plain: str) -> frozenset[IssueKind]:
        """The kinds of malfunction the text speaks of, praise cut out first."""
        rest = self.healthy.sub(" ; ", f" {plain}")
        found = frozenset(kind for kind, pattern in self.topics if pattern.search(rest))
        return found or frozenset(kind for kind, pattern in self.weak_topics if pattern.search(rest))

    def suggests(self, plain: str, is_trouble: bool = False) -> bool:
        """Whether the text asks for something that never was there. `is_trouble`: it names a malfunction as well."""
        return _says(plain, self.suggestion, None if is_trouble else self.weak_suggestion)

    def opines(self, plain: str, is_trouble: bool = False) -> bool:
        """Whether the text says what its writer likes or not. `is_trouble`: it names a malfunction as well."""
        return _says(plain, self.opinion, None if is_trouble else self.weak_opinion)


def _says(plain: str, strong: re.Pattern[str], weak: re.Pattern[str] | None) -> bool:
    text = f" {plain}"
    return strong.search(text) is not None or (weak is not None and weak.search(text) is not None)


@cache
def lexicon_of(language: str) -> Lexicon:
    """The compiled built-in lexicon of that language. Raises BadInput naming a phrase that cannot be read."""
    return compiled(load_lexicon(language))


def compiled(data: LexiconData) -> Lexicon:
    """Every phrase of `data` as patterns. Raises BadInput naming the language, the topic and the phrase that cannot be read."""
    return Lexicon(
        language=data.language,
        stop_words=frozenset(data.stop_words),
        foreign_words=frozenset(data.foreign_words),
        healthy=_pattern(data, "healthy", data.healthy),
        topics=tuple((kind, _pattern(data, kind, phrases)) for kind, phrases in data.topics.items()),
        suggestion=_pattern(data, "suggestion", data.suggestion),
        opinion=_pattern(data, "opinion", data.opinion),
        weak_topics=tuple((kind, _pattern(data, f"weak {kind}", phrases)) for kind, phrases in data.weak.topics.items()),
        weak_suggestion=_pattern(data, "weak suggestion", data.weak.suggestion),
        weak_opinion=_pattern(data, "weak opinion", data.weak.opinion),
    )


def _pattern(data: LexiconData, topic: str, phrases: tuple[str, ...]) -> re.Pattern[str]:
    spaced = data.language != "zh"
    sources = [phrase_source(data, topic, phrase) for phrase in phrases]
    joined = by_first_letter(sources) or r"(?!)"
    return re.compile(rf" (?:{joined})\b" if spaced else rf"(?:{joined})")


def by_first_letter(sources: Iterable[str]) -> str:
    """The alternatives joined so that those with the same first letter stand together: `re` then skips the others in one step."""
    groups: dict[str, list[str]] = {}
    for source in (part for given in sources for part in _opened(given)):
        is_letter = source[:1].isalnum() and source[1:2] not in QUANTIFIERS
        groups.setdefault(source[0] if is_letter else "", []).append(source[1:] if is_letter else source)
    plain = groups.pop("", [])
    return "|".join([*(f"{letter}(?:{'|'.join(rests)})" for letter, rests in groups.items()), *plain])


def _opened(source: str) -> list[str]:
    """`(?:a|b) c` as `a c` and `b c`; as it is when it does not begin with a group, or with one that may be left out."""
    if not source.startswith("(?:"):
        return [source]
    alternatives, rest = _first_group(source)
    if rest[:1] in QUANTIFIERS:
        return [source]
    return [opened for alternative in alternatives for opened in _opened(alternative + rest)]


def _first_group(source: str) -> tuple[list[str], str]:
    """The alternatives of the group a source begins with, and what follows it."""
    depth, begin, found = 0, len("(?:"), list[str]()
    for at, letter in enumerate(source):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 or (depth == 1 and letter == "|"):
            found.append(source[begin:at])
            begin = at + 1
        if depth == 0:
            break
    return found, source[begin:]


def phrase_source(data: LexiconData, topic: str, phrase: str) -> str:
    """The phrase as `re` reads it. Raises BadInput naming the language, the topic and the phrase when it cannot be read."""
    try:
        text = re.sub(r"\{(\w+)\}", lambda found: data.parts[found[1]], phrase).strip()
        text = text.replace("..", SPAN_OF_DOTS).replace("*", r"\w*")
        text = re.sub(r"\((?!\?)", "(?:", text)
        re.compile(text)
    except (KeyError, re.error) as err:
        raise BadInput(f"lexicon {data.language!r}, {topic}: cannot read the phrase {phrase!r} ({err}); see configs/lexicons") from err
    return text
