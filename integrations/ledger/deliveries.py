"""Notices to exposed users in the ledger: who (a pseudonym), by which channel, in which chunk, and what became of it.

Add here when a delivery's row changes; rather in `integrations/channels` when it is about sending.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from configs.effects import DeliveryState, Receipt
from integrations.ledger.book import Txn


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notice to one subject. `key` is deterministic over recall, revision, wave and subject."""

    key: str
    recall_id: str
    revision: int
    wave: int
    chunk: int
    subject: str
    channel: str
    locale: str
    state: DeliveryState = DeliveryState.QUEUED


def add_deliveries(txn: Txn, deliveries: Iterable[Delivery], contact_ids: Mapping[str, str]) -> None:
    """Freezes a wave: its deliveries, and which contact each pseudonym stands for (`contact_ids`: pseudonym -> the source's id)."""
    txn.run_many(
        "INSERT INTO subjects (pseudonym, contact_id) VALUES (:pseudonym, :contact_id) ON CONFLICT DO NOTHING",
        [{"pseudonym": pseudonym, "contact_id": contact_id} for pseudonym, contact_id in contact_ids.items()],
    )
    txn.run_many(
        "INSERT INTO deliveries (key, recall_id, revision, wave, chunk, subject, channel, locale, state, provider_id, detail)"
        " VALUES (:key, :recall_id, :revision, :wave, :chunk, :subject, :channel, :locale, :state, '', '') ON CONFLICT (key) DO NOTHING",
        [
            {
                "key": d.key,
                "recall_id": d.recall_id,
                "revision": d.revision,
                "wave": d.wave,
                "chunk": d.chunk,
                "subject": d.subject,
                "channel": d.channel,
                "locale": d.locale,
                "state": d.state.value,
            }
            for d in deliveries
        ],
    )


def deliveries_in(txn: Txn, recall_id: str, revision: int, wave: int, chunk: int) -> tuple[tuple[Delivery, str], ...]:
    """The deliveries of a chunk with their contact's id ("" once erased), in the order of their keys."""
    rows = txn.rows(
        "SELECT d.key, d.recall_id, d.revision, d.wave, d.chunk, d.subject, d.channel, d.locale, d.state, s.contact_id FROM deliveries d"
        " LEFT JOIN subjects s ON s.pseudonym = d.subject"
        " WHERE d.recall_id = :recall_id AND d.revision = :revision AND d.wave = :wave AND d.chunk = :chunk ORDER BY d.key",
        recall_id=recall_id,
        revision=revision,
        wave=wave,
        chunk=chunk,
    )
    return tuple(
        (
            Delivery(
                key=str(row["key"]),
                recall_id=str(row["recall_id"]),
                revision=int(row["revision"]),
                wave=int(row["wave"]),
                chunk=int(row["chunk"]),
                subject=str(row["subject"]),
                channel=str(row["channel"]),
                locale=str(row["locale"]),
                state=DeliveryState(row["state"]),
            ),
            str(row["contact_id"] or ""),
        )
        for row in rows
    )


def intend(txn: Txn, keys: Sequence[str]) -> None:
    """Says before sending which notices are about to go out: after a crash these, and only these, are in doubt."""
    txn.run_many(
        "UPDATE deliveries SET state = :state WHERE key = :key", [{"key": key, "state": DeliveryState.INTENDED.value} for key in keys]
    )


def settle_deliveries(txn: Txn, receipts: Iterable[Receipt]) -> None:
    """Writes down what became of each notice."""
    txn.run_many(
        "UPDATE deliveries SET state = :state, provider_id = :provider_id, detail = :detail WHERE key = :key",
        [{"key": r.key, "state": r.state.value, "provider_id": r.provider_id, "detail": r.detail[:200]} for r in receipts],
    )


def delivery_counts(txn: Txn, recall_id: str) -> dict[tuple[int, str, str, str], int]:
    """How many notices are in which state: (wave, channel, locale, state) -> number."""
    rows = txn.rows(
        "SELECT wave, channel, locale, state, COUNT(*) AS n FROM deliveries WHERE recall_id = :recall_id"
        " GROUP BY wave, channel, locale, state ORDER BY wave, channel, locale, state",
        recall_id=recall_id,
    )
    return {(int(r["wave"]), str(r["channel"]), str(r["locale"]), str(r["state"])): int(r["n"]) for r in rows}
