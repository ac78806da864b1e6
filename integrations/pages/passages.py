"""Passages that several pages say the same way: how bad it is, whom it concerns, what users write.

Add here when a second page needs the passage; rather in the one page while only it does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from configs.terms import Assessment, Harm, IssueEntry, Scope, Signal, Suspect
from integrations.pages.markdown import moment, paragraphs, percent, shown, table

_HARM = {
    Harm.ANNOYANCE: "annoyance, a workaround exists",
    Harm.REVERSIBLE_LOSS: "a feature is unusable, loss can be undone",
    Harm.IRREVERSIBLE_LOSS: "data or money lost for good, account locked or stolen, privacy exposed",
    Harm.DANGER: "danger to a person, or mass compromise",
}


def risk_table(risk: Assessment) -> str:
    """Level, probability, harm and certainty, with every reason below (markdown)."""
    rows = [
        ["Level", f"**{risk.level}** (the upper bound decides; at the point estimate: {risk.level_point})"],
        ["Share of users hurt", f"up to **{percent(risk.probability_upper)}** (estimate {percent(risk.probability)})"],
        ["What happens to them", f"class {int(risk.harm)} of 4: {_HARM[risk.harm]}"],
        ["Certainty", "uncertain: something above is not known" if risk.uncertain else "all inputs known"],
    ]
    reasons = "\n".join(f"- {shown(reason)}" for reason in risk.reasons)
    return paragraphs(table(["", ""], rows), reasons).rstrip("\n")


def outlook(risk: Assessment) -> Iterator[str]:
    """What is to come, where it is worst, and which single change would give another level. Plain text."""
    if risk.further_harm is not None:
        yield f"Still harmed before the next decision, at most: {math.ceil(risk.further_harm):,} users"
    for segment in risk.segments:
        yield f"Level {segment.level} for {scope_in_words(segment.scope)} ({certainty(segment.posterior)} sure that it is they)"
    yield from (f"Would be {flip.level} with {flip.change}" for flip in risk.flips)


def scope_in_words(scope: Scope) -> str:
    """A scope as people say it: everyone, or the devices, OS versions and countries it is narrowed to. Plain text."""
    parts = (("", scope.devices), ("OS ", scope.os_versions), ("", scope.countries))
    said = [word + ", ".join(values) for word, values in parts if values]
    return " and ".join(said) if said else "everyone who has it"


def certainty(posterior: float) -> str:
    """A probability as a percentage that never says 0 % or 100 % of what is only nearly so."""
    if 0.995 <= posterior < 1:
        return "> 99 %"
    return "< 1 %" if 0 < posterior < 0.005 else f"{100 * posterior:.0f} %"


def times(ratio: float | None, low: float | None, high: float | None) -> str:
    """A ratio of rates with its bounds; unknown is said. Plain text."""
    if ratio is None:
        return "unknown"
    return f"×{ratio:.1f}" + ("" if low is None or high is None else f" ({low:.1f} to {high:.1f})")


def suspect_cells(suspect: Suspect) -> tuple[str, str, str, str]:
    """Who, how probable, how many times the earlier rate, and which part of the rise they explain. Plain text."""
    explains = "unknown" if suspect.explains is None else f"{100 * suspect.explains:.0f} %"
    ratio = times(suspect.ratio, suspect.ratio_low, suspect.ratio_high)
    return scope_in_words(suspect.scope), certainty(suspect.posterior), ratio, explains


SUSPECT_COLUMNS = ("who", "how probable", "times the earlier rate", "part of the rise")


STORY_COLUMNS = ("when (UTC)", "what", "by", "why")


def story_cells(entry: IssueEntry) -> tuple[str, str, str, str]:
    """One line of an issue's history. Plain text."""
    return f"{entry.at:%Y-%m-%d %H:%M}", _happened(entry), entry.person or entry.source, entry.reason


def _happened(entry: IssueEntry) -> str:
    what = entry.change.value.replace("_", " ")
    joined = {"merged": "into", "absorbed": "", "split": "off", "split_off": "from"}
    if entry.change.value in joined:
        part = entry.kind.value if entry.kind else ""
        return " ".join(word for word in (what.removesuffix(" off"), joined[entry.change.value], entry.other, part) if word)
    said = entry.metric.value if entry.metric and entry.metric.value == entry.kind else f"{entry.metric} ({entry.kind})"
    return f"{what} by {said}" if entry.metric else what


def suspects_table(suspects: Sequence[Suspect]) -> str:
    """The scopes compared, most probable first (markdown); empty where none were."""
    return table(SUSPECT_COLUMNS, [[shown(cell) for cell in suspect_cells(s)] for s in suspects]) if suspects else ""


def quoted(signal: Signal) -> str:
    """What one person wrote, in their own language, with what is known of where (markdown)."""
    words = " · ".join(shown(part) for part in (signal.title, signal.body) if part.strip()) or "(no words)"
    stars = f"{signal.stars} of 5 stars" if signal.stars is not None else ""
    about = [stars, shown(signal.language), shown(signal.country), shown(signal.device), f"{moment(signal.at)}"]
    return f"> “{words}”\n>\n> {' · '.join(part for part in about if part)}"
