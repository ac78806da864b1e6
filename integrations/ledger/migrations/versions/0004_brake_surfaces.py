"""What each store said after the emergency stop.

Add nothing here once it is released; rather a new file beside it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table; stops of before have no proof kept, and their halts are in the journal."""
    op.create_table(
        "brake_surfaces",
        sa.Column("brake_id", sa.Integer(), nullable=False),
        sa.Column("app", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("store", sa.String(), nullable=False),
        sa.Column("standing", sa.String(), nullable=False),
        sa.Column("running_json", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("looked_at", sa.String(), nullable=False),
        sa.Column("still_since", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("brake_id", "app"),
    )
