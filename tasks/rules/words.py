"""What one person's words say: cleaned, their language, which malfunction, wish or opinion they speak of.

Add here when a single text must be understood better; rather in `tasks/rules/complaints.py` when many texts are weighed against an app's past,
and in `configs/lexicons/*.yaml` when a phrase is missing.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from dataclasses import dataclass

from configs.lexicons import LANGUAGES, load_lexicon
from configs.terms import IssueKind, Signal
from tasks.rules.lexicon import lexicon_of

LONGEST = 4000
"""Characters read of one text; App Store reviews end at 6000, and what is wrong is said before."""

SHORTEST_COPY = 25
"""Plain characters below which two people may well write the same by chance ("keeps crashing")."""

OTHER = "other"

_REPLY = re.compile(
    r"(?:^|\n)\s*(?:-{2,}\s*)?(?:developer(?:'s|’s)? (?:response|reply)|response from (?:the )?developer|ответ разработчика|开发者回复|開發者回覆).*",
    re.I | re.S,
)
_TAG = re.compile(r"<(?:/?[a-zA-Z][^<>]{0,200}|!--.{0,200}?--)>", re.S)
_INVISIBLE = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_SPACE = re.compile(r"\s+")
_APOSTROPHE = re.compile(r"(?<=\w)\s?['’‘ʼ`´](?=\w)|(?<=[a-z]) (?=n['’‘]t\b)")
_SPLIT_NOT = re.compile(r"\b(ca|wo|do|does|did|is|are|was|were|has|have|had|could|would|should) nt\b")
_NOT_A_WORD = re.compile(r"[^\w\s]|_")
_DRAWN_OUT = re.compile(r"(\w)\1{2,}")
_HAN = re.compile("[\u3400-\u9fff]")
_KANA_HANGUL = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_NOT_RUSSIAN = re.compile("[іїєґўђјљњћџѓќқңғүұһәө]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_ACCENTED = re.compile("[\u00c0-\u024f]")
_FOREIGN = frozenset(
    "el la los las un una que por para con muy pero este esta mi se lo le les des est et je pas ne une pour dans sur der die das ist nicht ich und mit"
    " ein eine auf nao não que uma com muito meu o os as di il che non per sono una del della het een niet ik van je op bir ve bu için çok yang tidak saya".split()
) - {"die", "me", "op", "as", "o", "sur"}


@dataclass(frozen=True, slots=True)
class WordsVerdict:
    """What one text says. Not understood: another language, or no words; it is counted and never taken for a complaint.

    `digest` is the same for near-identical texts, "" for texts so short that many people write them.
    """

    language: str
    understood: bool
    topics: frozenset[IssueKind]
    suggestion: bool
    opinion: bool
    is_complaint: bool
    digest: str = ""


def clean(text: str) -> str:
    """The writer's own words: without HTML, a glued-on developer reply, NUL, zero-width characters, runs of white space."""
    text = _INVISIBLE.sub("", text.replace("\x00", " "))
    if "<" in text:
        text = _TAG.sub(" ", text)
    if "&" in text:
        text = html.unescape(text)
    if "\n" in text or text[:8].lower().startswith("develop"):
        text = _REPLY.sub("", text)
    return _SPACE.sub(" ", text).strip()


def plain(text: str) -> str:
    """Lower-case words in a row: no apostrophes, punctuation or drawn-out letters. What the lexicons are written for."""
    text = unicodedata.normalize("NFKC", text[:LONGEST]).casefold().replace("ё", "е")
    text = _NOT_A_WORD.sub(" ", _APOSTROPHE.sub("", text))
    text = _SPLIT_NOT.sub(r"\1nt", _SPACE.sub(" ", text))
    return _DRAWN_OUT.sub(r"\1", text).strip()


def language_of(text: str) -> str:
    """One of `LANGUAGES`, or "other": by script, and by stop words where the script is Latin."""
    letters = text.lower()
    han, latin, cyrillic = len(_HAN.findall(letters)), len(_LATIN.findall(letters)), len(_CYRILLIC.findall(letters))
    if not (han or latin or cyrillic) or _KANA_HANGUL.search(letters):
        return OTHER
    if han * 3 > latin + cyrillic:
        return "zh"
    if cyrillic > latin:
        return OTHER if _NOT_RUSSIAN.search(letters) else "ru"
    return _latin_language(letters) if latin else OTHER


def _latin_language(letters: str) -> str:
    tokens = letters.replace("'", "").replace("’", "").replace(".", " ").replace(",", " ").split()
    english = _english()
    ours = sum(token in english for token in tokens)
    theirs = sum(token in _FOREIGN for token in tokens)
    if theirs > ours or (not ours and _ACCENTED.search(letters)):
        return OTHER
    return "en"


def _english() -> frozenset[str]:
    return frozenset(load_lexicon("en").stop_words)


def classify(signal: Signal, low_stars_max: int = 2) -> WordsVerdict:
    """What a signal says. A complaint speaks of a malfunction and gives at most `low_stars_max` stars, or none."""
    text = clean(f"{signal.title}. {signal.body}" if signal.title else signal.body)
    language, words = language_of(text), plain(text)
    if language not in LANGUAGES:
        return WordsVerdict(language, False, frozenset(), False, False, False, digest_of(words))
    lexicon = lexicon_of(language)
    topics = lexicon.topics_in(words)
    low = signal.stars is None or signal.stars <= low_stars_max
    return WordsVerdict(
        language=language,
        understood=True,
        topics=topics,
        suggestion=bool(lexicon.suggestion.search(words)),
        opinion=bool(lexicon.opinion.search(words)),
        is_complaint=bool(topics) and low,
        digest=digest_of(words),
    )


def digest_of(words: str) -> str:
    """12 hex digits of what `plain` gave: one text posted many times has one digest, whatever its case, punctuation or spacing."""
    letters = words.replace(" ", "")
    if len(letters) < SHORTEST_COPY:
        return ""
    return hashlib.blake2b(letters.encode(), digest_size=6).hexdigest()
