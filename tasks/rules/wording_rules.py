"""Whether a rendered notice says what it must and nothing that plays the hazard down.

| finding | then |
|---|---|
| a mandatory part is missing from a part of the notice | it is not sent |
| a softening expression, in any inflected form | it is not sent |
| a fact is missing, or did not make it into the notice | it is not sent |
| a language spoken by more of the exposed than the floor has no wording | nothing is sent |

Add here when a new kind of finding is needed; rather in `configs/templates/wording_rules.yaml` when a word or a language is.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from configs.errors import WordingRefused
from configs.notice import NoticeFacts, RenderedNotice, WordingRules
from tasks.rules.routing import best_locale

LONGEST_SHORT = 480
"""Characters of the short form: three SMS parts of 160."""

URGENT_LEVELS = frozenset({"high", "serious"})

IDENTIFIES = "GPSR Art. 36(2), product and contact; 21 CFR 7.49(c)"
EXPLAINS = "GPSR Art. 36(2), hazard"

INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
TAG = re.compile(r"<(style|head)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, in which part, by which rule."""

    part: str
    what: str
    rule: str

    def __str__(self) -> str:
        return f"{self.part}: {self.what} ({self.rule})"


def findings(rendered: RenderedNotice, facts: NoticeFacts, rules: WordingRules) -> tuple[Finding, ...]:
    """Everything that keeps this notice from being sent; empty when it may go."""
    texts = {"subject": rendered.subject, "text": rendered.text, "html": _visible(rendered.html), "short": rendered.short}
    parts = {part: plain(text) for part, text in texts.items()}
    return (*_missing_facts(facts), *_lacking(parts, facts, rules), *_softened(parts, facts.app_title, rules), *_malformed(rendered))


def refuse_unsound(rendered: RenderedNotice, facts: NoticeFacts, rules: WordingRules) -> None:
    """Lets a sound notice pass. Raises WordingRefused that lists every finding."""
    found = findings(rendered, facts, rules)
    if found:
        listed = "; ".join(map(str, found))
        raise WordingRefused(
            f"the {rendered.locale} notice of recall {facts.recall_id} cannot be sent: {listed}; mend the template or the facts"
        )


def missing_locales(shares: Mapping[str, float], locales: Collection[str], floor: float) -> tuple[str, ...]:
    """Languages without wording that at least `floor` of the exposed read, sorted. `shares`: wanted locale -> share, 0 to 1.

    Regions of one language count together. An unknown language ("") cannot be missing: its readers get the default one.
    """
    uncovered: dict[str, float] = {}
    for wanted, share in shares.items():
        if wanted and best_locale(wanted, locales) is None:
            language = wanted.replace("_", "-").split("-")[0].lower()
            uncovered[language] = uncovered.get(language, 0.0) + share
    return tuple(sorted(language for language, share in uncovered.items() if share >= floor))


def refuse_missing_locales(shares: Mapping[str, float], locales: Collection[str], floor: float) -> None:
    """Lets a send pass when every language that matters has wording. Raises WordingRefused that names the others."""
    missing = missing_locales(shares, locales, floor)
    if missing:
        raise WordingRefused(
            f"no wording in {', '.join(missing)}, each read by at least {floor:.1%} of the exposed; "
            "add the language to configs/templates and to `notices.locales` (21 CFR 7.49: a missing translation makes a notice deficient)"
        )


def plain(text: str) -> str:
    """Lower case, single spaces, composed, without invisible characters, ё as е: what the patterns are written for."""
    folded = unicodedata.normalize("NFKC", text).translate(INVISIBLE).lower().replace("ё", "е")
    return " ".join(folded.split())


def _visible(page: str) -> str:
    return html.unescape(TAG.sub(" ", page))


def _missing_facts(facts: NoticeFacts) -> Iterator[Finding]:
    for name in ("recall_id", "app_title", "version", "contact_url", "help_address", "distributed_from"):
        if not getattr(facts, name):
            yield Finding("facts", f"{name} is missing", IDENTIFIES)
    if not facts.contact_url.startswith("https://"):
        yield Finding("facts", "contact_url must start with https://", IDENTIFIES)


def _lacking(parts: Mapping[str, str], facts: NoticeFacts, rules: WordingRules) -> Iterator[Finding]:
    urgent = (rules.urgent,) if facts.level in URGENT_LEVELS else ()
    for must in (*rules.must, *urgent):
        for part in must.parts:
            if not re.search(must.pattern, parts[part]):
                yield Finding(part, f"{must.name} is missing", must.rule)
    for part, name, value in _expected(facts, rules):
        if plain(value) not in parts[part]:
            rule = EXPLAINS if name == "the hazard" else IDENTIFIES
            yield Finding(part, f"{name} is missing", rule)


def _expected(facts: NoticeFacts, rules: WordingRules) -> Iterator[tuple[str, str, str]]:
    year = str(facts.distributed_from.year) if facts.distributed_from else ""
    everywhere = (("the product's name", facts.app_title), ("the version", facts.version))
    body = (
        ("the hazard", rules.hazard[facts.kind]),
        ("the contact address", facts.contact_url),
        ("the date of distribution", year),
        ("the fixed version", facts.fixed_version),
    )
    full = (("the recall number", facts.recall_id), ("the help address", facts.help_address))
    for part in ("subject", "text", "html", "short"):
        of_part = everywhere + (body if part != "subject" else ()) + (full if part in ("text", "html") else ())
        yield from ((part, name, value) for name, value in of_part)


def _softened(parts: Mapping[str, str], app_title: str, rules: WordingRules) -> Iterator[Finding]:
    title = plain(app_title)
    for part, text in parts.items():
        judged = " ".join(text.replace(title, " ").split()) if title else text
        for must_not in rules.must_not:
            found = next((m[0] for p in must_not.patterns if (m := re.search(p, judged))), None)
            if found:
                yield Finding(part, f"says {found!r}", must_not.rule)


def softened(parts: Mapping[str, str], app_title: str, rules: WordingRules) -> tuple[Finding, ...]:
    """Softening expressions in any text of ours, by part; the app's own name is not judged."""
    return tuple(_softened({part: plain(text) for part, text in parts.items()}, app_title, rules))


def _malformed(rendered: RenderedNotice) -> Iterator[Finding]:
    if len(rendered.short) > LONGEST_SHORT:
        yield Finding("short", f"has {len(rendered.short)} characters, at most {LONGEST_SHORT} fit", "21 CFR 7.49(c), brief")
    if any(unicodedata.category(c) == "Cc" for c in rendered.subject):
        yield Finding("subject", "holds a line break or control character", "RFC 5322, one header one line")
