"""A wave while it is being frozen: written down in portions of bounded size, taken over as deliveries in one transaction.

Add here when freezing must remember more of a portion; rather in `integrations/ledger/deliveries.py` when a frozen notice must.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from integrations.ledger.book import Txn

_WAVE = "recall_id = :recall_id AND revision = :revision AND wave = :wave"


class Draft(NamedTuple):
    """One notice to be: its place in the wave, its key, whom it is for, and the address, sealed."""

    number: int
    key: str
    subject: str
    contact_id: str
    channel: str
    locale: str
    sealed: bytes


def drop_drafts(txn: Txn, recall_id: str, revision: int, wave: int) -> int:
    """Forgets what an earlier try left; how many that were."""
    return txn.run(f"DELETE FROM delivery_drafts WHERE {_WAVE}", recall_id=recall_id, revision=revision, wave=wave)


def add_drafts(txn: Txn, recall_id: str, revision: int, wave: int, drafts: Sequence[Draft]) -> None:
    """Adds a portion; a key that is there already is the same person named twice, and the first stands."""
    wave_of = {"recall_id": recall_id, "revision": revision, "wave": wave}
    txn.run_many(
        "INSERT INTO delivery_drafts (key, recall_id, revision, wave, number, subject, contact_id, channel, locale, sealed)"
        " VALUES (:key, :recall_id, :revision, :wave, :number, :subject, :contact_id, :channel, :locale, :sealed)"
        " ON CONFLICT (key) DO NOTHING",
        [draft._asdict() | wave_of for draft in drafts],
    )


def take_over(txn: Txn, recall_id: str, revision: int, wave: int, chunk_size: int) -> dict[int, int]:
    """Turns every draft of the wave into a delivery; how many each chunk has."""
    where = {"recall_id": recall_id, "revision": revision, "wave": wave}
    txn.run(
        "INSERT INTO subjects (pseudonym, contact_id)"
        f" SELECT subject, contact_id FROM delivery_drafts WHERE {_WAVE} ON CONFLICT (pseudonym) DO NOTHING",
        **where,
    )
    txn.run(
        "INSERT INTO deliveries (key, recall_id, revision, wave, chunk, subject, channel, locale, state, provider_id, detail, sealed)"
        " SELECT key, recall_id, revision, wave, number / :size, subject, channel, locale, 'queued', '', '', sealed"
        f" FROM delivery_drafts WHERE {_WAVE} ORDER BY number ON CONFLICT (key) DO NOTHING",
        **where,
        size=chunk_size,
    )
    sql = f"SELECT number / :size AS chunk, count(*) AS n FROM delivery_drafts WHERE {_WAVE} GROUP BY number / :size ORDER BY 1"
    sizes = {row.number("chunk"): row.number("n") for row in txn.rows(sql, **where, size=chunk_size)}
    drop_drafts(txn, recall_id, revision, wave)
    return sizes
