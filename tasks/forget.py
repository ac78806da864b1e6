"""The step that erases a person: whom a pseudonym stands for, and every address of theirs that waits to be written to.

What was done stays: deliveries keep the pseudonym, which now stands for nobody, and the journal still verifies.

Add here when the ledger learns something else of a person; rather in `integrations/sealing.py` when it is about how addresses are kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from configs.errors import BadInput
from integrations.ledger.deliveries import erase_subject
from tasks.agreed import policy_in_force
from tasks.rules.pseudonyms import pseudonym
from tasks.step import Work, step


@dataclass(frozen=True, slots=True)
class Forgotten:
    """`was_known`: the ledger knew who it is; `addresses`: how many waiting notices lost their address."""

    was_known: bool
    addresses: int


@step(identity=("request",), subject="subjects", secret=("subject",))
def forget(work: Work, subject: str, person: str, reason: str, request: str) -> Forgotten:
    """Erases one person by the id they have in the list of contacts; the id itself is written nowhere.

    Raises:
        BadInput: no id, an unknown person, or too short a reason.
    """
    signoff = policy_in_force(work.tools).signoff
    if not subject.strip() or person not in signoff.people or sum(c.isalnum() for c in reason) < signoff.min_reason_characters:
        raise BadInput("erasing needs the contact's id, a --person the policy knows, and a --reason that says something")
    with work.write() as txn:
        name = pseudonym(work.tools.secret, subject)
        was_known, addresses = erase_subject(txn, name)
        facts = {"pseudonym": name, "was_known": was_known, "addresses": addresses, "reason": reason[:500]}
        return work.done(txn, "subject.forgotten", facts, Forgotten(was_known, addresses), actor=person)
