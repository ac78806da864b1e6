"""Steps of the evaluation meeting: arrange it for the open proposal, take it back when the question has ended, keep its minutes.

A tick compares the meeting with the proposal that is open now, so that whatever changed the proposal (renewed, amended, withdrawn,
decided) changes the meeting, without having to know of it.

Add here when something else happens about meetings; rather in `tasks/rules/meetings.py` when it is about when people meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from configs.effects import EffectKind, EffectState
from configs.errors import NotFound
from configs.policy import Signoff
from configs.terms import Meeting, Minutes, Proposal, Verdict
from integrations.ledger import outbox
from integrations.ledger.book import Txn
from integrations.ledger.cases import the_recall
from integrations.ledger.meetings import add_minutes, coming_meetings, find_meeting, keep_meeting, minutes_about
from integrations.ledger.signing import open_proposals, proposals_of, signatures_on, the_question
from integrations.ledger.times import as_text
from integrations.toolbox import Toolbox
from tasks.agreed import in_force
from tasks.rules import plan
from tasks.rules.meetings import cancelled, check_minutes, meeting_for, one_line
from tasks.run import all_of
from tasks.step import Work, step

NOT_SENT = (EffectState.QUEUED, EffectState.FAILED, EffectState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Arranged:
    """`starts_at`: as text; `invited`: how many people are written to."""

    recall_id: str
    sequence: int
    starts_at: str
    invited: int


@step(identity=("recall_id", "sequence"), subject="{recall_id}")
def arrange_meeting(work: Work, recall_id: str, sequence: int) -> Arranged:
    """Arranges the meeting about the recall's open proposal, or changes it, and queues the invitations."""
    with work.write() as txn:
        wanted = _wanted(work.tools, txn, recall_id)
        if wanted is None or wanted.sequence != sequence:
            return Arranged(recall_id, sequence, "", 0)
        people = _invited(in_force(work.tools, txn).signoff)
        return _written(work, txn, wanted, people, "meeting.arranged")


@step(identity=("recall_id", "sequence"), subject="{recall_id}")
def cancel_meeting(work: Work, recall_id: str, sequence: int) -> Arranged:
    """Takes back a meeting that has not begun and whose question has ended; tells those who were invited."""
    with work.write() as txn:
        ended = _ended(work.tools, txn, recall_id)
        if ended is None or ended.sequence != sequence:
            return Arranged(recall_id, sequence, "", 0)
        effects = outbox.of_recall(txn, recall_id)
        invited = {str(e.body["person"]) for e in effects if e.kind is EffectKind.INVITE and e.state not in NOT_SENT}
        return _written(work, txn, ended, sorted(invited), "meeting.cancelled")


def _written(work: Work, txn: Txn, meeting: Meeting, people: Sequence[str], kind: str) -> Arranged:
    keep_meeting(txn, meeting)
    outbox.queue(txn, *plan.invitations(meeting, the_recall(txn, meeting.recall_id).revision, people))
    starts = as_text(meeting.starts_at)
    facts = {"uid": meeting.uid, "sequence": meeting.sequence, "starts_at": starts, "proposal": meeting.proposal_id}
    return work.done(txn, kind, facts, Arranged(meeting.recall_id, meeting.sequence, starts, len(people)))


def _invited(signoff: Signoff) -> list[str]:
    return [name for name, person in signoff.people.items() if person.roles]


def _open_proposal(txn: Txn, recall_id: str) -> Proposal | None:
    return next((one for one in open_proposals(txn) if one.recall_id == recall_id), None)


def _wanted(tools: Toolbox, txn: Txn, recall_id: str) -> Meeting | None:
    proposal = _open_proposal(txn, recall_id)
    return None if proposal is None else meeting_for(proposal, find_meeting(txn, recall_id), tools.policy.plan, txn.now)


def _ended(tools: Toolbox, txn: Txn, recall_id: str) -> Meeting | None:
    known = find_meeting(txn, recall_id)
    if known is None or _open_proposal(txn, recall_id) is not None:
        return None
    rejected = any(signature.verdict is Verdict.REJECT for signature in signatures_on(txn, known.proposal_id))
    return cancelled(known, the_recall(txn, recall_id).state, rejected, tools.policy.plan, txn.now)


def meet_due(tools: Toolbox, app: str = "") -> tuple[Arranged, ...]:
    """Arranges, changes or takes back every meeting that is not as its proposal asks for."""
    now = tools.clock.now()
    with tools.book.read() as txn:
        asked = [p.recall_id for p in open_proposals(txn) if app in ("", p.scope.app)]
        coming = [m.recall_id for m in coming_meetings(txn, now) if app in ("", the_recall(txn, m.recall_id).app)]
        wanted = _some(_wanted(tools, txn, one) for one in asked)
        ended = _some(_ended(tools, txn, one) for one in coming)
    steps = [partial(arrange_meeting, tools, recall_id=one.recall_id, sequence=one.sequence) for one in wanted]
    steps += [partial(cancel_meeting, tools, recall_id=one.recall_id, sequence=one.sequence) for one in ended]
    return tuple(all_of(*steps))


def _some(found: Iterable[Meeting | None]) -> list[Meeting]:
    return [one for one in found if one is not None]


# --- minutes --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entered:
    """`number`: 1 for the first entry about a proposal, more for corrections."""

    proposal_id: str
    number: int


@step(subject="{proposal_id}")
def enter_minutes(
    work: Work, proposal_id: str, person: str, attended: tuple[str, ...], arguments: tuple[str, ...], decision: str, correction: str = ""
) -> Entered:
    """Keeps what was said and decided about a proposal. `correction`: why this replaces what was entered before, which stays readable.

    Raises:
        NotFound: no such proposal.
        BadInput: somebody is unknown, or nothing was said.
        Refused: there are minutes and this is no correction.
    """
    with work.write() as txn:
        recall_id = the_question(txn, proposal_id)[0]
        if not any(one.id == proposal_id for one in proposals_of(txn, recall_id) if recall_id.startswith("REC-")):
            raise NotFound(f"{proposal_id!r} is no proposal of a recall; `recall status` lists those")
        earlier = minutes_about(txn, proposal_id)
        entry = Minutes(
            recall_id=recall_id,
            proposal_id=proposal_id,
            number=len(earlier) + 1,
            at=txn.now,
            person=person,
            attended=tuple(dict.fromkeys(attended)),
            arguments=tuple(line for one in arguments if (line := one_line(one))),
            decision=one_line(decision),
            correction=one_line(correction),
        )
        check_minutes(entry, earlier, in_force(work.tools, txn).signoff)
        add_minutes(txn, entry)
        said = {"recall": recall_id, "number": entry.number, "attended": list(entry.attended), "correction": entry.correction[:500]}
        words = {"decision": entry.decision[:500], "arguments": len(entry.arguments)}
        return work.done(txn, "minutes.entered", said | words, Entered(proposal_id, entry.number), actor=person)
