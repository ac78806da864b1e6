"""The histories of issues: what confirmed, widened, merged or split each of them.

Add nothing here once it is released; rather a new file beside it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table and its index; issues of before have no history, and what they are is in their rows."""
    op.create_table(
        "issue_events",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("issue_id", sa.String(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("metric", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("scope_json", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("other", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_issue_events_issue_id", "issue_events", ["issue_id"])
