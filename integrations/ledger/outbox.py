"""Effects: what is to be done outside, once. Queued with the decision, claimed with a lease and a fence, settled with a receipt.

    QUEUED -> CLAIMED -> DONE | FAILED          settle, with the claim's fence
    CLAIMED -> QUEUED                           postpone; UNKNOWN instead while a call may have happened
    CLAIMED (lease expired), UNKNOWN -> CLAIMED claim, `interrupted`: read the neighbour before calling it
                                                end_leases: the lease of a process that has ended expires at once
    QUEUED -> CANCELLED                         cancel; what may already have happened is never cancelled

Journal entries are the caller's, in the same transaction.

Add here when an effect's row changes; rather in `tasks/act.py` when it is about doing one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from configs.effects import Effect, EffectKind, EffectState
from configs.errors import BadInput, KeyReused, NotFound, TransitionRefused
from integrations.ledger.book import Row, Txn
from integrations.ledger.chain import canonical
from integrations.ledger.times import as_text

COLUMNS = "key, recall_id, kind, target, revision, body_json, state, in_doubt, fence, attempts, not_before, claimed_until"

_IS_DUE = "(state IN ('queued', 'unknown') AND (not_before IS NULL OR not_before <= :now)) OR (state = 'claimed' AND claimed_until <= :now)"
_FROM_CLAIM = frozenset({EffectState.DONE, EffectState.FAILED, EffectState.UNKNOWN, EffectState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Claim:
    """An effect that is ours until its lease ends. `interrupted`: an earlier call may have happened; read before calling."""

    effect: Effect
    interrupted: bool


def queue(txn: Txn, *effects: Effect) -> int:
    """How many of these are new; one that is there already stays as it is.

    Raises:
        KeyReused: the same key with another body, target, kind, recall or revision.
    """
    return sum(_queued(txn, effect) for effect in effects)


def _queued(txn: Txn, effect: Effect) -> bool:
    values = {
        "key": effect.key,
        "recall_id": effect.recall_id,
        "kind": effect.kind.value,
        "target": effect.target,
        "revision": effect.revision,
        "body_json": canonical(effect.body).decode(),
    }
    changed = txn.run(
        "INSERT INTO effects (key, recall_id, kind, target, revision, body_json, state, in_doubt, fence, holder, attempts, not_before)"
        " VALUES (:key, :recall_id, :kind, :target, :revision, :body_json, 'queued', 0, 0, '', 0, :not_before)"
        " ON CONFLICT (key) DO NOTHING",
        **values,
        not_before=_text_or_none(effect.not_before),
    )
    if not changed:
        _check_same(txn, values)
    return bool(changed)


def _check_same(txn: Txn, values: Mapping[str, object]) -> None:
    found = txn.one("SELECT key, recall_id, kind, target, revision, body_json FROM effects WHERE key = :key", key=values["key"])
    differing = sorted(name for name, value in values.items() if found is None or found[name] != value)
    if differing:
        raise KeyReused(
            f"effect {values['key']} ({values['kind']} {values['target']}) is queued already with another {', '.join(differing)}; "
            "a new decision needs a new revision",
            key=values["key"],
        )


def due(txn: Txn, now: datetime, *kinds: EffectKind, recall_id: str = "", limit: int = 1000) -> tuple[Effect, ...]:
    """Effects of these kinds (of every kind when none is named) that can be claimed at `now`, those first that have waited longest."""
    wanted = ", ".join(f"'{kind.value}'" for kind in kinds or EffectKind)
    sql = (
        f"SELECT {COLUMNS} FROM effects WHERE kind IN ({wanted}) AND (:recall_id = '' OR recall_id = :recall_id) AND ({_IS_DUE})"
        " ORDER BY coalesce(not_before, ''), recall_id, revision, key LIMIT :limit"
    )
    return tuple(_effect(row) for row in txn.rows(sql, now=as_text(now), recall_id=recall_id, limit=limit))


def claim(txn: Txn, key: str, holder: str, lease_seconds: float) -> Claim | None:
    """The effect, ours for `lease_seconds` with a new fence and one more attempt; None while it is not due, held, or settled.

    Raises:
        NotFound: no such effect.
    """
    row = txn.one(
        f"SELECT {COLUMNS}, CASE WHEN {_IS_DUE} THEN 1 ELSE 0 END AS is_due FROM effects WHERE key = :key", key=key, now=as_text(txn.now)
    )
    if row is None:
        raise NotFound(f"no effect {key}; `recall status` lists what is queued")
    if not row["is_due"]:
        return None
    before = _effect(row)
    interrupted = bool(row["in_doubt"]) or before.state is not EffectState.QUEUED
    claimed = replace(before, state=EffectState.CLAIMED, fence=before.fence + 1, attempts=before.attempts + 1)
    txn.run(
        "UPDATE effects SET state = 'claimed', in_doubt = :in_doubt, fence = :fence, attempts = :attempts, holder = :holder,"
        " claimed_until = :until WHERE key = :key",
        in_doubt=int(interrupted),
        fence=claimed.fence,
        attempts=claimed.attempts,
        holder=holder,
        until=as_text(txn.now + timedelta(seconds=lease_seconds)),
        key=key,
    )
    return Claim(claimed, interrupted)


def renew(txn: Txn, effect: Effect, lease_seconds: float) -> bool:
    """Whether the claimed effect is still ours; if so, for `lease_seconds` from now."""
    changed = txn.run(
        "UPDATE effects SET claimed_until = :until WHERE key = :key AND fence = :fence AND state = 'claimed'",
        until=as_text(txn.now + timedelta(seconds=lease_seconds)),
        key=effect.key,
        fence=effect.fence,
    )
    return bool(changed)


def note(txn: Txn, effect: Effect, receipt: Mapping[str, object]) -> None:
    """Keeps what whoever takes the claimed effect over must know, in the place of its last receipt."""
    txn.run(
        "UPDATE effects SET receipt_json = :receipt WHERE key = :key AND fence = :fence",
        receipt=canonical(dict(receipt)).decode(),
        key=effect.key,
        fence=effect.fence,
    )


def settle(txn: Txn, effect: Effect, state: EffectState, receipt: Mapping[str, object] | None = None) -> Effect:
    """The claimed effect in its new state, with the neighbour's receipt. UNKNOWN is due again at once; postpone it to wait.

    Raises:
        TransitionRefused: somebody else has claimed it since, or it is settled; nothing was changed.
    """
    if state not in _FROM_CLAIM:
        raise BadInput(f"an effect cannot be settled as {state.value}; postpone it instead")
    in_doubt = int(state is EffectState.UNKNOWN)
    written = None if receipt is None else canonical(dict(receipt)).decode()
    changed = txn.run(
        "UPDATE effects SET state = :state, in_doubt = :in_doubt, receipt_json = coalesce(:receipt, receipt_json), holder = '',"
        " claimed_until = NULL WHERE key = :key AND fence = :fence AND state = 'claimed'",
        state=state.value,
        in_doubt=in_doubt,
        receipt=written,
        key=effect.key,
        fence=effect.fence,
    )
    return _moved(effect, state, changed)


def postpone(txn: Txn, effect: Effect, not_before: datetime) -> Effect:
    """The claimed effect, given back until `not_before`: QUEUED, or UNKNOWN when an earlier call of it may have happened.

    Raises:
        TransitionRefused: somebody else has claimed it since, or it is settled; nothing was changed.
    """
    changed = txn.run(
        "UPDATE effects SET state = CASE in_doubt WHEN 1 THEN 'unknown' ELSE 'queued' END, not_before = :not_before, holder = '',"
        " claimed_until = NULL WHERE key = :key AND fence = :fence AND state IN ('claimed', 'unknown')",
        not_before=as_text(not_before),
        key=effect.key,
        fence=effect.fence,
    )
    moved = _moved(effect, EffectState.QUEUED, changed)
    found = txn.one("SELECT state FROM effects WHERE key = :key", key=effect.key)
    return replace(moved, state=EffectState(found["state"]) if found else moved.state, not_before=not_before)


def _moved(effect: Effect, state: EffectState, changed: int) -> Effect:
    if not changed:
        raise TransitionRefused(
            f"effect {effect.key} ({effect.kind.value} {effect.target}) is no longer ours: another worker claimed it after fence "
            f"{effect.fence}, or it is settled; leave it to that one",
            key=effect.key,
            fence=effect.fence,
        )
    return replace(effect, state=state)


def holders(txn: Txn) -> tuple[str, ...]:
    """Who has claimed something and not settled it."""
    return tuple(row.text("holder") for row in txn.rows("SELECT DISTINCT holder FROM effects WHERE state = 'claimed' AND holder <> ''"))


def end_leases(txn: Txn, holder: str) -> int:
    """Ends every claim of a holder that is gone, so that what it held is due now, in doubt; how many there were."""
    sql = "UPDATE effects SET claimed_until = :now WHERE state = 'claimed' AND holder = :holder"
    return txn.run(sql, now=as_text(txn.now), holder=holder)


def cancel(txn: Txn, recall_id: str, *kinds: EffectKind, below_revision: int | None = None) -> tuple[str, ...]:
    """Keys of the recall's queued effects that now never happen: of every kind or these, of every revision or those below."""
    found = [effect for effect in of_recall(txn, recall_id) if effect.state is EffectState.QUEUED]
    chosen = [
        effect.key
        for effect in found
        if (not kinds or effect.kind in kinds) and (below_revision is None or effect.revision < below_revision)
    ]
    txn.run_many("UPDATE effects SET state = 'cancelled' WHERE key = :key AND state = 'queued'", [{"key": key} for key in chosen])
    return tuple(chosen)


def of_recall(txn: Txn, recall_id: str) -> tuple[Effect, ...]:
    """Every effect of a recall, settled ones too, by revision and key."""
    sql = f"SELECT {COLUMNS} FROM effects WHERE recall_id = :recall_id ORDER BY revision, key"
    return tuple(_effect(row) for row in txn.rows(sql, recall_id=recall_id))


def state_of(txn: Txn, key: str) -> EffectState:
    """The state of an effect. Raises NotFound."""
    row = txn.one("SELECT state FROM effects WHERE key = :key", key=key)
    if row is None:
        raise NotFound(f"no effect {key}; `recall status` lists what is queued")
    return EffectState(row.text("state"))


def receipt_of(txn: Txn, key: str) -> dict[str, object] | None:
    """The newest receipt of an effect, or None where there is none yet. Raises NotFound."""
    row = txn.one("SELECT receipt_json FROM effects WHERE key = :key", key=key)
    if row is None:
        raise NotFound(f"no effect {key}; `recall status` lists what is queued")
    return None if row["receipt_json"] is None else dict(json.loads(row.text("receipt_json")))


def _effect(row: Row) -> Effect:
    return Effect(
        key=row.text("key"),
        recall_id=row.text("recall_id"),
        kind=EffectKind(row["kind"]),
        target=row.text("target"),
        revision=row.number("revision"),
        body=dict(json.loads(row.text("body_json"))),
        state=EffectState(row["state"]),
        fence=row.number("fence"),
        attempts=row.number("attempts"),
        not_before=row.moment_or_none("not_before"),
    )


def _text_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else as_text(moment)
