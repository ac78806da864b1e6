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

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from configs.errors import WordingRefused
from configs.notice import NoticeFacts, PartRule, RenderedNotice, SofteningRule, WordingRules
from configs.phone_text import LONGEST_PUSH, LONGEST_PUSH_TITLE, MOST_SMS_PARTS, sms_parts
from tasks.rules.routing import best_locale
from tasks.rules.spelling import plain, readings, visible

URGENT_LEVELS = frozenset({"high", "serious"})

IDENTIFIES = "GPSR Art. 36(2), product and contact; 21 CFR 7.49(c)"
EXPLAINS = "GPSR Art. 36(2), hazard"
BRIEF = "21 CFR 7.49(c), brief"

HIDING = re.compile(
    r"(display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(px|pt|em|rem|%)?\s*[;\"'}]|opacity\s*:\s*0\s*[;\"'}])", re.IGNORECASE
)
"""Styles that take words away from the reader's eyes: what is there for the check only is not there."""


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
    texts = parts_of(rendered)
    parts = {part: plain(text) for part, text in texts.items()}
    return (*_missing_facts(facts), *_lacking(parts, facts, rules), *_softened(texts, facts.app_title, rules), *_malformed(rendered))


def parts_of(rendered: RenderedNotice) -> dict[str, str]:
    """What a reader sees, by the name of the part."""
    mail = {"subject": rendered.subject, "text": rendered.text, "html": visible(rendered.html)}
    return mail | {"short": rendered.short, "push title": rendered.push_title, "push": rendered.push}


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


def _missing_facts(facts: NoticeFacts) -> Iterator[Finding]:
    for name in ("recall_id", "app_title", "version", "contact_url", "help_address", "distributed_from"):
        if not getattr(facts, name):
            yield Finding("facts", f"{name} is missing", IDENTIFIES)
    if not facts.contact_url.startswith("https://"):
        yield Finding("facts", "contact_url must start with https://", IDENTIFIES)


def _lacking(parts: Mapping[str, str], facts: NoticeFacts, rules: WordingRules) -> Iterator[Finding]:
    urgent = (rules.urgent,) if facts.level in URGENT_LEVELS else ()
    yield from missing_parts(parts, (*rules.must, *urgent))
    for part, name, values in _expected(facts, rules):
        if not any(plain(value) in parts[part] for value in values):
            rule = EXPLAINS if name == "the hazard" else IDENTIFIES
            yield Finding(part, f"{name} is missing", rule)


def missing_parts(parts: Mapping[str, str], rules: Iterable[PartRule]) -> Iterator[Finding]:
    """What must stand in a part and does not. `parts`: plain texts by part."""
    for must in rules:
        yield from (Finding(part, f"{must.name} is missing", must.rule) for part in must.parts if not re.search(must.pattern, parts[part]))


def _expected(facts: NoticeFacts, rules: WordingRules) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(part, what, the words of which one must be there)."""
    year = str(facts.distributed_from.year) if facts.distributed_from else ""
    brief = (rules.hazard[facts.kind], rules.brief_hazard.get(facts.kind, rules.hazard[facts.kind]))
    product = (("the product's name", (facts.app_title,)), ("the version", (facts.version,)))
    fix = ("the fixed version", (facts.fixed_version,))
    body = (("the contact address", (facts.contact_url,)), ("the date of distribution", (year,)), fix)
    full = (("the hazard", brief[:1]), ("the recall number", (facts.recall_id,)), ("the help address", (facts.help_address,)))
    phone = ("the hazard", brief)
    wanted = {
        "subject": product,
        "text": (*product, *body, *full),
        "html": (*product, *body, *full),
        "short": (*product, *body, phone),
        "push": (*product, fix, phone),
    }
    yield from ((part, name, values) for part, of_part in wanted.items() for name, values in of_part)


def softened(parts: Mapping[str, str], app_title: str, rules: WordingRules) -> tuple[Finding, ...]:
    """Softening expressions in any text of ours, by part; the app's own name is not judged."""
    return tuple(_softened(parts, app_title, rules))


def _softened(parts: Mapping[str, str], app_title: str, rules: WordingRules) -> Iterator[Finding]:
    titles = readings(app_title, rules.locale, rules.fold) if app_title else ()
    for part, text in parts.items():
        judged = [_without(reading, titles) for reading in readings(text, rules.locale, rules.fold)]
        for must_not in rules.must_not:
            found = next((said for reading in judged if (said := forbidden_words(reading, must_not))), "")
            if found:
                yield Finding(part, f"says {found!r}, {must_not.name}", must_not.rule)


def _without(text: str, titles: Collection[str]) -> str:
    for title in titles:
        text = text.replace(title, " ") if title else text
    return " ".join(text.split())


def forbidden_words(text: str, must_not: SofteningRule) -> str:
    """The first words of a plain text that the rule forbids; "" when there are none."""
    for excepted in must_not.excepted:
        text = re.sub(excepted, " ; ", text)
    return next((m[0] for p in must_not.patterns if (m := re.search(p, text))), "")


def _malformed(rendered: RenderedNotice) -> Iterator[Finding]:
    parts = sms_parts(rendered.short)
    if parts > MOST_SMS_PARTS:
        yield Finding("short", f"takes {parts} SMS parts, at most {MOST_SMS_PARTS} go out; shorten contact_url or the app's title", BRIEF)
    for part, text, longest in (("push title", rendered.push_title, LONGEST_PUSH_TITLE), ("push", rendered.push, LONGEST_PUSH)):
        if len(text) > longest:
            yield Finding(part, f"has {len(text)} characters, at most {longest} are shown", BRIEF)
    if hidden := HIDING.search(rendered.html):
        yield Finding("html", f"hides words by {hidden[0]!r}", EXPLAINS)
    if any(unicodedata.category(c) == "Cc" for c in rendered.subject):
        yield Finding("subject", "holds a line break or control character", "RFC 5322, one header one line")
