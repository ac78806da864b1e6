"""One file a change of the schema, numbered, forward only.

Add here when `tables.py` changes (`alembic revision --autogenerate` from `upgrade.py`'s configuration); rather nowhere else.
"""
