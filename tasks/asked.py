"""A question as the ledger has it: what it is about, its text, whether it is open.

Add here when steps need to know more of a question; rather in `integrations/ledger/signing.py` when it is about its row.
"""

from __future__ import annotations

from integrations.ledger.book import Txn
from integrations.ledger.records import loaded
from integrations.ledger.signing import the_question
from tasks.rules.signoff import Asked
from tasks.rules.standing import kind_of_question


def the_asked(txn: Txn, question_id: str) -> tuple[str, Asked, bool]:
    """What a question is about, the question, and whether it is open. Raises NotFound."""
    about, body, is_open = the_question(txn, question_id)
    kind: type[Asked] = kind_of_question(about)
    return about, loaded(kind, body), is_open
