"""Phrases made into patterns, and what they find in a text.

Add here when the way phrases are written or matched changes; rather in `configs/lexicons/*.yaml` when a phrase does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from configs.errors import BadInput
from configs.lexicons import LexiconData, load_lexicon
from configs.terms import IssueKind

SPAN_OF_DOTS = r"[^\s.,;!?。，；！？]{0,6}"
"""What `..` stands for in a language written without spaces."""


QUANTIFIERS = ("?", "*", "+", "{")
"""What may follow a letter or a group and make it optional or repeated."""

SHARED_LETTERS = 3
"""First letters by which alternatives are grouped."""

MOST_REPEATED = 20000
"""Characters up to which what follows a group is repeated for each first letter: faster to match, slower to compile."""

PART = re.compile(r"\{([a-z]\w*)\}")
"""The place of one of the language's `parts`."""

NEAR = re.compile(r"(.+) ~(\d+) (.+)")
"""`a ~4 b`: a and b in either order, with at most four words between them; in Chinese at most four characters."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's compiled patterns, over text from `words.plain` with a space in front: a word begins where a space ends.

    Asked with `\\b` instead, `re` would try every pattern at every letter, which takes twice as long.
    """

    language: str
    stop_words: frozenset[str]
    foreign_words: frozenset[str]
    healthy: re.Pattern[str]
    topics: Mapping[IssueKind, re.Pattern[str]]
    suggestion: re.Pattern[str]
    opinion: re.Pattern[str]
    weak_topics: Mapping[IssueKind, re.Pattern[str]]
    weak_suggestion: re.Pattern[str]
    weak_opinion: re.Pattern[str]
    hints: Mapping[IssueKind, re.Pattern[str]]
    plea: re.Pattern[str] | None
    not_about_us: re.Pattern[str]
    leftover: Mapping[IssueKind, frozenset[IssueKind]]

    def topics_in(self, plain: str) -> frozenset[IssueKind]:
        """The kinds of malfunction the text speaks of, praise cut out first."""
        return self.named_in(plain) or self.weakly_in(plain)

    def named_in(self, plain: str) -> frozenset[IssueKind]:
        """The kinds of malfunction the text names outright."""
        return self._named_in(self.without_praise(plain))

    def weakly_in(self, plain: str) -> frozenset[IssueKind]:
        """The kinds of malfunction that weak phrases speak of."""
        return _kinds_in(self.without_praise(plain), self.weak_topics)

    def pleads(self, plain: str) -> bool:
        """Whether a text that gives every star there is may speak of trouble all the same."""
        return self.plea is None or self.plea.search(f" {plain}") is not None

    def is_not_about_us(self, plain: str) -> bool:
        """Whether the text says that its stars are not for this app."""
        return self.not_about_us.search(f" {plain}") is not None

    def _named_in(self, rest: str) -> frozenset[IssueKind]:
        """The kinds whose phrases stand in the text; those of `leftover` only where no phrase of the kinds beside them covers theirs."""
        found = {kind for kind, pattern in self.topics.items() if kind not in self.leftover and pattern.search(rest)}
        for kind, others in self.leftover.items():
            left = rest
            for other in (kind for kind in self.topics if kind in found & others):
                left = self.topics[other].sub(" ; ", left)
            found |= {kind} if self.topics[kind].search(left) else set()
        return frozenset(found)

    def hinted_in(self, plain: str) -> frozenset[IssueKind]:
        """The kinds of malfunction a displeased text may speak of that says nothing plainer, no wish and no opinion either."""
        return _kinds_in(self.without_praise(plain), self.hints)

    def without_praise(self, plain: str) -> str:
        """The text with a space in front, and what sounds like trouble and is praise replaced by a semicolon."""
        return self.healthy.sub(" ; ", f" {plain}")

    def suggests(self, plain: str, is_trouble: bool = False) -> bool:
        """Whether the text asks for something that never was there. `is_trouble`: it names a malfunction as well."""
        return bool(self.suggestion.search(f" {plain}") or (not is_trouble and self.weak_suggestion.search(f" {plain}")))

    def opines(self, plain: str, is_trouble: bool = False) -> bool:
        """Whether the text says what its writer dislikes. `is_trouble`: it names a malfunction or a wish as well, or is praise."""
        return bool(self.opinion.search(f" {plain}") or (not is_trouble and self.weak_opinion.search(f" {plain}")))


def _kinds_in(rest: str, patterns: Mapping[IssueKind, re.Pattern[str]]) -> frozenset[IssueKind]:
    return frozenset(kind for kind, pattern in patterns.items() if pattern.search(rest))


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
        topics={kind: _pattern(data, kind, phrases) for kind, phrases in data.topics.items()},
        suggestion=_pattern(data, "suggestion", data.suggestion),
        opinion=_pattern(data, "opinion", data.opinion),
        weak_topics={kind: _pattern(data, f"weak {kind}", phrases) for kind, phrases in data.weak.topics.items()},
        weak_suggestion=_pattern(data, "weak suggestion", data.weak.suggestion),
        weak_opinion=_pattern(data, "weak opinion", data.weak.opinion),
        hints={kind: _pattern(data, f"hint of {kind}", phrases) for kind, phrases in data.hints.items()},
        plea=_pattern(data, "plea", data.plea) if data.plea else None,
        not_about_us=_pattern(data, "not about us", data.not_about_us),
        leftover={kind: frozenset(others) for kind, others in data.leftover.items()},
    )


def _pattern(data: LexiconData, topic: str, phrases: tuple[str, ...]) -> re.Pattern[str]:
    spaced = data.language != "zh"
    sources = [phrase_source(data, topic, phrase) for phrase in phrases]
    joined = by_first_letter(sources) or r"(?!)"
    return re.compile(rf" (?:{joined})\b" if spaced else rf"(?:{joined})")


def by_first_letter(sources: Iterable[str]) -> str:
    """The alternatives joined so that those with the same first letters stand together: `re` then skips the others in one step."""
    return _grouped((part for given in sources for part in _opened(f"(?:{given})")), SHARED_LETTERS)


def _grouped(sources: Iterable[str], depth: int) -> str:
    groups: dict[str, list[str]] = {}
    for source in dict.fromkeys(sources):
        is_letter = source[:1].isalnum() and source[1:2] not in QUANTIFIERS
        groups.setdefault(source[0] if is_letter else "", []).append(source[1:] if is_letter else source)
    others = groups.pop("", [])
    return "|".join([*(letter + _alternatives(rests, depth - 1) for letter, rests in groups.items()), *others])


def _alternatives(sources: list[str], depth: int) -> str:
    if len(sources) == 1:
        return sources[0]
    return f"(?:{_grouped(sources, depth) if depth else '|'.join(sources)})"


def _opened(source: str) -> list[str]:
    """`(?:ab|cd) e` as `ab e` and `cd e`; as it is when it does not begin with a group, or with one that may be left out.

    Alternatives that share their first letters stay together, so that what follows is not repeated for each.
    """
    if not source.startswith("(?:"):
        return [source]
    alternatives, rest = _first_group(source)
    if rest[:1] in QUANTIFIERS:
        return [source]
    parts = [part for alternative in alternatives for part in _opened(alternative)]
    alike: dict[str, list[str]] = {}
    for part in parts:
        first = _first_letters(part)
        alike.setdefault(first, []).append(part[len(first) :])
    if len(alike) * len(rest) > MOST_REPEATED:
        return [f"(?:{_grouped(parts, SHARED_LETTERS)}){rest}"]
    apart = [opened for part in alike.pop("", []) for opened in _opened(part + rest)]
    return [first + _alternatives(rests, 0) + rest for first, rests in alike.items()] + apart


def _first_letters(source: str) -> str:
    """The letters, at most `SHARED_LETTERS`, that whatever the source stands for begins with."""
    for length in range(SHARED_LETTERS, 0, -1):
        if source[:length].isalnum() and len(source) >= length and source[length : length + 1] not in QUANTIFIERS:
            return source[:length]
    return ""


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
        text = _near(_filled(phrase, data.parts).strip(), data.language)
        text = text.replace("..", SPAN_OF_DOTS).replace("*", r"\w*")
        text = re.sub(r"\((?!\?)", "(?:", text)
        re.compile(text)
    except (KeyError, re.error) as err:
        raise BadInput(f"lexicon {data.language!r}, {topic}: cannot read the phrase {phrase!r} ({err}); see configs/lexicons") from err
    return text


def _filled(phrase: str, parts: Mapping[str, str]) -> str:
    """The phrase with its parts written out, and the parts of these."""
    while PART.search(phrase):
        phrase = PART.sub(lambda found: parts[found[1]], phrase)
    return phrase


def _near(text: str, language: str) -> str:
    """`a ~4 b` written out as both orders."""
    found = NEAR.fullmatch(text)
    if not found:
        return text
    one, number, other = found.groups()
    gap = f"[^\\s.,;!?。，；！？]{{0,{number}}}" if language == "zh" else f" (\\w+ ){{0,{number}}}"
    return f"({one}{gap}{other}|{other}{gap}{one})"
