"""What has been done once: a step's recorded result, found again by its key.

Add here when more must be known of a finished step; rather in `tasks/step.py` when it is about running one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from configs.errors import KeyReused
from integrations.ledger.book import Txn
from integrations.ledger.times import as_text


@dataclass(frozen=True, slots=True)
class DoneStep:
    """A finished step. `result_json` is what it returned."""

    key: str
    name: str
    subject: str
    arguments_digest: str
    result_json: str
    at: datetime


def find_step(txn: Txn, key: str, *, arguments_digest: str | None = None) -> DoneStep | None:
    """The finished step of that key, or None.

    Raises:
        KeyReused: it was done with other arguments than `arguments_digest`.
    """
    row = txn.one("SELECT key, name, subject, arguments_digest, result_json, at FROM steps WHERE key = :key", key=key)
    if row is None:
        return None
    done = DoneStep(
        key=row.text("key"),
        name=row.text("name"),
        subject=row.text("subject"),
        arguments_digest=row.text("arguments_digest"),
        result_json=row.text("result_json"),
        at=row.moment("at"),
    )
    if arguments_digest is not None and done.arguments_digest != arguments_digest:
        raise _reused(done)
    return done


def record_step(txn: Txn, key: str, name: str, subject: str, arguments_digest: str, result_json: str) -> bool:
    """Writes down that a step is done; False when it was already, with the same arguments (the first result stays).

    Raises:
        KeyReused: it was done with other arguments.
    """
    changed = txn.run(
        "INSERT INTO steps (key, name, subject, arguments_digest, result_json, at)"
        " VALUES (:key, :name, :subject, :arguments_digest, :result_json, :at) ON CONFLICT (key) DO NOTHING",
        key=key,
        name=name,
        subject=subject,
        arguments_digest=arguments_digest,
        result_json=result_json,
        at=as_text(txn.now),
    )
    if not changed:
        find_step(txn, key, arguments_digest=arguments_digest)
    return bool(changed)


def _reused(done: DoneStep) -> KeyReused:
    return KeyReused(
        f"step {done.name!r} for {done.subject} was done at {done.at:%Y-%m-%d %H:%M} UTC already, with another answer (other arguments); "
        "that one stands, and nothing was changed",
        key=done.key,
    )
