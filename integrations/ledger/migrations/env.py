"""What Alembic runs; only `upgrade.py` calls it.

Add here when Alembic must compare or print differently; rather in `upgrade.py` when it must be called differently.
"""

from alembic import context

from integrations.ledger import (
    tables,
    tables_of_decisions,
    tables_of_events,
    tables_of_forecasts,
    tables_of_plans,
    tables_of_recalls,
    tables_of_signing,
)

# importing a file of tables adds them to the one metadata
FILES = (
    tables,
    tables_of_decisions,
    tables_of_events,
    tables_of_forecasts,
    tables_of_plans,
    tables_of_recalls,
    tables_of_signing,
)
METADATA = FILES[0].SQLModel.metadata

if context.is_offline_mode():
    context.configure(url=context.config.get_main_option("sqlalchemy.url"), target_metadata=METADATA, literal_binds=True)
else:
    context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, compare_type=True)

with context.begin_transaction():
    context.run_migrations()
