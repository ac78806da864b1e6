"""Journal entries as sentences, for the timeline of the dossier and the demo.

Add here when a new kind of entry should be told; rather in the step that writes it when it lacks a fact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from integrations.ledger.journal import Told


def in_words(entry: Told) -> str:
    """One sentence about an entry; "" for what only matters to an auditor."""
    teller = TELLERS.get(entry.kind)
    return teller(entry) if teller else ""


def _fact(entry: Told, name: str) -> str:
    return str(entry.facts.get(name, ""))


def _scored(entry: Told) -> str:
    opened, told = entry.facts.get("opened"), entry.facts.get("told")
    said = [f"issue {', '.join(map(str, opened))} opened"] if isinstance(opened, list) and opened else []
    lines = [line for line in told if isinstance(line, Mapping)] if isinstance(told, list) else []
    return "; ".join([*said, *(LOOKS[change].format(**line) for line in lines if (change := str(line.get("change"))) in LOOKS)])


def _unknown(entry: Told) -> str:
    told = entry.facts.get("told")
    return f"operators told of what is unknown: {', '.join(map(str, told))}" if isinstance(told, list) and told else ""


def _proposed(entry: Told) -> str:
    return f"{_fact(entry, 'action')} recall proposed at level {_fact(entry, 'level')} ({_fact(entry, 'proposal')})"


def _signed(entry: Told) -> str:
    verb = {"approve": "approved", "reject": "rejected"}.get(_fact(entry, "verdict"), "signed")
    return f"{_fact(entry, 'person')} {verb} for {_fact(entry, 'role')}: {_fact(entry, 'reason')}"


def _effect_done(entry: Told) -> str:
    kind, target = _fact(entry, "kind"), _fact(entry, "target")
    said = {"halt_rollout": f"roll-out halted: {target}", "publish_fix": f"fix published: {target}"}
    return said.get(kind, "")


def _effect_failed(entry: Told) -> str:
    receipt = entry.facts.get("receipt")
    why = receipt.get("reason", "") if isinstance(receipt, Mapping) else ""
    return f"{_fact(entry, 'kind')} {_fact(entry, 'target')} failed: {why}"


def _plan_changed(entry: Told) -> str:
    changes = entry.facts.get("changes")
    return f"plan changed: {'; '.join(map(str, changes)) if isinstance(changes, list) else ''}; {_fact(entry, 'reason')}"


def _minutes(entry: Told) -> str:
    correction = _fact(entry, "correction")
    return f"minutes {'corrected' if correction else 'entered'}: {_fact(entry, 'decision')}{f' ({correction})' if correction else ''}"


def _frozen(entry: Told) -> str:
    wave = int(str(entry.facts.get("wave", 0)))
    name = "first notices" if wave == 0 else f"follow-up {wave}"
    return f"{name}: {int(str(entry.facts.get('notices', 0))):,} people, {_fact(entry, 'unreachable')} without an address"


def _reviewed(entry: Told) -> str:
    reasons = entry.facts.get("reasons")
    first = reasons[0] if isinstance(reasons, list) and reasons else ""
    return f"review of {_fact(entry, 'night')}: {_fact(entry, 'verdict').replace('_', ' ')}; {first}"


def _closed(entry: Told) -> str:
    lines = entry.facts.get("prediction")
    found = [line for line in lines if isinstance(line, Mapping)] if isinstance(lines, list) else []
    off = next((line["error_thousandths"] for line in found if line.get("measure") == "exposure_hours"), None)
    return "recall closed" if not isinstance(off, int) else f"recall closed; the predicted exposure-hours were {_off(off)}"


def _off(thousandths: int) -> str:
    return f"{abs(thousandths) / 10:.0f} % too {'high' if thousandths > 0 else 'low'}" if thousandths else "exactly right"


LOOKS: Mapping[str, str] = {
    "confirmed": "{metric} confirms {issue} as {kind}: {reason}",
    "widened": "{issue} widened {reason}",
    "narrowed": "{issue} narrowed {reason}",
    "reopened": "{issue} opened again: {reason}",
}
"""What a look told of an issue; that it was opened is said before."""

TELLERS: Mapping[str, Callable[[Told], str]] = {
    "release.scored": _scored,
    "source.failed": lambda e: f"source {e.subject} could not be read: {_fact(e, 'reason')}",
    "unknown.watched": _unknown,
    "quarantine.released": lambda e: f"held rows of {e.subject} taken in: {_fact(e, 'rows')}, for {_fact(e, 'reason')}",
    "quarantine.dropped": lambda e: f"held rows of {e.subject} dropped: {_fact(e, 'rows')}, for {_fact(e, 'reason')}",
    "issue.merged": lambda e: f"{e.subject} merged into {_fact(e, 'into')}: {_fact(e, 'reason')}",
    "issue.split": lambda e: f"{_fact(e, 'part')} split off from {e.subject} ({_fact(e, 'of')}): {_fact(e, 'reason')}",
    "recall.proposed": _proposed,
    "proposal.renewed": lambda e: f"time ran out; proposed again as {_fact(e, 'proposal')}",
    "signature.given": _signed,
    "effect.done": _effect_done,
    "effect.failed": _effect_failed,
    "notices.frozen": _frozen,
    "meeting.arranged": lambda e: (
        f"evaluation meeting at {_fact(e, 'starts_at')[:16].replace('T', ' ')} UTC, invitation {_fact(e, 'sequence')}"
    ),
    "meeting.cancelled": lambda _: "evaluation meeting cancelled",
    "minutes.entered": _minutes,
    "widening.proposed": lambda e: f"signers asked for a full recall ({_fact(e, 'proposal')}): {_fact(e, 'why')}",
    "plan.changed": _plan_changed,
    "milestone.reached": lambda e: f"milestone reached: {_fact(e, 'milestone')}",
    "milestone.due": lambda e: f"{_fact(e, 'owner')} reminded: {_fact(e, 'milestone')}",
    "milestone.late": lambda e: f"late: {_fact(e, 'milestone')}, {_fact(e, 'owner')} and operators told",
    "fix.named": lambda e: f"fixed version named: {_fact(e, 'version')}",
    "recall.reviewing": lambda _: "carried out: halted, told, fix published; nightly reviews begin",
    "recall.reviewed": _reviewed,
    "recall.closed": _closed,
    "journal.attested": lambda e: f"journal attested: {_fact(e, 'entries')} entries",
    "step.failed": lambda e: f"step {_fact(e, 'step')} failed: {_fact(e, 'message')}",
}
