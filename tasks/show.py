"""What people look at beside a run: artifacts of health, memo, progress and review. Without a Prefect run nothing is shown.

Add here when a run should show another page; rather in `tasks/look.py` when a page needs another fact.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from configs.errors import RecallError
from configs.terms import RecallState
from integrations.artifacts import publish_markdown
from integrations.ledger.cases import issues_in, recalls_in
from integrations.toolbox import Toolbox
from tasks.look import delivery_lines, effect_lines, explain_facts, memo_facts, memo_locale, review_facts
from tasks.plan_lines import plan_lines
from tasks.preview import preview
from tasks.rules.correlation import SETTLED
from tasks.standstill import proof_of
from tasks.step import inside_flow

P = ParamSpec("P")


def courtesy(show: Callable[P, None]) -> Callable[P, None]:
    """Shows where a flow run is going on. A page that cannot be made is logged; it must not stop a recall."""

    @wraps(show)
    def shown(*args: P.args, **kwargs: P.kwargs) -> None:
        if not inside_flow():
            return
        try:
            show(*args, **kwargs)
        except RecallError as err:
            logging.getLogger("recall").warning("%s: %s", show.__name__, err)

    return shown


@courtesy
def show_health(tools: Toolbox, app: str) -> None:
    """Why it has its level, with the chart that led to the alarm, for every unsettled issue of an app."""
    from integrations.pages.explanation import explanation

    with tools.book.read() as txn:
        issues = [i for i in issues_in(txn, app=app) if i.state not in SETTLED]
    for issue in issues:
        publish_markdown(f"health-{issue.id}", explanation(explain_facts(tools, issue.id)), f"Why {issue.id} has its level")


@courtesy
def show_memo(tools: Toolbox, recall_id: str) -> None:
    """The decision memo, in the language of the policy."""
    from integrations.pages.memo import decision_memo

    facts = memo_facts(tools, recall_id)
    page = decision_memo(facts, memo_locale(tools.policy.notices.default_locale))
    publish_markdown(f"memo-{recall_id}", page, f"Decision memo: {facts.title} {facts.issue.version}")


@courtesy
def show_notices(tools: Toolbox, app: str) -> None:
    """What the users of each recall get, in every language and form."""
    from integrations.pages.notices_page import notices_page

    with tools.book.read() as txn:
        going = recalls_in(txn, RecallState.PROPOSED, RecallState.APPROVED, app=app)
    for recall in going:
        made = preview(tools, recall.id)
        messages = [(m.name, m.rendered, m.findings) for m in made.messages]
        page = notices_page(messages, made.digest, f"recall notices preview {recall.id} --out notices")
        publish_markdown(f"notices-{recall.id}", page, f"Notices of {recall.id}")


@courtesy
def show_progress(tools: Toolbox, app: str) -> None:
    """How far each recall is."""
    from integrations.pages.progress import progress_page

    with tools.book.read() as txn:
        going = recalls_in(txn, RecallState.APPROVED, RecallState.REVIEWING, app=app)
        pages = {r.id: progress_page(r, effect_lines(txn, r), delivery_lines(txn, r), plan=plan_lines(txn, r)) for r in going}
    for recall_id, page in pages.items():
        publish_markdown(f"progress-{recall_id}", page, "How far the recall is")


@courtesy
def show_review(tools: Toolbox, recall_id: str) -> None:
    """The nightly review."""
    from integrations.pages.review_report import review_report

    recall, reviews, cells = review_facts(tools, recall_id)
    page = review_report(recall, reviews, target_reach=tools.policy.reviewing.target_reach, cells=cells)
    publish_markdown(f"review-{recall_id}", page, f"Review of {reviews[-1].night}")


@courtesy
def show_standstill(tools: Toolbox) -> None:
    """The brake, while it is engaged."""
    from integrations.pages.standstill import standstill_page

    with tools.book.read() as txn:
        proof = proof_of(txn)
    if proof is not None:
        event = proof.event
        page = standstill_page(event.id, event.person, event.reason, event.at, proof.surfaces, proof.held)
        publish_markdown(f"brake-{event.id}", page, f"Brake {event.id}: what stands still, and what does not")
