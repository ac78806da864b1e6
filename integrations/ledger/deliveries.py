"""Notices to exposed users in the ledger: who (a pseudonym), by which channel, in which chunk, and what became of it.

Add here when a delivery's row changes; rather in `integrations/channels` when it is about sending.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

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


class Waiting(NamedTuple):
    """A notice of a chunk that is not settled: its contact's id is "" once erased, `sealed` is None where no address was frozen."""

    key: str
    channel: str
    locale: str
    state: str
    contact_id: str
    sealed: bytes | None


def waiting_in(txn: Txn, recall_id: str, revision: int, wave: int, chunk: int) -> list[Waiting]:
    """What of a chunk is neither accepted nor bounced, in the order of the keys."""
    rows = txn.tuples(
        "SELECT d.key, d.channel, d.locale, d.state, coalesce(s.contact_id, ''), d.sealed FROM deliveries d"
        " LEFT JOIN subjects s ON s.pseudonym = d.subject"
        " WHERE d.recall_id = :recall_id AND d.revision = :revision AND d.wave = :wave AND d.chunk = :chunk"
        " AND d.state NOT IN ('accepted', 'bounced') ORDER BY d.channel, d.key",
        recall_id=recall_id,
        revision=revision,
        wave=wave,
        chunk=chunk,
    )
    return [Waiting(*row) for row in rows]


def states_in(txn: Txn, recall_id: str, revision: int, wave: int, chunk: int) -> dict[str, int]:
    """How many notices of a chunk are in which state."""
    rows = txn.tuples(
        "SELECT state, count(*) FROM deliveries WHERE recall_id = :recall_id AND revision = :revision AND wave = :wave AND chunk = :chunk"
        " GROUP BY state ORDER BY state",
        recall_id=recall_id,
        revision=revision,
        wave=wave,
        chunk=chunk,
    )
    return {str(state): int(n) for state, n in rows}


def accept_rest(txn: Txn, recall_id: str, revision: int, wave: int, chunk: int, channel: str) -> int:
    """Marks everything of a channel in a chunk that is not settled as accepted; whoever else has another answer is written down after."""
    return txn.run(
        "UPDATE deliveries SET state = 'accepted', detail = '', sealed = NULL WHERE recall_id = :recall_id AND revision = :revision"
        " AND wave = :wave AND chunk = :chunk AND channel = :channel AND state NOT IN ('accepted', 'bounced')",
        recall_id=recall_id,
        revision=revision,
        wave=wave,
        chunk=chunk,
        channel=channel,
    )


def failed_channels(txn: Txn, recall_id: str) -> dict[str, frozenset[str]]:
    """By subject: the channels on which a notice of this recall came back for good."""
    found: dict[str, frozenset[str]] = {}
    for row in txn.rows("SELECT DISTINCT subject, channel FROM deliveries WHERE recall_id = :id AND state = 'bounced'", id=recall_id):
        found[str(row["subject"])] = found.get(str(row["subject"]), frozenset()) | {str(row["channel"])}
    return found


def intend(txn: Txn, keys: Sequence[str]) -> None:
    """Says before sending which notices are about to go out: after a crash these, and only these, are in doubt."""
    txn.run_many(
        "UPDATE deliveries SET state = :state WHERE key = :key", [{"key": key, "state": DeliveryState.INTENDED.value} for key in keys]
    )


def settle_deliveries(txn: Txn, receipts: Iterable[Receipt]) -> None:
    """Writes down what became of each notice; an address that is needed no more is dropped."""
    txn.run_many(
        "UPDATE deliveries SET state = :state, provider_id = :provider_id, detail = :detail,"
        " sealed = CASE WHEN :settled = 1 THEN NULL ELSE sealed END WHERE key = :key",
        [
            {
                "key": r.key,
                "state": r.state.value,
                "provider_id": r.provider_id,
                "detail": r.detail[:200],
                "settled": int(r.state in (DeliveryState.ACCEPTED, DeliveryState.BOUNCED)),
            }
            for r in receipts
        ],
    )


def erase_subject(txn: Txn, subject: str) -> tuple[bool, int]:
    """Forgets whom a pseudonym stands for and every sealed address of theirs; whether it was known, and how many addresses there were."""
    known = txn.run("DELETE FROM subjects WHERE pseudonym = :subject", subject=subject)
    sealed = txn.run("UPDATE deliveries SET sealed = NULL WHERE subject = :subject AND sealed IS NOT NULL", subject=subject)
    drafts = txn.run("DELETE FROM delivery_drafts WHERE subject = :subject", subject=subject)
    return bool(known or sealed or drafts), sealed + drafts


def delivery_counts(txn: Txn, recall_id: str) -> dict[tuple[int, str, str, str], int]:
    """How many notices are in which state: (wave, channel, locale, state) -> number."""
    rows = txn.rows(
        "SELECT wave, channel, locale, state, COUNT(*) AS n FROM deliveries WHERE recall_id = :recall_id"
        " GROUP BY wave, channel, locale, state ORDER BY wave, channel, locale, state",
        recall_id=recall_id,
    )
    return {(int(r["wave"]), str(r["channel"]), str(r["locale"]), str(r["state"])): int(r["n"]) for r in rows}
