"""Who has the app and how they can be reached: one adapter a kind of customer list, named in the settings by its key here.

Add here when there is a new kind: one file, one line in `CONTACTS`, one rig in `tests/integrations/test_contacts_contract.py`; rather in
an existing file when a known one says one thing more.
"""

from __future__ import annotations

from integrations.contacts.simulated import SimulatedContacts
from integrations.contacts.sql import SqlContacts
from integrations.contacts.table import TableContacts
from integrations.contracts import Contacts

CONTACTS: dict[str, type[Contacts]] = {
    "simulated": SimulatedContacts,
    "sql": SqlContacts,
    "table": TableContacts,
}
