"""Single events: their chunks, keys and counters.

Add nothing here once it is released; rather a new file beside it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def large(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def bits(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


TABLES: dict[str, tuple[sa.schema.SchemaItem, ...]] = {
    "event_chunks": (
        *(number("stream"), number("number"), large("received_last"), number("events"), bits("columns")),
        sa.PrimaryKeyConstraint("stream", "number"),
    ),
    "event_counters": (
        *(number("stream"), number("number"), number("first_bucket"), number("last_bucket"), bits("columns")),
        sa.PrimaryKeyConstraint("stream", "number"),
    ),
    "event_files": (
        *(number("stream"), text("file"), large("offset_bytes"), large("lines"), large("size"), bits("tail")),
        sa.PrimaryKeyConstraint("stream", "file"),
    ),
    "event_keys": (
        *(number("stream"), number("space"), number("run"), large("first"), large("last")),
        *(number("level"), number("number"), bits("keys")),
        sa.PrimaryKeyConstraint("stream", "space", "run", "first"),
    ),
    "event_streams": (
        *(text("source"), text("app"), text("platform"), number("id"), large("salt"), number("kinds")),
        sa.PrimaryKeyConstraint("source", "app", "platform"),
    ),
    "event_texts": (
        *(number("stream"), bits("digest")),
        sa.PrimaryKeyConstraint("stream", "digest"),
    ),
    "event_words": (
        *(number("stream"), text("room"), number("code"), text("word")),
        sa.PrimaryKeyConstraint("stream", "room", "code"),
    ),
}


def upgrade() -> None:
    """Creates the tables of events."""
    for name, parts in TABLES.items():
        op.create_table(name, *parts)
    op.create_index("event_chunks_by_age", "event_chunks", ["stream", "received_last"])
