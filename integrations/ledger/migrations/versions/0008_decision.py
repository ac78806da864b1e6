"""Who signs as it was agreed, signatures that became void, codes that are spent.

Add nothing here once it is released; rather a new file beside it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def text(*names: str) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, sa.String(), nullable=False) for name in names)


def number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


TABLES: dict[str, tuple[sa.schema.SchemaItem, ...]] = {
    "signoff_sections": (*text("digest", "section_json"), sa.PrimaryKeyConstraint("digest")),
    "signoff_agreed": (number("number"), *text("digest", "manner", "question", "at"), sa.PrimaryKeyConstraint("number")),
    "signoff_file": (
        number("id"),
        *text("digest"),
        number("agreement"),
        *text("changes", "at"),
        sa.PrimaryKeyConstraint("id"),
    ),
    "void_signatures": (
        *text("proposal_id", "person"),
        number("turn"),
        *text("role", "digest", "verdict", "reason", "at", "voided_at", "voided_by", "why"),
        sa.PrimaryKeyConstraint("proposal_id", "person", "turn"),
    ),
    "spent_codes": (
        *text("question_id", "person"),
        number("turn"),
        *text("why", "at"),
        sa.PrimaryKeyConstraint("question_id", "person", "turn"),
    ),
}


def upgrade() -> None:
    """Creates the tables of decisions."""
    for name, parts in TABLES.items():
        op.create_table(name, *parts)
