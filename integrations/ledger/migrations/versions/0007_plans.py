"""Plans, what became of their milestones, meetings, minutes.

Add nothing here once it is released; rather a new file beside it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def maybe(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=True)


TABLES: dict[str, tuple[sa.schema.SchemaItem, ...]] = {
    "meetings": (
        *(text("recall_id"), text("uid"), number("sequence"), text("state")),
        *(text("starts_at"), text("ends_at"), text("proposal_id"), text("digest")),
        sa.PrimaryKeyConstraint("recall_id"),
    ),
    "milestones": (
        *(text("recall_id"), number("revision"), text("name")),
        *(maybe("reached_at"), maybe("reminded_for"), maybe("late_for")),
        sa.PrimaryKeyConstraint("recall_id", "revision", "name"),
    ),
    "minutes": (
        *(text("proposal_id"), number("number"), text("recall_id"), text("at"), text("person")),
        *(text("attended_json"), text("arguments_json"), text("decision"), text("correction")),
        sa.PrimaryKeyConstraint("proposal_id", "number"),
    ),
    "plans": (
        *(text("recall_id"), number("number"), number("revision"), text("at"), text("person")),
        *(text("reason"), text("digest"), number("by_hand"), text("plan_json")),
        sa.PrimaryKeyConstraint("recall_id", "number"),
    ),
}


def upgrade() -> None:
    """Creates the tables; recalls of before have no plan, and go on without one."""
    for name, parts in TABLES.items():
        op.create_table(name, *parts)
    op.create_index("ix_minutes_recall_id", "minutes", ["recall_id"])
