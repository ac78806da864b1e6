"""The simulated users as contacts. Add here with `contacts/simulated.py`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from configs.errors import NotFound, SettingsInvalid, SourceUnavailable
from configs.terms import Platform, Scope
from integrations.contacts.simulated import SimulatedContacts
from integrations.contracts import Contacts
from integrations.sources.simulator import Simulator
from tests.integrations.rehearsal.builders import APP, START, a_world, around, hours

SCOPE = Scope(APP, Platform.ANDROID, "2.1.0")


def contacts_at(home: Path, hour: float) -> SimulatedContacts:
    a_world(home).advance(hours(hour))
    return SimulatedContacts.build("people", {}, around(home))


def test_contacts_keep_the_protocol(tmp_path: Path) -> None:
    assert isinstance(contacts_at(tmp_path, 1), Contacts)


def test_exposed_are_as_many_as_the_source_says(tmp_path: Path) -> None:
    contacts = contacts_at(tmp_path, 30)
    reading = Simulator.build("sim", {}, around(tmp_path)).poll(START, hours(30))
    assert len(list(contacts.exposed(SCOPE))) == sum(cell.exposed for cell in reading.installed) > 100


def test_order_is_stable_and_later_ones_come_after(tmp_path: Path) -> None:
    before = [c.subject for c in contacts_at(tmp_path, 20).exposed(SCOPE)]
    after = [c.subject for c in contacts_at(tmp_path, 40).exposed(SCOPE)]
    assert after[: len(before)] == before
    assert len(set(after)) == len(after) > len(before)


@pytest.mark.parametrize(
    ("field", "allowed", "attribute"),
    [("countries", ("CN", "RU"), "country"), ("os_versions", ("15",), "os_version"), ("devices", ("Pixel 8",), "device")],
)
def test_scope_narrows(tmp_path: Path, field: str, allowed: tuple[str, ...], attribute: str) -> None:
    contacts = contacts_at(tmp_path, 30)
    everyone = list(contacts.exposed(SCOPE))
    inside = list(contacts.exposed(replace(SCOPE, **{field: allowed})))
    assert inside == [c for c in everyone if getattr(c, attribute) in allowed]
    assert 0 < len(inside) < len(everyone)


def test_locales_are_those_of_the_countries(tmp_path: Path) -> None:
    exposed = list(contacts_at(tmp_path, 60).exposed(SCOPE))
    assert {c.locale for c in exposed if c.country == "CN"} == {"zh"}
    assert {"en", "zh", "ru"} <= {c.locale for c in exposed}


def test_found_by_id_are_the_same_people(tmp_path: Path) -> None:
    contacts = contacts_at(tmp_path, 30)
    some = list(contacts.exposed(SCOPE))[:5]
    assert contacts.find([*(c.subject for c in some), "user-9999999", "stranger"]) == {c.subject: c for c in some}


def test_addresses_lead_nowhere_and_do_not_show(tmp_path: Path) -> None:
    exposed = list(contacts_at(tmp_path, 30).exposed(SCOPE))
    assert all(c.addresses["email"].endswith(".example") for c in exposed if c.addresses)
    assert "@" not in repr(exposed)


def test_other_versions_are_not_known(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"2\.0\.0"):
        contacts_at(tmp_path, 1).exposed(replace(SCOPE, version="2.0.0"))


def test_other_app_and_missing_world_do_not_answer(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="recall demo"):
        SimulatedContacts.build("people", {}, around(tmp_path)).find(["user-0000001"])
    a_world(tmp_path)
    with pytest.raises(SourceUnavailable, match=r"com\.other"):
        SimulatedContacts.build("people", {}, around(tmp_path, app="com.other")).find(["user-0000001"])


def test_wrong_option_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="wolrd"):
        SimulatedContacts.build("people", {"wolrd": "x"}, around(tmp_path))
