"""Who has the app and how they can be reached: one adapter a kind of customer list, named in the settings by its key here.

Add here when there is a new kind: one file, one line in `CONTACTS`; rather in an existing file when a known one says one thing more.
"""

from __future__ import annotations

from integrations.contacts.simulated import SimulatedContacts

CONTACTS: dict[str, type] = {
    "simulated": SimulatedContacts,
}
