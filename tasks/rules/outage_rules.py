"""Whether an outage message may go, and when the next one is due: the outage profile.

| finding | then |
|---|---|
| the scope, since when, or the next message's time is missing | it is not sent |
| it says when it will be over | it is not sent |
| a host name, a private address or a cluster's name of ours | it is not sent |
| the last message says neither that data were lost nor that none were | it is not sent |
| the next message is promised later than the policy's cadence | it is not sent |

Add here when an outage message can be wrong in another way; rather in `configs/templates/outage_words.yaml` when a word is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from configs.errors import WordingRefused
from configs.notice import RenderedNotice
from configs.outage import DataLoss, OutageFacts, OutageRules, OutageStage, clock_words, outage_context
from configs.phone_text import LONGEST_PUSH, LONGEST_PUSH_TITLE, MOST_SMS_PARTS, sms_parts
from tasks.rules.spelling import plain, readings
from tasks.rules.wording_rules import Finding, forbidden_words, missing_parts, parts_of

FIRST_WITHIN = timedelta(minutes=5)
SCOPE_WITHIN = timedelta(minutes=5)
CADENCE = timedelta(minutes=20)
CLOSELY_FOR = timedelta(hours=2)
LATER_CADENCE = timedelta(hours=1)
"""PagerDuty's incident response documentation: first message, scope after it, then so often for so long; the last is ours."""

SCOPE = "outage profile, names the scope"
NEXT = "outage profile, names the next update's time"
DATA = "outage profile, states data loss or its absence"
BRIEF = "outage profile, brief"


def next_update_due(started_at: datetime, told: tuple[datetime, ...]) -> datetime:
    """When the next message must be out at the latest. `told`: when each message before it went out, in any order.

    The first within 5 minutes of the start, the second (with the scope) 5 minutes later, then every 20 minutes for 2 hours, then hourly.
    """
    if not told:
        return started_at + FIRST_WITHIN
    last = max(told)
    if len(told) == 1:
        return last + SCOPE_WITHIN
    closely = last + CADENCE
    return closely if last < started_at + CLOSELY_FOR else last + LATER_CADENCE


def outage_findings(rendered: RenderedNotice, facts: OutageFacts, rules: OutageRules, now: datetime) -> tuple[Finding, ...]:
    """Everything that keeps this message from being sent at `now`; empty when it may go."""
    texts = parts_of(rendered)
    parts = {part: plain(text) for part, text in texts.items()}
    lacking = (*missing_parts(parts, rules.must[facts.stage]), *_unsaid(parts, facts, rules))
    return (*_missing_facts(facts, now), *lacking, *_forbidden(texts, facts, rules), *_too_long(rendered))


def refuse_unsound_outage(rendered: RenderedNotice, facts: OutageFacts, rules: OutageRules, now: datetime) -> None:
    """Lets a sound message pass. Raises WordingRefused that lists every finding."""
    found = outage_findings(rendered, facts, rules, now)
    if found:
        listed = "; ".join(map(str, found))
        raise WordingRefused(f"the {rendered.locale} message of outage {facts.outage_id} cannot be sent: {listed}; mend words or facts")


def _missing_facts(facts: OutageFacts, now: datetime) -> Iterator[Finding]:
    for name in ("outage_id", "app_title", "status_url", "help_address"):
        if not getattr(facts, name):
            yield Finding("facts", f"{name} is missing", SCOPE)
    if facts.stage is OutageStage.RESOLVED:
        if facts.resolved_at is None:
            yield Finding("facts", "resolved_at is missing", DATA)
        if facts.data_loss is DataLoss.UNKNOWN:
            yield Finding("facts", "data_loss is unknown; find out before saying that it is over", DATA)
    elif facts.next_update_at is None or facts.next_update_at <= now:
        yield Finding("facts", "next_update_at is missing or past", NEXT)
    elif facts.next_update_at > now + (CADENCE if now < facts.started_at + CLOSELY_FOR else LATER_CADENCE):
        yield Finding("facts", "next_update_at is too far away: at least every 20 minutes for 2 hours, then hourly", NEXT)


def _unsaid(parts: Mapping[str, str], facts: OutageFacts, rules: OutageRules) -> Iterator[Finding]:
    context = outage_context(facts, rules.locale)
    for part, brief in (("text", ""), ("html", ""), ("short", "brief_")):
        scope = {
            "the product's name": facts.app_title,
            "the scope": context[f"{brief}places"],
            "the versions": context[f"{brief}concerned"],
        }
        if facts.stage is not OutageStage.RESOLVED:
            scope["what does not work"] = context["broken"]
        yield from (Finding(part, f"{name} is missing", SCOPE) for name, value in scope.items() if plain(str(value)) not in parts[part])
    if facts.stage is OutageStage.RESOLVED:
        said = plain(rules.data_loss[facts.data_loss])
        yield from (Finding(part, "data loss is not stated", DATA) for part in ("text", "html", "short", "push") if said not in parts[part])
    elif facts.next_update_at is not None:
        clock = plain(clock_words(facts.next_update_at))
        yield from (
            Finding(p, "the next update's time is missing", NEXT) for p in ("text", "html", "short", "push") if clock not in parts[p]
        )


def _forbidden(texts: Mapping[str, str], facts: OutageFacts, rules: OutageRules) -> Iterator[Finding]:
    own = [plain(name) for name in (facts.app_title, facts.outage_id) if name]
    for part, text in texts.items():
        judged = list(readings(text, rules.locale, {}))
        for name in own:
            judged = [reading.replace(name, " ; ") for reading in judged]
        for must_not in rules.must_not:
            found = next((said for reading in judged if (said := forbidden_words(reading, must_not))), "")
            if found:
                yield Finding(part, f"says {found!r}, {must_not.name}", must_not.rule)


def _too_long(rendered: RenderedNotice) -> Iterator[Finding]:
    parts = sms_parts(rendered.short)
    if parts > MOST_SMS_PARTS:
        yield Finding("short", f"takes {parts} SMS parts, at most {MOST_SMS_PARTS} go out", BRIEF)
    for part, text, longest in (("push title", rendered.push_title, LONGEST_PUSH_TITLE), ("push", rendered.push, LONGEST_PUSH)):
        if len(text) > longest:
            yield Finding(part, f"has {len(text)} characters, at most {longest} are shown", BRIEF)
