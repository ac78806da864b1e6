"""What one person's words say: cleaned, their language, which malfunction, wish or opinion they speak of.

Add here when a single text must be understood better; rather in `tasks/rules/complaints.py` when many texts are weighed against an app's
past, and in `configs/lexicons/*.yaml` when a phrase is missing.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass

from configs.lexicons import LANGUAGES
from configs.terms import IssueKind, Signal
from tasks.rules.han import simplified
from tasks.rules.lexicon import lexicon_of
from tasks.rules.word_model import Found, labels_by_weight

LONGEST = 4000
"""Characters read of one text; App Store reviews end at 6000, and what is wrong is said before."""

SAYS_SOMETHING = 25
"""Letters from which on a text is more than a sigh ("worst app ever")."""

MOST_STARS = 5
"""What the stores' scale ends at."""

HAN_WEIGHT = 2.5
"""Letters a Chinese character counts for."""

OTHER = "other"

SUGGESTION, OPINION = "suggestion", "opinion"
WISHES = frozenset({SUGGESTION, OPINION})

_REPLY = re.compile(
    r"(?:^|(?<=[\n.!?。！？]))\s*(?:-{2,}\s*)?"
    r"(?:developer(?:'s|’s)? (?:response|reply)|response from (?:the )?developer|ответ разработчика|开发者回复|開發者回覆)\b.*",
    re.IGNORECASE | re.DOTALL,
)
_REPLY_HINTS = ("develop", "Develop", "DEVELOP", "разработчик", "开发者", "開發者")
_TAG = re.compile(r"<(?:/?[a-zA-Z][^<>]{0,200}|!--.{0,200}?--)>", re.S)
_INVISIBLE = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_APOSTROPHE = re.compile(r"(?<=\w)\s?['’‘ʼ`´](?=\w)|(?<=[a-z]) (?=n['’‘]t\b)")
_SPLIT_NOT = re.compile(r"\b(ca|wo|do|does|did|is|are|was|were|has|have|had|could|would|should) nt\b")
_NOT_A_WORD = re.compile(r"[^\w\s]|_")
_DRAWN_OUT = re.compile(r"(\w)\1{2,}")
_DRAWN_OUT_ASCII = tuple(letter * 3 for letter in "abcdefghijklmnopqrstuvwxyz0123456789")
"""Looked for first: a pattern that refers back tries every place, and few texts have any."""
_APOSTROPHES = "'’‘ʼ`´"
_BESIDE_SPACE = (" '", "' ", " `", "` ", " n'")
"""Where an apostrophe stands beside a space it may be a quotation mark, or half a "does n't"; elsewhere in ASCII it is simply left out."""
_HAN = re.compile("[\u3400-\u9fff]")
_KANA_HANGUL = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_NOT_RUSSIAN = re.compile("[іїєґўђјљњћџѓќқңғүұһәө]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_ACCENTED = re.compile("[\u00c0-\u024f]")
_NOT_A_WORD_ASCII = str.maketrans({chr(c): " " for c in range(128) if not chr(c).isalnum()})


@dataclass(frozen=True, slots=True)
class WordsVerdict:
    """What one text says. Not understood: another language, or no words; it is counted and never taken for a complaint.

    `words`: the text as `plain` gives it, for whoever looks further; never kept.
    """

    language: str
    understood: bool
    topics: frozenset[IssueKind]
    suggestion: bool
    opinion: bool
    is_complaint: bool
    words: str = ""


def clean(text: str) -> str:
    """The writer's own words: without HTML, a glued-on developer reply, NUL, zero-width characters, runs of white space."""
    if "&" in text:
        text = html.unescape(text)
    text = _INVISIBLE.sub("", text.replace("\x00", " "))
    if "<" in text:
        text = _TAG.sub(" ", text)
    if any(hint in text for hint in _REPLY_HINTS):
        text = _REPLY.sub("", text)
    return " ".join(text.split())


def plain(text: str) -> str:
    """Lower-case words in a row: no apostrophes, punctuation or drawn-out letters; Chinese simplified. What lexicons are written for."""
    text = text[:LONGEST].replace("’", "'")
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace("ё", "е").replace("Ё", "е")
        text = simplified(text) if _HAN.search(text) else text
    text = text.casefold()
    if text.isascii() and not any(beside in text for beside in _BESIDE_SPACE):
        text = text.replace("'", "").replace("`", "")
    elif any(mark in text for mark in _APOSTROPHES):
        text = _APOSTROPHE.sub("", text)
    text = text.translate(_NOT_A_WORD_ASCII) if text.isascii() else _NOT_A_WORD.sub(" ", text)
    text = " ".join(text.split())
    if " nt" in text:
        text = _SPLIT_NOT.sub(r"\1nt", text)
    return _DRAWN_OUT.sub(r"\1", text) if not text.isascii() or any(drawn in text for drawn in _DRAWN_OUT_ASCII) else text


def language_of(text: str) -> str:
    """One of `LANGUAGES`, or "other": by script, and by stop words where the script is Latin."""
    letters = text.lower().replace("’", "'")
    if letters.isascii():
        return _latin_language(letters) if _LATIN.search(letters) else OTHER
    if _KANA_HANGUL.search(letters):
        return OTHER
    han, latin, cyrillic = len(_HAN.findall(letters)), len(_LATIN.findall(letters)), len(_CYRILLIC.findall(letters))
    if han * 3 > latin + cyrillic:
        return "zh"
    if cyrillic > latin:
        return OTHER if _NOT_RUSSIAN.search(letters) else "ru"
    return _latin_language(letters) if latin else OTHER


def _latin_language(letters: str) -> str:
    tokens = set(letters.replace("'", "").replace(".", " ").replace(",", " ").split())
    lexicon = lexicon_of("en")
    ours, theirs = len(tokens & lexicon.stop_words), len(tokens & lexicon.foreign_words)
    return OTHER if theirs > ours or (not ours and _ACCENTED.search(letters)) else "en"


def weight_of(words: str) -> float:
    """How much a plain text says, in letters; a Chinese character says as much as half a word."""
    letters = words.replace(" ", "")
    return len(letters) if letters.isascii() else len(letters) + (HAN_WEIGHT - 1) * len(_HAN.findall(letters))


def classify(signal: Signal, low_stars_max: int = 2) -> WordsVerdict:
    """What a signal says by phrases alone: quick, and what alarms are made of. A complaint speaks of a malfunction and gives at most
    `low_stars_max` stars, or none.
    """
    language, words = _told(signal)
    if language not in LANGUAGES:
        return _verdict(language, words, frozenset(), is_low=False)
    found = found_by_phrases(words, language, signal.stars, low_stars_max)
    return _verdict(language, words, found.all, signal.stars is None or signal.stars <= low_stars_max)


def read_closely(signal: Signal, low_stars_max: int = 2) -> WordsVerdict:
    """What a signal says by phrases and by the weights of its words: understands more of what is said without being named."""
    language, words = _told(signal)
    if language not in LANGUAGES:
        return _verdict(language, words, frozenset(), is_low=False)
    found = found_by_phrases(words, language, signal.stars, low_stars_max)
    labels = labels_by_weight(words, language, found, signal.stars)
    return _verdict(language, words, labels, signal.stars is None or signal.stars <= low_stars_max)


def _told(signal: Signal) -> tuple[str, str]:
    """The text's language and its plain words."""
    text = clean(f"{signal.title}. {signal.body}" if signal.title else signal.body)
    return language_of(text), plain(text)


def _verdict(language: str, words: str, labels: frozenset[str], is_low: bool) -> WordsVerdict:
    topics = frozenset(IssueKind(label) for label in labels - WISHES)
    return WordsVerdict(
        language=language,
        understood=language in LANGUAGES,
        topics=topics,
        suggestion=SUGGESTION in labels,
        opinion=OPINION in labels,
        is_complaint=bool(topics) and is_low,
        words=words,
    )


def found_by_phrases(words: str, language: str, stars: int | None, low_stars_max: int = 2) -> Found:
    """The kinds of malfunction, `SUGGESTION` and `OPINION`, that the language's phrases find in a plain text.

    Few stars with more than a sigh and no malfunction in it: an opinion, whatever its words are, unless they say it is not about us.
    """
    lexicon = lexicon_of(language)
    is_praise = stars == MOST_STARS and not lexicon.pleads(words)
    named = frozenset[IssueKind]() if is_praise else lexicon.named_in(words)
    topics = named if named or is_praise else lexicon.weakly_in(words)
    low = stars is None or stars <= low_stars_max
    wishes = (lexicon.suggestion.search(f" {words}") is not None, lexicon.suggests(words, bool(topics)))
    opines = (lexicon.opinion.search(f" {words}") is not None, lexicon.opines(words, bool(topics) or wishes[1] or is_praise))
    if low and not (topics or wishes[1] or opines[1]):
        topics = lexicon.hinted_in(words)
    silent = stars is not None and low and not (topics or wishes[1] or opines[1])
    displeased = silent and weight_of(words) >= SAYS_SOMETHING and not lexicon.is_not_about_us(words)
    return Found(_labels(named, wishes[0], opines[0]), _labels(topics, wishes[1], opines[1] or displeased))


def _labels(topics: frozenset[IssueKind], suggests: bool, opines: bool) -> frozenset[str]:
    wishes = {SUGGESTION: suggests, OPINION: opines}
    return frozenset({kind.value for kind in topics} | {label for label, said in wishes.items() if said})
