"""Writes `fresh_sqlite.sql` and `fresh_postgresql.sql` again, after a migration was added.

Add nothing here; rather in `upgrade.py` when the scripts should look different.
"""

from integrations.ledger.migrations.upgrade import HERE, script

for dialect in ("sqlite", "postgresql"):
    (HERE / f"fresh_{dialect}.sql").write_text(script(dialect), encoding="utf-8")
