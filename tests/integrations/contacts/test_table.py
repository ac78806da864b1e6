"""A customer list as a file: bad rows are counted, wrong columns are named, nobody's address is told."""

import gzip
from pathlib import Path

import pytest

from configs.effects import Contact
from configs.errors import FileMalformed
from configs.terms import Platform, Scope
from integrations.contacts.table import TableContacts
from tests.integrations.rehearsal.builders import APP
from tests.integrations.test_contacts_contract import around

SCOPE = Scope(APP, Platform.ANDROID, "4.2.1")
HEADER = "user_id,version,country,email\n"


def contacts_of(folder: Path, text: str | bytes, name: str = "people.csv", **options: object) -> TableContacts:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return TableContacts.build("people", {"path": name, **options}, around(folder))


def subjects(contacts: TableContacts, scope: Scope = SCOPE) -> list[str]:
    return [c.subject for c in contacts.exposed(scope)]


def test_a_row_becomes_a_contact(tmp_path: Path) -> None:
    header = "user_id,version,country,os_version,device,locale,email,phone,push_token\n"
    contacts = contacts_of(tmp_path, header + 'u1,4.2.1,DE,14,"Pixel, 8",de-DE,ann@x.example,+49 1,\n')
    addresses = {"email": "ann@x.example", "sms": "+49 1"}
    assert list(contacts.exposed(SCOPE)) == [Contact("u1", APP, Platform.ANDROID, "4.2.1", "DE", "14", "Pixel, 8", "de-DE", addresses)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("u9,4.2.1,DE", "3 fields instead of 4"),
        ("u9,4.2.1,DE,canary@x.example,more", "5 fields instead of 4"),
        (",4.2.1,DE,canary@x.example", "subject is empty"),
        ("u9,,DE,canary@x.example", "version is empty"),
        ('u9,"4.2.1,DE,canary@x.example', "not a CSV row"),
        ("u9,4.2.1,DE,canary" + "x" * 5000, "email is longer than 4096"),
        ("u9,4.2.1,DE,canary" + "x" * 70_000, "longer than 65536 bytes"),
        ("u9,4.2.1,DE,canary" + "x" * 300_000, "longer than 65536 bytes"),
    ],
)
def test_a_bad_row_is_counted_and_the_others_go_on(tmp_path: Path, row: str, reason: str) -> None:
    contacts = contacts_of(tmp_path, f"{HEADER}u1,4.2.1,DE,a@x.example\n{row}\nu2,4.2.1,DE,b@x.example\n")
    assert subjects(contacts) == ["u1", "u2"]
    assert contacts.rejected_count == 1
    (rejected,) = contacts.rejected
    assert rejected.place == "people.csv:3"
    assert reason in rejected.reason
    assert "canary" not in repr(rejected)


def test_bytes_that_are_no_text_cost_one_row(tmp_path: Path) -> None:
    contacts = contacts_of(tmp_path, HEADER.encode() + b"u1,4.2.1,\xff\xfe,x\nu2,4.2.1,DE,\n")
    assert subjects(contacts) == ["u2"]
    assert contacts.rejected[0].reason == "not UTF-8"


def test_many_bad_rows_are_counted_but_not_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    contacts = contacts_of(tmp_path, HEADER + "x\n" * 500)
    assert subjects(contacts) == []
    assert (contacts.rejected_count, len(contacts.rejected)) == (500, 20)
    assert "500 rows cannot be used, the first at people.csv:2" in caplog.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("user_id,version,shoe_size\n", "people.csv:1: unknown column 'shoe_size'.*columns: {theirs: ''}"),
        ("user_id,email\n", "people.csv:1: no column for version"),
        ("user_id,customer_id,version\n", "people.csv:1: columns 'user_id' and 'customer_id' both mean 'subject'"),
        ("", "people.csv:1: the file is empty"),
        ('"user_id,version\n', "people.csv:1: the header cannot be read"),
    ],
)
def test_a_wrong_header_names_file_and_column(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(FileMalformed, match=said):
        subjects(contacts_of(tmp_path, text))


def test_columns_are_renamed_to_ours_to_a_channel_or_away(tmp_path: Path) -> None:
    options = {"columns": {"kunde": "subject", "stand": "version", "wecom": "wecom", "schuhe": ""}}
    contacts = contacts_of(tmp_path, "Kunde,Stand,WeCom,Schuhe\nu1,4.2.1,w-1,43\n", **options)
    assert [(c.subject, c.addresses) for c in contacts.exposed(SCOPE)] == [("u1", {"wecom": "w-1"})]


def test_other_apps_and_platforms_are_passed_over(tmp_path: Path) -> None:
    rows = ["u1,4.2.1,pocket,Android", "u2,4.2.1,other,android", "u3,4.2.1,pocket,ios", "u4,4.2.1,pocket,"]
    contacts = contacts_of(tmp_path, "user_id,version,app,platform\n" + "\n".join([*rows, "u5,4.2.1,pocket,beos"]), app="pocket")
    assert subjects(contacts) == ["u1", "u4"]
    assert contacts.rejected[0].reason == "platform is neither android nor ios"


def test_a_subject_with_several_installs_is_told_once(tmp_path: Path) -> None:
    contacts = contacts_of(tmp_path, HEADER + "u1,4.2.0,DE,a@x.example\nu1,4.2.1,DE,a@x.example\nu1,4.2.1,FR,a@x.example\n")
    assert subjects(contacts) == ["u1"]


def test_what_the_list_does_not_know_puts_nobody_outside(tmp_path: Path) -> None:
    contacts = contacts_of(tmp_path, HEADER + "u1,4.2.1,,a@x.example\nu2,4.2.1,FR,b@x.example\n")
    assert subjects(contacts, Scope(APP, Platform.ANDROID, "4.2.1", countries=("DE",))) == ["u1"]


def test_an_erased_person_is_no_longer_found(tmp_path: Path) -> None:
    contacts = contacts_of(tmp_path, HEADER + "u1,4.2.1,DE,a@x.example\nu2,4.2.1,DE,b@x.example\n")
    assert set(contacts.find(["u1", "u2"])) == {"u1", "u2"}
    (tmp_path / "people.csv").write_text(HEADER + "u2,4.2.1,DE,b@x.example\n")
    assert set(contacts.find(["u1", "u2"])) == {"u2"}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("people.csv.gz", gzip.compress(HEADER.encode() * 50, mtime=0)[:-20], "gzip"),
        ("people.csv.gz", b"no gzip", "people.csv.gz"),
        ("people.parquet", b"no parquet", "not a sound Parquet file"),
        ("people.xlsx", b"x", "not a known kind of file"),
        ("people.jsonl", b"[1]\n", "people.jsonl:1: not a JSON object"),
    ],
    ids=["gzip cut off", "no gzip", "no parquet", "unknown kind", "no JSON object"],
)
def test_a_file_that_cannot_be_read_says_so(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    with pytest.raises(FileMalformed, match=said):
        subjects(contacts_of(tmp_path, content, name))


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    contacts = TableContacts.build("people", {"path": "none.csv"}, around(tmp_path))
    with pytest.raises(FileMalformed, match=r"none.csv: cannot be read"):
        subjects(contacts)
    with pytest.raises(FileMalformed, match=r"none.csv: cannot be read"):
        contacts.find(["u1"])


def test_a_json_row_with_an_unknown_key_costs_only_itself(tmp_path: Path) -> None:
    rows = b'{"user_id": "u1", "version": "4.2.1"}\n{"user_id": "u2", "version": "4.2.1", "x": 1}\n{"user_id": 3, "version": "4.2.1"}\n'
    contacts = contacts_of(tmp_path, rows, "people.jsonl")
    assert subjects(contacts) == ["u1", "3"]
    assert "unknown key 'x'" in contacts.rejected[0].reason
