"""What each surface said after the emergency stop, and what the stop holds back.

Add here when a surface's row changes; rather in `integrations/ledger/brake.py` when it is about engaging or releasing.
"""

from __future__ import annotations

import json

from configs.effects import EffectKind, Held, Standing, Surface
from configs.terms import Platform
from integrations.ledger.book import Row, Txn
from integrations.ledger.times import as_text

_COLUMNS = "app, platform, store, standing, running_json, detail, looks, looked_at, still_since"


def surfaces_of(txn: Txn, brake_id: int) -> tuple[Surface, ...]:
    """Every surface that was looked at under this stop, by app."""
    rows = txn.rows(f"SELECT {_COLUMNS} FROM brake_surfaces WHERE brake_id = :brake_id ORDER BY app", brake_id=brake_id)
    return tuple(_surface(row) for row in rows)


def find_surface(txn: Txn, brake_id: int, app: str) -> Surface | None:
    """What was last seen of an app under this stop; None before the first look."""
    row = txn.one(f"SELECT {_COLUMNS} FROM brake_surfaces WHERE brake_id = :brake_id AND app = :app", brake_id=brake_id, app=app)
    return None if row is None else _surface(row)


def put_surface(txn: Txn, brake_id: int, surface: Surface) -> None:
    """Keeps what was seen, in the place of what was seen before."""
    txn.run(
        f"INSERT INTO brake_surfaces (brake_id, {_COLUMNS})"
        " VALUES (:brake_id, :app, :platform, :store, :standing, :running, :detail, :looks, :looked_at, :still_since)"
        " ON CONFLICT (brake_id, app) DO UPDATE SET standing = excluded.standing, running_json = excluded.running_json,"
        " detail = excluded.detail, looks = excluded.looks, looked_at = excluded.looked_at, still_since = excluded.still_since",
        brake_id=brake_id,
        app=surface.app,
        platform=surface.platform.value,
        store=surface.store,
        standing=surface.standing.value,
        running=json.dumps(surface.running),
        detail=surface.detail,
        looks=surface.looks,
        looked_at=as_text(surface.looked_at),
        still_since=None if surface.still_since is None else as_text(surface.still_since),
    )


def held(txn: Txn, *kinds: EffectKind) -> tuple[Held, ...]:
    """How many effects of each kind wait, and how many are with their neighbour now."""
    rows = txn.rows(
        "SELECT kind, sum(CASE WHEN state = 'claimed' AND claimed_until > :now THEN 0 ELSE 1 END) AS waiting,"
        " sum(CASE WHEN state = 'claimed' AND claimed_until > :now THEN 1 ELSE 0 END) AS under_way"
        " FROM effects WHERE state IN ('queued', 'unknown', 'claimed') GROUP BY kind",
        now=as_text(txn.now),
    )
    found = {row.text("kind"): Held(EffectKind(row.text("kind")), row.number("waiting"), row.number("under_way")) for row in rows}
    return tuple(found.get(kind.value, Held(kind, 0, 0)) for kind in kinds)


def _surface(row: Row) -> Surface:
    return Surface(
        app=row.text("app"),
        platform=Platform(row.text("platform")),
        store=row.text("store"),
        standing=Standing(row.text("standing")),
        running=tuple(json.loads(row.text("running_json"))),
        detail=row.text("detail"),
        looks=row.number("looks"),
        looked_at=row.moment("looked_at"),
        still_since=row.moment_or_none("still_since"),
    )
