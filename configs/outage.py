"""What an outage message tells: another profile than a recall notice, with rules of its own.

| stage | when | says |
|---|---|---|
| first | within five minutes | scope, since when, when the next message comes |
| update | at least every 20 minutes in the first two hours | the same, as known now |
| resolved | at the end | since when it works again, and whether data were lost |

No message says when it will be over: nobody knows, and whoever plans by it is misled (PagerDuty, incident response documentation).

Add here when an outage message needs another fact; rather in `configs/templates/outage_words.yaml` when it needs another word or rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from configs.errors import TemplateInvalid
from configs.letters import direction, inlined
from configs.notice import PartRule, RenderedNotice, SofteningRule
from configs.terms import IssueKind
from configs.wording import country_name, date_words, rendered, spelled_out

LONGEST_LIST = 32
"""Characters of a list of countries or versions on a phone; a longer one is counted there, and told in full in the mail."""

Language = Mapping[str, Any]


class Profile(StrEnum):
    """Which rules a message to users follows."""

    RECALL_NOTICE = "recall notice"
    OUTAGE_MESSAGE = "outage message"


class OutageStage(StrEnum):
    FIRST = "first"
    UPDATE = "update"
    RESOLVED = "resolved"


class DataLoss(StrEnum):
    """UNKNOWN may be said while it lasts, never at its end."""

    UNKNOWN = "unknown"
    NONE = "none"
    SOME = "some"


@dataclass(frozen=True, slots=True)
class OutageFacts:
    """What users must know of an outage. `countries` and `versions`: whom it concerns; none means all.

    `next_update_at` is None only once it is over, `resolved_at` until then. `details`: locale -> what a person wants to add.
    """

    outage_id: str
    app_title: str
    stage: OutageStage
    kind: IssueKind
    started_at: datetime
    status_url: str
    help_address: str
    next_update_at: datetime | None = None
    resolved_at: datetime | None = None
    data_loss: DataLoss = DataLoss.UNKNOWN
    countries: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    details: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class OutageRules:
    """One language's rules. `internal`: host names and addresses of ours, in every language the same."""

    locale: str
    must: Mapping[OutageStage, tuple[PartRule, ...]]
    must_not: tuple[SofteningRule, ...]
    data_loss: Mapping[DataLoss, str]


def outage_message(facts: OutageFacts, locale: str, folder: Path | None = None) -> RenderedNotice:
    """The whole message in one language. Raises TemplateInvalid."""
    context = outage_context(facts, locale)
    subject, text, html, short, push_title, push = (
        rendered(f"outage.{part}.j2", context, folder) for part in ("subject", "txt", "html", "short", "push_title", "push")
    )
    return RenderedNotice(locale, subject, text, inlined(html), short, push_title, push)


def outage_context(facts: OutageFacts, locale: str) -> dict[str, object]:
    """Every name an outage template may use."""
    words = _words(locale)
    joined = str(words["comma"])
    places = joined.join(country_name(code, locale) for code in facts.countries) or words["everywhere"]
    concerned = (
        words["of_versions" if len(facts.versions) > 1 else "of_version"].format(versions=joined.join(facts.versions))
        if facts.versions
        else words["all_versions"]
    )
    return {
        **asdict(facts),
        "locale": locale,
        "dir": direction(locale),
        "broken": words["broken"][facts.kind],
        "places": places,
        "brief_places": places if len(places) <= LONGEST_LIST else words["many_countries"].format(number=len(facts.countries)),
        "concerned": concerned,
        "brief_concerned": concerned if len(concerned) <= LONGEST_LIST else words["many_versions"].format(number=len(facts.versions)),
        "next_clock": clock_words(facts.next_update_at) if facts.next_update_at else "",
        "started_words": _moment(facts.started_at, locale),
        "next_words": _moment(facts.next_update_at, locale),
        "resolved_words": _moment(facts.resolved_at, locale),
        "data_words": words["data_loss"][facts.data_loss],
        "detail": (facts.details or {}).get(locale, ""),
    }


@lru_cache(maxsize=16)
def outage_rules(locale: str) -> OutageRules:
    """What an outage message in this language must and must not say. Raises TemplateInvalid."""
    given = _words(locale)
    must = {
        stage: tuple(PartRule(name, r["rule"], tuple(r["in"]), r["pattern"]) for name, r in given["must"].items() if stage in r["stages"])
        for stage in OutageStage
    }
    forbidden = {**given["must_not"], **_all_words()["everywhere"]["must_not"]}
    rules = (SofteningRule(name, r["rule"], spelled_out(r["patterns"], {}), tuple(r.get("except", ()))) for name, r in forbidden.items())
    return OutageRules(locale, must, tuple(rules), {loss: given["data_loss"][loss] for loss in DataLoss})


def outage_locales() -> tuple[str, ...]:
    """The languages an outage can be told in."""
    return tuple(locale for locale in _all_words() if locale != "everywhere")


def clock_words(at: datetime) -> str:
    """The time of day, in UTC, as every language writes it."""
    return f"{at.astimezone(UTC):%H:%M} UTC"


def _moment(at: datetime | None, locale: str) -> str:
    if at is None:
        return ""
    day: date = at.astimezone(UTC).date()
    return f"{date_words(day, locale)}, {clock_words(at)}"


def _words(locale: str) -> Language:
    found = _all_words().get(locale)
    if found is None or locale == "everywhere":
        raise TemplateInvalid(f"an outage cannot be told in {locale!r}; add the language to configs/templates/outage_words.yaml")
    return found


@lru_cache(maxsize=1)
def _all_words() -> dict[str, Language]:
    return dict(yaml.safe_load(files("configs").joinpath("templates", "outage_words.yaml").read_text(encoding="utf-8")))
