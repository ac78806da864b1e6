"""Steps that follow up silence: reminders, deputies, the contact, and the statement that was approved beforehand. None of them decides.

Add here when silence is followed up by another step; rather in `tasks/rules/deadlines.py` when it is due at another time.
"""

from __future__ import annotations

from functools import partial

from configs.effects import Effect, EffectKind, EffectState, Message
from configs.errors import BadInput, WordingRefused
from configs.policy import Signoff
from configs.terms import Proposal
from configs.wording import wording_rules
from integrations.ledger.book import Txn
from integrations.ledger.outbox import of_recall, queue
from integrations.ledger.records import loaded
from integrations.ledger.signing import open_proposals, signatures_on, the_question
from integrations.ledger.void import turn_of
from integrations.toolbox import Toolbox
from tasks.agreed import in_force, policy_in_force
from tasks.messages import sent_once
from tasks.outcome import Outcome as Result
from tasks.rules import deadlines
from tasks.rules.deadlines import Stage, due_stages, may_hold
from tasks.rules.signoff import Outcome, outcome
from tasks.rules.wording_rules import softened
from tasks.run import all_of
from tasks.step import Work, step

SUBJECT_CHARACTERS = 100
"""Of the statement's first sentence, where a channel has subjects."""


def chase_due(tools: Toolbox, app: str = "") -> tuple[str, ...]:
    """Does every stage that is due and was not done; returns them as "P-... reminder"."""
    now = tools.clock.now()
    with tools.book.read() as txn:
        signoff = in_force(tools, txn).signoff
        waiting = [(p, _outcome(txn, p, signoff)) for p in open_proposals(txn) if app in ("", p.scope.app)]
    stages = [(p.id, stage) for p, result in waiting for stage in due_stages(p, result, signoff, now)]
    holdings = [p.id for p, result in waiting if may_hold(p, result, signoff, now)]
    return tuple(
        all_of(
            *(partial(chase, tools, proposal_id=name, stage=stage) for name, stage in stages if not _is_chased(tools, name, stage)),
            *(partial(hold, tools, proposal_id=name) for name in holdings if not hold.is_done(tools, proposal_id=name)),
        )
    )


def _is_chased(tools: Toolbox, proposal_id: str, stage: Stage) -> bool:
    return chase.is_done(tools, proposal_id=proposal_id, stage=stage)


def _outcome(txn: Txn, proposal: Proposal, signoff: Signoff) -> Outcome:
    return outcome(proposal, signatures_on(txn, proposal.id), signoff, txn.now)


@step(identity=("proposal_id", "stage"), subject="{proposal_id}")
def chase(work: Work, proposal_id: str, stage: Stage) -> str:
    """Queues the messages of one stage to whoever still owes a signature. A proposal decided meanwhile needs none."""
    with work.write() as txn:
        _, body, is_open = the_question(txn, proposal_id)
        proposal, policy = loaded(Proposal, body), in_force(work.tools, txn)
        result = _outcome(txn, proposal, policy.signoff)
        due = is_open and stage in due_stages(proposal, result, policy.signoff, txn.now)
        turns = {name: turn_of(txn, proposal_id, name) for name in policy.signoff.people}
        messages = deadlines.messages(stage, proposal, result, policy, turns) if due else []
        queue(txn, *messages)
        missing = {one.role: one.count for one in result.missing}
        facts = {"stage": stage.value, "missing": missing, "messages": len(messages)}
        return work.done(txn, "signers.chased", facts, f"{proposal_id} {stage.value}")


@step(identity=("proposal_id",), subject="{proposal_id}")
def hold(work: Work, proposal_id: str) -> str:
    """Queues the statement that was approved beforehand; the journal says on whose word, in which words, and who was silent for how long.

    Raises:
        WordingRefused: the words play the hazard down; mend them in the policy.
    """
    with work.write() as txn:
        _, body, is_open = the_question(txn, proposal_id)
        proposal, signoff = loaded(Proposal, body), in_force(work.tools, txn).signoff
        holding = signoff.holding
        said = _was_said(txn, proposal)
        if holding is None or said or not (is_open and may_hold(proposal, _outcome(txn, proposal, signoff), signoff, txn.now)):
            return work.done(txn, "holding.not_due", {"open": is_open, "said": said}, f"{proposal_id} not due")
        title = work.tools.settings.app(proposal.scope.app).title
        statements = deadlines.statements(holding, proposal, title)
        _refuse_softened(statements, title)
        queue(txn, *statements)
        facts = {
            "silent_role": holding.silent_role,
            "silent_minutes": int((txn.now - proposal.opened_at).total_seconds() // 60),
            "approved_by": holding.approved_by,
            "words": deadlines.texts_digest(holding.texts),
            "languages": sorted(holding.texts),
        }
        return work.done(txn, "holding.queued", facts, f"{proposal_id} holding statement")


def _was_said(txn: Txn, proposal: Proposal) -> bool:
    """Whether it went out for an earlier revision of the proposal: the public hears it once a recall."""
    mine = of_recall(txn, proposal.recall_id)
    return any(e.kind is EffectKind.SEND_HOLDING and e.state is not EffectState.CANCELLED for e in mine)


def _refuse_softened(statements: list[Effect], title: str) -> None:
    for statement in statements:
        language, text = str(statement.body["language"]), str(statement.body["text"])
        found = softened({"text": text}, title, wording_rules(language))
        if found:
            raise WordingRefused(
                f"the holding statement in {language!r} cannot be sent: {'; '.join(map(str, found))}; mend signoff.holding.texts"
            )


def send_holding(work: Work, effect: Effect, in_doubt: bool) -> Result:
    """Sends one statement on one channel, at most once where the channel cannot be asked."""
    holding, name = policy_in_force(work.tools).signoff.holding, str(effect.body["channel"])
    if holding is None or name not in holding.channels or name not in work.tools.channels:
        raise BadInput(f"channel {name!r} of the holding statement is not in the policy and the settings any more; nothing was sent")
    text, language = str(effect.body["text"]), str(effect.body["language"])
    message = Message(effect.key, holding.channels[name] or "public", text[:SUBJECT_CHARACTERS], text, locale=language, urgent=True)
    return sent_once(work.tools.channels[name], message, in_doubt)
