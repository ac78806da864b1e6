"""Forecasts: what was predicted with a proposal, and how well it fitted.

Add nothing here once it is released; rather a new file beside it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table and its index; proposals of before have no forecast, and are not scored."""
    op.create_table(
        "forecasts",
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("recall_id", sa.String(), nullable=False),
        sa.Column("app", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("forecast_json", sa.String(), nullable=False),
        sa.Column("scored_at", sa.String(), nullable=True),
        sa.Column("score_json", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("proposal_id"),
    )
    op.create_index("ix_forecasts_app", "forecasts", ["app"])
