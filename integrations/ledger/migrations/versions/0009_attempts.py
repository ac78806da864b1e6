"""Wrong codes.

Add nothing here once it is released; rather a new file beside it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table; where there is no row, nothing was wrong and the first code counts."""
    op.create_table(
        "code_attempts",
        sa.Column("question_id", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("lockouts", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.String(), nullable=True),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("summed_at", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("question_id", "person"),
    )
