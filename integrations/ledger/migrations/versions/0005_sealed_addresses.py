"""Addresses of frozen notices, sealed, and the drafts of a wave that is being frozen.

Add nothing here once it is released; rather a new file beside it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds column and table; what was frozen before has no address in the ledger and is looked up in the list of contacts."""
    op.add_column("deliveries", sa.Column("sealed", sa.LargeBinary(), nullable=True))
    op.create_table(
        "delivery_drafts",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("recall_id", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
