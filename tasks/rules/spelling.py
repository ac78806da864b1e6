"""What a reader sees in a text, however it is spelled underneath: look-alike letters, invisible characters, markup, entities.

| spelled | read as |
|---|---|
| full width, ligatures, capitals, ё, line breaks, double spaces | lower case, single spaces, е |
| soft hyphen, zero width, direction marks, a hyphen at a line's end | nothing |
| a Latin letter in a Russian word, a Cyrillic one in an English word | the language's own letter |
| accents and stress marks | nothing |
| tags inside a word, entities | the word |
| spaces between Chinese characters, traditional characters | nothing, simplified ones |

Add here when words can be hidden in another way; rather in `tasks/rules/wording_rules.py` when it is about which words.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping

TO_LATIN = str.maketrans("асеорхуіјѕԁԛԝһкмнвтαοερνικτυɡı", "aceopxyijsdqwhkmhbtaoepviktugi")
TO_CYRILLIC = str.maketrans("aceopxykmhbtαορκνμτβϲ", "асеорхукмнвтаоркнмтвс")
"""Small letters, and small letters whose capitals look alike (Н and H): text is lowered before."""

INLINE = re.compile(
    r"</?(a|abbr|b|bdi|bdo|big|code|del|em|font|i|ins|kbd|mark|q|s|small|span|strong|sub|sup|tt|u|var|wbr)\b[^<>]*>|<!--.*?-->",
    re.DOTALL | re.IGNORECASE,
)
UNSEEN = re.compile(r"<(style|head|script|template)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
TAG = re.compile(r"<[^>]*>", re.DOTALL)
BROKEN_WORD = re.compile(r"(?<=[^\W\d_])[-\u2010\u2011]\s*\n\s*(?=[^\W\d_])")
IN_WORD_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u2010\u2011\u2027\u00b7](?=[^\W\d_])")
BETWEEN_CHINESE = re.compile(r"(?<=[\u3400-\u9fff])[\s·•・_*.\-]+(?=[\u3400-\u9fff])")
KEPT_MARKS = frozenset("\u0306")
"""The breve of й: without it another letter."""


def plain(text: str) -> str:
    """Lower case, single spaces, composed, without invisible characters, ё as е: what the patterns are written for."""
    folded = "".join(c for c in unicodedata.normalize("NFKC", text) if not _is_invisible(c))
    return " ".join(folded.lower().replace("ё", "е").split())


def _is_invisible(character: str) -> bool:
    return (
        unicodedata.category(character) == "Cf" or character in "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u3164\ufe0e\ufe0f\uffa0"
    )


def visible(page: str) -> str:
    """The words of a page of HTML; tags inside a line join what they stand between, others part it."""
    return html.unescape(TAG.sub(" ", INLINE.sub("", UNSEEN.sub(" ", page))))


def readings(text: str, locale: str, fold: Mapping[str, str]) -> tuple[str, ...]:
    """The ways a reader of that language may read it, the plain one first. `fold`: character -> the one it is judged as."""
    unescaped = html.unescape(text)
    whole = plain(BROKEN_WORD.sub("", unescaped))
    judged = _unmarked(whole).translate(TO_CYRILLIC if locale == "ru" else TO_LATIN)
    judged = judged.translate({ord(found): meant for found, meant in fold.items()})
    if locale == "zh":
        judged = BETWEEN_CHINESE.sub("", judged)
    return tuple(dict.fromkeys((plain(unescaped), whole, judged, IN_WORD_HYPHEN.sub("", judged))))


def _unmarked(text: str) -> str:
    """Without accents and stress marks."""
    parted = unicodedata.normalize("NFD", text)
    kept = (c for c in parted if c in KEPT_MARKS or unicodedata.category(c) != "Mn")
    return unicodedata.normalize("NFC", "".join(kept))
