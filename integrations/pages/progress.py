"""Progress of a recall being carried out: halted or not, fix out or not, who was told, how far it reached.

Add here when people want to see the work under way; rather in `integrations/pages/review_report.py` when it is about whether it worked.
"""

from __future__ import annotations

from collections.abc import Sequence

from configs.effects import DeliveryState, EffectKind, EffectState
from configs.terms import Recall, Review
from integrations.pages.charts import delivery_chart, reach_chart
from integrations.pages.facts import DeliveryCount, EffectLine, PlanLine
from integrations.pages.ink import as_markdown
from integrations.pages.markdown import paragraphs, share, shown, table
from integrations.pages.milestones import plan_section

_KINDS = {
    EffectKind.HALT_ROLLOUT: "Roll-out halted",
    EffectKind.SEND_NOTICES: "Chunks of notices sent",
    EffectKind.PUBLISH_FIX: "Fix published",
    EffectKind.ASK_SIGNATURE: "Signers asked",
    EffectKind.TELL_OPERATORS: "Operators told",
    EffectKind.SEND_HOLDING: "Holding statements sent",
    EffectKind.INVITE: "Invitations sent",
    EffectKind.REMIND: "Owners reminded",
}


def progress_page(
    recall: Recall,
    effects: Sequence[EffectLine],
    deliveries: Sequence[DeliveryCount],
    reviews: Sequence[Review] = (),
    *,
    target_reach: float | None = None,
    plan: Sequence[PlanLine] = (),
) -> str:
    """What is done, what waits and what went wrong, as markdown with charts."""
    return paragraphs(
        f"# {shown(recall.app)} {shown(recall.version)}: recall {recall.state}",
        f"{recall.action.value.capitalize()} recall at level **{recall.level}**, revision {recall.revision}."
        + (f" Fixed version: **{shown(recall.fixed_version)}**." if recall.fixed_version else " The fixed version is not named yet."),
        *plan_section(plan),
        _effects(effects),
        *_trouble(effects),
        *_told(deliveries),
        *([as_markdown(reach_chart(reviews, target_reach), "Reach night by night")] if reviews else []),
    )


def _effects(effects: Sequence[EffectLine]) -> str:
    rows = []
    for kind, words in _KINDS.items():
        states = [e.state for e in effects if e.kind is kind]
        if states:
            done = states.count(EffectState.DONE)
            doubt, failed = states.count(EffectState.UNKNOWN), states.count(EffectState.FAILED)
            mark = "✔" if done == len(states) else "✘" if failed else "…"
            rows.append([mark, words, f"{done} of {len(states)}", str(doubt or ""), str(failed or "")])
    return table(["", "", "done", "in doubt", "failed"], rows) if rows else "Nothing is queued yet."


def _trouble(effects: Sequence[EffectLine]) -> list[str]:
    bad = [e for e in effects if e.state in (EffectState.UNKNOWN, EffectState.FAILED)]
    if not bad:
        return []
    lines = [f"- {_KINDS[e.kind]}, {shown(e.target)}: **{e.state}** after {e.attempts} tries. {shown(e.receipt)}" for e in bad[:20]]
    more = [f"- and {len(bad) - 20} more"] if len(bad) > 20 else []
    return ["## A person should look at these", "\n".join(lines + more)]


def _told(deliveries: Sequence[DeliveryCount]) -> list[str]:
    total = sum(d.count for d in deliveries)
    if not total:
        return ["## Notices", "No notice is under way yet."]
    taken = sum(d.count for d in deliveries if d.state is DeliveryState.ACCEPTED)
    said = f"{taken:,} of {total:,} notices were taken by a provider ({share(taken / total)}). Taken is not read, and not fixed."
    return ["## Notices", said, as_markdown(delivery_chart(deliveries), "Notices by language")]
