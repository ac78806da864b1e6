"""When people meet about a proposal, and when a meeting falls away.

The calendar's rules (RFC 5545, 5546): a meeting keeps its UID for good, and every change of it has a higher sequence than the one before.

Add here when a meeting is arranged or cancelled for another reason; rather in `integrations/invitations.py` when its file looks different.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from configs.errors import BadInput, Refused
from configs.plans import Ends, PlanRules
from configs.policy import Signoff
from configs.terms import Meeting, MeetingState, Minutes, Proposal, RecallState

LONGEST_WORDS = 2000
"""Characters of one argument, or of the decision: minutes are read in a page."""

MOST_ARGUMENTS = 50


def meeting_for(proposal: Proposal, known: Meeting | None, rules: PlanRules, now: datetime) -> Meeting | None:
    """The meeting as it should be for the open proposal; None when it is so already.

    | known meeting                     | the new one                                    |
    |-----------------------------------|------------------------------------------------|
    | none                              | after the policy's time, sequence 0            |
    | planned, about this very text     | none needed                                    |
    | planned, not begun, another text  | at the same time, next sequence                |
    | planned and begun, another text   | after the policy's time, next sequence         |
    | cancelled                         | after the policy's time, next sequence         |
    """
    times = rules.meeting[proposal.level]
    starts = now + timedelta(minutes=times.starts_after_minutes)
    ends = starts + timedelta(minutes=times.lasts_minutes)
    if known is None:
        uid = f"{proposal.recall_id}.{now.astimezone(UTC):%Y%m%dT%H%M%SZ}@{rules.organizer.partition('@')[2]}"
        return Meeting(proposal.recall_id, uid, 0, MeetingState.PLANNED, starts, ends, proposal.id, proposal.digest)
    if known.state is MeetingState.PLANNED and known.digest == proposal.digest:
        return None
    if known.state is MeetingState.PLANNED and now < known.starts_at:
        starts, ends = known.starts_at, known.ends_at
    changed = replace(known, state=MeetingState.PLANNED, starts_at=starts, ends_at=ends)
    return replace(changed, sequence=known.sequence + 1, proposal_id=proposal.id, digest=proposal.digest)


def cancelled(known: Meeting, state: RecallState, rejected: bool, rules: PlanRules, now: datetime) -> Meeting | None:
    """The meeting, cancelled because its question has ended so; None where it stands, or has begun. `rejected`: by a signer."""
    if known.state is not MeetingState.PLANNED or now >= known.starts_at or ended_by(state, rejected) not in rules.meeting_cancelled_by:
        return None
    return replace(known, state=MeetingState.CANCELLED, sequence=known.sequence + 1)


def ended_by(state: RecallState, rejected: bool) -> Ends:
    """How a recall's question has ended, by the state the recall is in without an open one.

    | a signer rejected | state              | ended by  |
    |-------------------|--------------------|-----------|
    | yes               | any                | declined  |
    | no                | proposed, declined | withdrawn |
    | no                | any other          | approved  |
    """
    if rejected:
        return Ends.DECLINED
    return Ends.WITHDRAWN if state in (RecallState.PROPOSED, RecallState.DECLINED) else Ends.APPROVED


# --- minutes --------------------------------------------------------------------------------------------------------------


def check_minutes(minutes: Minutes, earlier: Sequence[Minutes], signoff: Signoff) -> None:
    """Returns when these minutes may be entered. `earlier`: what was entered about the same proposal.

    Raises:
        BadInput: somebody is unknown, nobody attended, or nothing was argued or decided.
        Refused: there are minutes already and this is no correction, or it corrects nothing, or says too little why.
    """
    unknown = sorted({minutes.person, *minutes.attended} - set(signoff.people))
    if unknown:
        raise BadInput(f"nobody of the policy is called {', '.join(map(repr, unknown))}; there are {', '.join(sorted(signoff.people))}")
    if not minutes.attended or not minutes.decision or not any(minutes.arguments):
        raise BadInput("minutes say who attended, at least one argument, and what was decided")
    if len(minutes.arguments) > MOST_ARGUMENTS:
        raise BadInput(f"{len(minutes.arguments)} arguments are too many to read; at most {MOST_ARGUMENTS}")
    if earlier and not minutes.correction:
        raise Refused(
            f"the minutes about {minutes.proposal_id} were entered by {earlier[-1].person}; --correct with a reason replaces them"
        )
    if minutes.correction and not earlier:
        raise Refused(f"there are no minutes about {minutes.proposal_id} to correct; enter them without --correct")
    if minutes.correction and sum(c.isalnum() for c in minutes.correction) < signoff.min_reason_characters:
        raise Refused(f"a correction needs a reason of at least {signoff.min_reason_characters} letters and digits")


def one_line(text: str, longest: int = LONGEST_WORDS) -> str:
    """The text on one line without control, direction or surrogate characters, shortened."""
    seen = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in text)
    line = " ".join(seen.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
