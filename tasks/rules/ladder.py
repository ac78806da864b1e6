"""What a level asks for at some strength of evidence: the ladder from looking on to recalling.

    evidence         low      medium        high      serious
    below 1/halt     watch    watch         watch     watch
    from 1/halt      ticket   ticket        halt      recall
    from 1/recall    ticket   fix forward   recall    recall

The table is that of the default `risk.propose_from`, which is high. A level below it never asks for a recall, but for a fix in the next
version; a level from it on is recalled from 1/recall on.

1/halt is 20 and 1/recall is 100 by default (`detection.alpha_halt`, `detection.alpha_recall`). A halt can be taken back, a recall cannot:
the worse the level, the less evidence is waited for. At "fix forward" the roll-out halts and the next version mends it; nobody is told.

Only a recall is put before the signers by itself (`tasks/rules/issues.py`). For a halt, and a fix in the next version, people are asked: an
issue that was put before the signers is not judged anew, so a mild proposal would keep a worse level from them.

Add here when a level should ask for something else; rather in `decision.py` when it is about what is put before the signers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from configs.policy import Policy
from configs.terms import Evidence, Level, Rung
from tasks.rules.decision import should_propose

AT_HALT = {Level.LOW: Rung.TICKET, Level.MEDIUM: Rung.TICKET, Level.HIGH: Rung.HALT, Level.SERIOUS: Rung.RECALL}
AT_RECALL = {Level.LOW: Rung.TICKET, Level.MEDIUM: Rung.FIX_FORWARD, Level.HIGH: Rung.RECALL, Level.SERIOUS: Rung.RECALL}

FOR_PEOPLE = frozenset({Rung.HALT, Rung.FIX_FORWARD})
"""Rungs that people are asked for: no proposal carries them out."""

IN_WORDS = {
    Rung.WATCH: "look on",
    Rung.TICKET: "a ticket for the developers",
    Rung.HALT: "halt the roll-out in the store; a recall waits for more evidence",
    Rung.FIX_FORWARD: "halt the roll-out in the store and fix it in the next version",
    Rung.RECALL: "halt the roll-out and recall",
}


def action_for(level: Level, log_evidence: float, policy: Policy) -> Rung:
    """The rung by the table above. `log_evidence`: natural log of the evidence, of the strongest metric or of all of them together."""
    if log_evidence < math.log(1 / policy.detection.alpha_halt):
        return Rung.WATCH
    is_sure = log_evidence >= math.log(1 / policy.detection.alpha_recall)
    if should_propose(level, policy.risk):
        return Rung.RECALL if is_sure else AT_HALT[level]
    rung = AT_RECALL[level] if is_sure else AT_HALT[level]
    return Rung.FIX_FORWARD if rung is Rung.RECALL else rung


def strength(evidence: Iterable[Evidence]) -> float:
    """The strongest evidence there is, of one metric or of all together."""
    return max((max(e.log_evidence, e.log_combined) for e in evidence), default=0.0)
