"""The simulated users as a customer database: who had a version, and how they can be reached.

Add here when the product should know another thing of them; rather in `integrations/rehearsal/people.py` when they have another trait.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Self

from configs.effects import Contact
from configs.errors import NotFound, SettingsInvalid, SourceUnavailable
from configs.terms import Scope
from integrations.contracts import Surroundings
from integrations.options import checked
from integrations.rehearsal.history import past_of
from integrations.rehearsal.options import Options, neighbour, world_path
from integrations.rehearsal.people import user_of
from integrations.rehearsal.simulation import Simulation


class SimulatedContacts:
    """Contacts over the rehearsal world's users."""

    def __init__(self, app: str, path: Path) -> None:
        self._app = app
        self._path = path

    def __repr__(self) -> str:
        return f"SimulatedContacts({self._app!r}, world={str(self._path)!r})"

    @classmethod
    def build(cls, name: str, options: Mapping[str, object], around: Surroundings) -> Self:
        """The contacts, their options checked. Raises SettingsInvalid."""
        if around.app is None:
            raise SettingsInvalid(f"contacts {name!r} belong to no app; list them as an app's `contacts`")
        return cls(around.app.id, world_path(checked(Options, f"rehearsal adapter {name!r}", options), around))

    def exposed(self, scope: Scope) -> Iterator[Contact]:
        """Users who had the scope's version by the last full hour, in the order in which they got it: later ones come after.

        Raises:
            NotFound: the rehearsal does not know whom this version reached; it follows the bad one.
        """
        past, hours = self._past()
        scenario = past.scenario
        if (scope.app, scope.platform, scope.version) != (scenario.app, scenario.platform, scenario.bad_version):
            raise NotFound(f"the rehearsal knows who had {scenario.app} {scenario.bad_version}, not {scope.app} {scope.version}")
        users = (int(user) for hour in past.hours[:hours] for user in hour.newly_exposed)
        contacts = (past.people.contact(user, _version_now(past, user)) for user in users)
        return (c for c in contacts if _is_inside(c, scope))

    def find(self, subjects: Sequence[str]) -> dict[str, Contact]:
        """The users with these ids, by id."""
        past, _ = self._past()
        users = {subject: user_of(subject) for subject in subjects}
        size = past.people.size
        return {s: past.people.contact(u, _version_now(past, u)) for s, u in users.items() if u is not None and u < size}

    def _past(self) -> tuple[Simulation, int]:
        with neighbour(self._path, SourceUnavailable) as world:
            if world.scenario.app != self._app:
                raise SourceUnavailable(f"the rehearsal world at {self._path} is about app {world.scenario.app!r}, not {self._app!r}")
            return past_of(world), max(0, int((world.now() - world.scenario.start) // timedelta(hours=1)))


def _version_now(past: Simulation, user: int) -> str:
    """The version on the user's device by the last full hour; "" once the app is gone."""
    return past.scenario.versions[past.state.version[user]] if past.state.is_installed[user] else ""


def _is_inside(contact: Contact, scope: Scope) -> bool:
    narrowed = ((scope.countries, contact.country), (scope.os_versions, contact.os_version), (scope.devices, contact.device))
    return all(not allowed or value in allowed for allowed, value in narrowed)
