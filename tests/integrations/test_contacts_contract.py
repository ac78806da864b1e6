"""What every list of contacts promises, run over every entry of `CONTACTS`. A new entry needs a rig here, or the first test fails."""

import gzip
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from configs.effects import Contact
from configs.errors import SettingsInvalid
from configs.settings import Adapter, App
from configs.terms import Platform, Scope
from integrations.contacts import CONTACTS
from integrations.contracts import Contacts, Surroundings
from tests.integrations.channels.builders import StoppedClock
from tests.integrations.rehearsal.builders import APP, SMALL, a_world, hours
from tests.integrations.rehearsal.builders import around as rehearsal_around

PEOPLE = [
    {
        "user_id": f"u{n}", "app_version": "4.2.1" if n % 3 else "4.2.0", "country": ("DE", "CN", "", "FR", "DE")[n % 5],
        "os_version": "14",
        "device_model": "Pixel 8", "language": "de-DE", "email": f"canary{n}@users.example" if n % 4 else "",
    }
    for n in range(40)
]  # fmt: skip
SCOPE = Scope(APP, Platform.ANDROID, "4.2.1")
EXPECTED = [str(p["user_id"]) for p in PEOPLE if p["app_version"] == "4.2.1"]


def around(folder: Path, **env: str) -> Surroundings:
    app = App(id=APP, title="App", platform=Platform.ANDROID, store="s", sources=(Adapter(kind="files"),), contacts=Adapter(kind="table"))
    return Surroundings(folder=folder, home=folder, clock=StoppedClock(), env=env, app=app)


def csv_text(people: list[dict[str, str]]) -> str:
    return "\n".join([",".join(people[0]), *(",".join(p.values()) for p in people)]) + "\n"


@dataclass(frozen=True)
class Bench:
    """Contacts built from settings, the scope of a bad version, and who must be found, in order (None: whoever the world made)."""

    contacts: Contacts
    scope: Scope
    subjects: list[str] | None


def table_bench(name: str, write: Callable[[Path], object]) -> Callable[[Path], Bench]:
    def made(folder: Path) -> Bench:
        write(folder / name)
        return Bench(CONTACTS["table"].build("people", {"path": name}, around(folder)), SCOPE, EXPECTED)  # type: ignore[attr-defined]  # Buildable

    return made


def sql_bench(folder: Path) -> Bench:
    connection = sqlite3.connect(folder / "crm.db")
    connection.execute(f"CREATE TABLE people ({', '.join(PEOPLE[0])})")
    connection.executemany(f"INSERT INTO people VALUES ({', '.join('?' * len(PEOPLE[0]))})", [tuple(p.values()) for p in PEOPLE])
    connection.commit()
    connection.close()
    options = {
        "url_env": "CRM",
        "query": "SELECT * FROM people WHERE app_version = :version ORDER BY rowid",
        "find_query": "SELECT * FROM people WHERE user_id IN :subjects",
    }
    contacts = CONTACTS["sql"].build("people", options, around(folder, CRM=f"sqlite:///{folder / 'crm.db'}"))  # type: ignore[attr-defined]  # Buildable
    return Bench(contacts, SCOPE, EXPECTED)


def simulated_bench(folder: Path) -> Bench:
    world = a_world(folder)
    world.advance(hours(30))
    contacts = CONTACTS["simulated"].build("people", {}, rehearsal_around(folder))  # type: ignore[attr-defined]  # Buildable
    return Bench(contacts, Scope(APP, Platform.ANDROID, SMALL.bad_version), None)


RIGS: dict[str, Callable[[Path], Bench]] = {
    "simulated": simulated_bench,
    "sql": sql_bench,
    "table csv": table_bench("people.csv", lambda p: p.write_text(csv_text(PEOPLE))),
    "table csv.gz": table_bench("people.csv.gz", lambda p: p.write_bytes(gzip.compress(csv_text(PEOPLE).encode()))),
    "table jsonl": table_bench("people.jsonl", lambda p: p.write_bytes(b"\n".join(map(orjson.dumps, PEOPLE)))),
    "table parquet": table_bench("people.parquet", lambda p: pq.write_table(pa.Table.from_pylist(PEOPLE), p)),
}


def test_every_registered_list_has_its_rig() -> None:
    assert {name.split()[0] for name in RIGS} == set(CONTACTS)


@pytest.fixture(params=sorted(RIGS))
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    return RIGS[request.param](tmp_path)


def found(bench: Bench) -> list[Contact]:
    return list(bench.contacts.exposed(bench.scope))


def test_it_lists_everyone_who_ever_ran_the_version_once_in_a_stable_order(bench: Bench) -> None:
    subjects = [c.subject for c in found(bench)]
    assert len(subjects) == len(set(subjects)) > 10
    assert subjects == [c.subject for c in found(bench)]
    assert bench.subjects in (None, subjects)


def test_it_streams(bench: Bench) -> None:
    first = next(bench.contacts.exposed(bench.scope))
    assert first == found(bench)[0]


def test_it_finds_the_same_people_again_and_leaves_out_the_unknown(bench: Bench) -> None:
    people = found(bench)[:9]
    assert bench.contacts.find([*(c.subject for c in people), "erased"]) == {c.subject: c for c in people}
    assert bench.contacts.find([]) == {}


def test_a_country_narrows(bench: Bench) -> None:
    everyone = found(bench)
    country = next(c.country for c in everyone if c.country)
    scope = Scope(bench.scope.app, bench.scope.platform, bench.scope.version, countries=(country,))
    inside = list(bench.contacts.exposed(scope))
    assert inside == [c for c in everyone if c.country in (country, "")]
    assert 0 < len(inside) < len(everyone)


def test_no_address_shows(bench: Bench) -> None:
    everyone = found(bench)
    addresses = [a for c in everyone for a in c.addresses.values()]
    assert addresses
    shown = repr(bench.contacts) + repr(everyone)
    assert not [a for a in addresses if a in shown]


@pytest.mark.parametrize("kind", sorted(CONTACTS))
def test_a_wrong_option_is_named(kind: str, tmp_path: Path) -> None:
    a_world(tmp_path)
    with pytest.raises(SettingsInvalid, match=r"people.*wrong_option"):
        CONTACTS[kind].build("people", {"wrong_option": 1}, around(tmp_path))  # type: ignore[attr-defined]  # Buildable
