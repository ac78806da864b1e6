"""The explanation of one issue: why it has its level, from which inputs, whom it concerns, what would change it, under which policy.

Add here when `recall explain` and its page must say more; rather in `memo.py` when it is what signers decide on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from configs.terms import Evidence, Health, IssueState
from integrations.pages.facts import ExplainFacts
from integrations.pages.health_chart import health_chart
from integrations.pages.ink import as_markdown
from integrations.pages.markdown import moment, paragraphs, shown, table
from integrations.pages.passages import STORY_COLUMNS, outlook, quoted, risk_table, story_cells, suspects_table, times

_QUOTES = 8


def explanation(facts: ExplainFacts) -> str:
    """The page as markdown, with the health chart inlined."""
    issue = facts.issue
    return paragraphs(
        f"# Why {shown(facts.title)} {shown(issue.version)} is at level {issue.level}",
        in_a_sentence(facts),
        as_markdown(health_chart(facts.looks, facts.alpha_halt, facts.alpha_recall), "Health of the release") if facts.looks else "",
        "## How bad it is",
        risk_table(facts.assessment),
        *_outlook(facts),
        *_whom(facts),
        *_topics(facts),
        *_complaints(facts),
        *_story(facts),
        "## The evidence",
        _evidence(facts.evidence),
        fine_print(facts),
    )


def in_a_sentence(facts: ExplainFacts) -> str:
    """What is wrong, how strong the evidence is, which lines it has passed and when (markdown)."""
    issue, strongest = facts.issue, max(facts.evidence, key=lambda e: e.log_evidence, default=None)
    kind = issue.kind.value.replace("_", " ")
    said = [f"**{kind}** · level **{issue.level}** · {issue.state} · since {moment(issue.opened_at)} · {shown(issue.id)}."]
    if strongest is not None:
        together = max(strongest.log_evidence, *(e.log_combined for e in facts.evidence))
        said.append(f"Evidence {strength(together)}: {', '.join(_passed(facts))}.")
    return " ".join(said)


def strength(log_evidence: float) -> str:
    """The evidence as a factor: how much better "it got worse" explains the counts. ×20 comes by chance in 1 of 20 roll-outs at most."""
    return f"×{math.exp(log_evidence):,.0f}" if log_evidence < math.log(1e6) else f"×10^{log_evidence / math.log(10):.0f}"


def _passed(facts: ExplainFacts) -> Iterable[str]:
    for alpha, words in ((facts.alpha_halt, "a halt, and at level serious a recall"), (facts.alpha_recall, "any other recall")):
        enough = math.log(1 / alpha)
        first = next((e.at for e in facts.looks if max(e.log_evidence, e.log_combined) >= enough), None)
        yield f"the line for {words} (×{1 / alpha:,.0f}) " + (f"passed {moment(first)}" if first else "not passed")


def past_predictions(facts: ExplainFacts) -> Iterable[str]:
    """How far earlier predictions for the app were off; nothing while none could be compared. Plain text."""
    if facts.usual_error is not None:
        yield f"Earlier predictions for this app were off by {100 * facts.usual_error:.0f} % of their exposure-hours (median)"


def _outlook(facts: ExplainFacts) -> list[str]:
    asked = f"Level {facts.assessment.level} on this evidence asks for: {facts.asks_for}"
    lines = (asked, *outlook(facts.assessment), *past_predictions(facts))
    return ["## What is to come, and what would change the level", "\n".join(f"- {shown(line)}" for line in lines)]


def _whom(facts: ExplainFacts) -> list[str]:
    suspects = next((e.suspects for e in facts.evidence if e.suspects), ())
    return ["## Whom it concerns", suspects_table(suspects)] if suspects else []


def _topics(facts: ExplainFacts) -> list[str]:
    rows = [[shown(cell, 200) for cell in cells] for cells in topic_rows(facts)]
    return ["## What users suddenly write about", table(TOPIC_COLUMNS, rows)] if rows else []


TOPIC_COLUMNS = ("words", "language", "texts now", "usually", "for example")


def topic_rows(facts: ExplainFacts) -> list[tuple[str, str, str, str, str]]:
    """Each new topic with how often it comes and usually came, and one text that holds it. Plain text."""
    texts = {s.id: " · ".join(part for text in (s.title, s.body) if (part := " ".join(text.split()))) for s in facts.examples}
    topics = dict.fromkeys(topic for e in facts.evidence for topic in e.topics)
    return [
        (t.label, t.language, f"{t.texts:,}", f"{t.usual:.1f}", next((texts[one] for one in t.examples if one in texts), ""))
        for t in topics
    ]


def _complaints(facts: ExplainFacts) -> list[str]:
    return ["## What users write", *(quoted(s) for s in facts.complaints[:_QUOTES])] if facts.complaints else []


def _story(facts: ExplainFacts) -> list[str]:
    rows = [[shown(cell, 300) for cell in story_cells(entry)] for entry in facts.story]
    return ["## How it came to be one issue", table(STORY_COLUMNS, rows), shown(covered(facts))] if rows else []


def covered(facts: ExplainFacts) -> str:
    """Why no recall of its own is proposed; "" where nothing stands in the way. Plain text."""
    cover = facts.covered_by
    if cover is None or facts.issue.state is not IssueState.OPEN:
        return ""
    return f"Its users are covered by {cover.id}, a recall of this release at level {cover.level}; no other is proposed"


def _evidence(evidence: tuple[Evidence, ...]) -> str:
    rows = [[shown(cell, 300) for cell in cells] for cells in evidence_rows(evidence)]
    return table(EVIDENCE_COLUMNS, rows) if rows else "No evidence was kept."


EVIDENCE_COLUMNS = ("metric", "health", "evidence", "times the earlier rate", "from")


def evidence_rows(evidence: Sequence[Evidence]) -> list[tuple[str, str, str, str, str]]:
    """A row a metric, and one for all of them together where that was weighed. Plain text."""
    together = max((e.log_combined for e in evidence), default=0.0)
    joint = ("all together", "", strength(together), "", "the metrics' evidence at the same moment, each with its weight")
    return [*(evidence_cells(e) for e in evidence), *([joint] if together > 0 else [])]


def evidence_cells(evidence: Evidence) -> tuple[str, str, str, str, str]:
    """One metric's verdict with the counts behind it. Unknown is never shown as a number. Plain text."""
    said = "none" if evidence.health is Health.UNKNOWN and not evidence.log_evidence else strength(evidence.log_evidence)
    ratio = times(evidence.ratio, evidence.ratio_low, evidence.ratio_high)
    return evidence.metric.value.replace("_", " "), evidence.health.value, said, ratio, evidence.reason


def fine_print(facts: ExplainFacts) -> str:
    """The policy it was judged under, and whether it is still today's (markdown)."""
    changed = "" if facts.is_current else " (today's policy is another one)"
    return paragraphs("---", f"Judged under the policy `{shown(facts.fingerprint)}`{changed}.").rstrip("\n")
