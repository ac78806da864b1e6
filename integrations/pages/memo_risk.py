"""The memo's account of the problem: what happened, to whom most, what users write, how bad it is, what would change that, its history.

Add here when signers need another fact of the problem; rather in `memo_options.py` when it is about what can be done.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from configs.catalogue import Catalogue
from configs.terms import Evidence, Flip, Health, Input, IssueEntry, SegmentRisk, Signal, Suspect
from configs.wording import country_name
from integrations.pages.blocks import LONGEST_WORDS, Block, Facts, Grid, Heading, Para, Picture, Points, Quote, Tone, plain
from integrations.pages.facts import MemoFacts
from integrations.pages.health_chart import health_chart

SHOWN_COMPLAINTS, SHOWN_SEGMENTS, SHOWN_FLIPS, SHOWN_STORY = 8, 5, 8, 20


# --- what happened --------------------------------------------------------------------------------------------------------


def happened(facts: MemoFacts, say: Catalogue) -> Iterator[Block]:
    """The problem in a sentence, the counts behind it, the chart, and who is affected most."""
    issue = facts.issue
    yield Heading(say("happened.title"))
    kind = say(f"kind.{issue.kind.value}")
    yield Para(say("happened.problem", app=plain(facts.title), version=plain(issue.version), kind=kind, moment=say.moment(issue.opened_at)))
    judged = facts.judged or facts.evidence[-1:]
    counted = [e for e in judged if e.exposure > 0 and e.health is not Health.UNKNOWN]
    if judged:
        yield Para(_strength(facts, judged, say))
    if counted:
        header = (say("happened.counted"), say("happened.now"), say("happened.before"), say("happened.times"))
        yield Grid(header, tuple(_count(e, say) for e in counted))
    if facts.evidence:
        yield Picture(health_chart(facts.evidence, facts.alpha_halt, facts.alpha_recall), say("happened.chart"))
    told = max((e for e in judged if e.suspects), key=lambda e: e.log_evidence, default=None)
    yield from _segments(facts, told.suspects if told else (), say)


def _strength(facts: MemoFacts, judged: Sequence[Evidence], say: Catalogue) -> str:
    strongest = max(max(e.log_evidence, e.log_combined) for e in judged)
    alpha = facts.alpha_halt if facts.assessment.level.value == "serious" else facts.alpha_recall
    beyond = strongest > math.log(1e9)
    said = f"> {say('number.times', n=say.rough(1e9))}" if beyond else say("number.times", n=say.rough(math.exp(max(strongest, 0.0))))
    return say("happened.strength", strength=said, needed=say.number(1 / alpha))


def _count(e: Evidence, say: Catalogue) -> tuple[str, ...]:
    times = say.times(e.ratio, e.ratio_low, e.ratio_high)
    return say(f"metric.{e.metric.value}"), _rate(e.events, e.exposure, say), _rate(e.control_events, e.control_exposure, say), times


def _rate(events: int, exposure: int, say: Catalogue) -> str:
    if exposure <= 0:
        return say("number.unknown")
    rate = 1000 * events / exposure
    return say("happened.of", rate=say.number(rate, 1), events=say.number(events), exposure=say.number(exposure))


def _segments(facts: MemoFacts, suspects: Sequence[Suspect], say: Catalogue) -> Iterator[Block]:
    if not suspects:
        return
    levels = {s.scope: s for s in facts.assessment.segments}
    shown = suspects[:SHOWN_SEGMENTS]
    columns = ["segments.who", "segments.sure", "segments.times", "segments.explains"]
    columns += ["segments.level"] if any(s.scope in levels for s in shown) else []
    rows = tuple(_suspect(s, levels.get(s.scope), say)[: len(columns)] for s in shown)
    yield Para(say("segments.title"), Tone.LEAD)
    yield Grid(tuple(say(name) for name in columns), rows)


def _suspect(suspect: Suspect, risk: SegmentRisk | None, say: Catalogue) -> tuple[str, ...]:
    scope = suspect.scope
    countries = [country_name(code, say.locale) for code in scope.countries]
    parts = (scope.devices, [say("scope.os_name", os=plain(os)) for os in scope.os_versions], countries)
    named = [say.listed([plain(name) for name in names]) for names in parts if names]
    who = say.listed(named, "list.and") if named else say("scope.everyone")
    level = say(f"level.{risk.level.value}") if risk else ""
    times = say.times(suspect.ratio, suspect.ratio_low, suspect.ratio_high)
    return who, say.share(suspect.posterior), times, say.share(suspect.explains), level


def voices(facts: MemoFacts, say: Catalogue) -> Iterator[Block]:
    """Complaints, each in its own language."""
    if facts.complaints:
        yield Heading(say("voices.title"))
        yield Para(say("voices.note"), Tone.FAINT)
        yield from (_quote(signal, say) for signal in facts.complaints[:SHOWN_COMPLAINTS])


def _quote(signal: Signal, say: Catalogue) -> Quote:
    words = " · ".join(said for part in (signal.title, signal.body) if (said := plain(part, LONGEST_WORDS)))
    stars = say("voices.stars", n=say.number(signal.stars)) if signal.stars is not None else ""
    country = plain(country_name(signal.country, say.locale)) if signal.country else ""
    about = (stars, country, plain(signal.device), say.moment(signal.at))
    language = signal.language if signal.language.isascii() and signal.language.isalpha() and len(signal.language) <= 8 else ""
    return Quote(say("list.quoted", words=words) if words else say("voices.no_words"), " · ".join(part for part in about if part), language)


# --- how bad it is --------------------------------------------------------------------------------------------------------


def risk(facts: MemoFacts, say: Catalogue) -> Iterator[Block]:
    """The level with its uncertainty, harm still to come, and every single change that would give another level."""
    found = facts.assessment
    level, at_point = say(f"level.{found.level.value}"), say(f"level.{found.level_point.value}")
    same = found.level is found.level_point
    days = say.span(facts.horizon_days * 24)
    most, estimate = say.share(float(found.probability_upper), up=True), say.share(float(found.probability), up=True)
    harm = say("risk.harm_is", **{"class": str(int(found.harm))}, harm=say(f"harm.{int(found.harm)}"))
    further = (
        say("risk.further_unknown") if found.further_harm is None else say("risk.further_is", n=say.number(math.ceil(found.further_harm)))
    )
    yield Heading(say("risk.title"))
    yield Facts(
        (
            (say("risk.level"), say("risk.level_is", level=level) if same else say("risk.level_point", level=level, point=at_point)),
            (say("risk.hurt"), say("risk.hurt_is", most=most, time=days, point=estimate)),
            (say("risk.harm"), harm),
            (say("risk.certainty"), say("risk.unsure" if found.uncertain else "risk.sure")),
            (say("risk.further"), further),
        )
    )
    yield Para(say("flips.title"), Tone.LEAD)
    yield Points(tuple(_flip(flip, say) for flip in found.flips[:SHOWN_FLIPS]) or (say("flips.none"),))


def _flip(flip: Flip, say: Catalogue) -> str:
    return say("flips.would", level=say(f"level.{flip.level.value}"), change=_change(flip, say))


def _change(flip: Flip, say: Catalogue) -> str:
    """The change in the reader's language; in the rules' English where an older ledger kept no more than that."""
    key = _FLIPS.get((flip.input, flip.to is not None))
    if flip.input in (Input.HARMED, Input.USERS) and flip.by is not None:
        key = "users" if flip.input is Input.USERS else "more_harmed" if flip.by > 0 else "fewer_harmed"
    is_kept = flip.was is not None or flip.to is not None or flip.by is not None or flip.input is Input.ESTIMATE
    if key is None or not is_kept:
        return plain(flip.change, LONGEST_WORDS)
    places = 1 if flip.input in (Input.RATIO, Input.HORIZON) else 0
    by = "" if flip.by is None else say.number(abs(flip.by))
    return say(f"flips.{key}", to=say.number(flip.to, places), was=say.number(flip.was, places), by=by)


_FLIPS = {
    (Input.HARM, True): "harm",
    (Input.ESTIMATE, False): "estimate",
    (Input.RATIO, True): "ratio",
    (Input.RATIO, False): "ratio_all",
    (Input.UNITS, True): "units",
    (Input.UNITS, False): "units_unknown",
    (Input.HORIZON, True): "horizon",
}
"""Which sentence tells a change: by input, and by whether it has a new value."""


# --- its history ----------------------------------------------------------------------------------------------------------


def history(facts: MemoFacts, say: Catalogue) -> Iterator[Block]:
    """What confirmed, widened, merged or split the issue."""
    if facts.story:
        yield Heading(say("story.title"))
        header = (say("story.when"), say("story.what"), say("story.by"), say("story.reason"))
        yield Grid(header, tuple(_entry(entry, say) for entry in facts.story[-SHOWN_STORY:]), numbers=len(header))


def _entry(entry: IssueEntry, say: Catalogue) -> tuple[str, ...]:
    what = say(f"story.{entry.change.value}", other=plain(entry.other))
    kind = say(f"kind.{entry.kind.value}") if entry.kind else ""
    return say.moment(entry.at), say.aside(what, kind), plain(entry.person or entry.source), plain(entry.reason, 200)
