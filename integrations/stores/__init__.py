"""App stores: where a roll-out is halted and a fix is published. `STORES` maps a kind in the settings to its adapter.

Add a file and a line here when there is another store; rather in an adapter's own file when a store learns something new.
"""

from __future__ import annotations

from integrations.contracts import Store
from integrations.stores.rehearsal import RehearsalStore

STORES: dict[str, type[Store]] = {
    "rehearsal": RehearsalStore,
}
