"""Nightly reviews in the ledger.

Add here when a review's row changes; rather in `tasks/rules/effectiveness.py` when it is about its verdict.
"""

from __future__ import annotations

from configs.terms import Review
from integrations.ledger.book import Txn
from integrations.ledger.records import dumped, loaded
from integrations.ledger.times import as_text


def add_review(txn: Txn, review: Review) -> None:
    """Adds a night's review; a second one of the same night changes nothing."""
    txn.run(
        "INSERT INTO reviews (recall_id, night, at, verdict, review_json) VALUES (:recall_id, :night, :at, :verdict, :json)"
        " ON CONFLICT DO NOTHING",
        recall_id=review.recall_id,
        night=review.night,
        at=as_text(review.at),
        verdict=review.verdict.value,
        json=dumped(review),
    )


def reviews_of(txn: Txn, recall_id: str) -> tuple[Review, ...]:
    """All reviews of a recall, oldest first."""
    rows = txn.rows("SELECT review_json FROM reviews WHERE recall_id = :recall_id ORDER BY night", recall_id=recall_id)
    return tuple(loaded(Review, str(row["review_json"])) for row in rows)
