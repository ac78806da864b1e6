"""Who signs, as it was agreed: the policy with the signoff section in force, and the founding of the first one.

Every step that asks, hears or stops for people uses this policy, read in its own transaction; the file's section is only what was agreed
as long as it is the same.

Add here when a step must know who signs; rather in `tasks/roles.py` when it changes who does.
"""

from __future__ import annotations

from configs.policy import Policy, Signoff
from integrations.ledger.book import Entry, Txn
from integrations.ledger.sealed import opened, sealed
from integrations.ledger.sections import add_agreement, agreed, keep_section, section_of, was_anything_asked
from integrations.toolbox import Toolbox
from tasks.rules.roles import ABOUT, is_founding, section_digest, section_from, section_text


def in_force(tools: Toolbox, txn: Txn) -> Policy:
    """The policy with the signoff section that was agreed; before the founding the file's."""
    section = agreed_section(tools, txn)
    if section is None or section == tools.policy.signoff:
        return tools.policy
    return tools.policy.model_copy(update={"signoff": section})


def policy_in_force(tools: Toolbox) -> Policy:
    """The same for a step that has no transaction open."""
    with tools.book.read() as txn:
        return in_force(tools, txn)


def founded(tools: Toolbox, txn: Txn) -> Policy:
    """The policy in force, after founding where nobody could have signed for another section yet. Journaled as `roles.founded`."""
    file = tools.policy.signoff
    if is_founding(agreed_section(tools, txn), file, was_anything_asked(txn)):
        put_in_force(tools, txn, file, "founded")
    return in_force(tools, txn)


def put_in_force(tools: Toolbox, txn: Txn, section: Signoff, manner: str, question: str = "") -> None:
    """Adds the agreement and its journal entry, which names people and roles and no address."""
    digest = section_digest(section)
    keep_section(txn, digest, sealed(section_text(section), tools.secret))
    now = add_agreement(txn, digest, manner, question)
    people = {name: [*person.roles, *(["may brake"] if person.may_brake else [])] for name, person in section.people.items()}
    facts = {"number": now.number, "section": digest, "needed": {n: r.needed for n, r in section.roles.items()}, "people": people}
    said = {"by": "nobody: this is the founding"} if manner == "founded" else {"question": question}
    txn.append(Entry(kind=f"roles.{manner}", subject=ABOUT, facts=facts | said))


def agreed_section(tools: Toolbox, txn: Txn) -> Signoff | None:
    """The section in force; None before the founding."""
    found = agreed(txn)
    if found is None:
        return None
    file = tools.policy.signoff
    return file if found.digest == section_digest(file) else kept_section(tools, txn, found.digest)


def kept_section(tools: Toolbox, txn: Txn, digest: str) -> Signoff:
    """A section that was agreed on or asked about, by its digest."""
    return section_from(opened(section_of(txn, digest), tools.secret), tools.policy.signoff)
