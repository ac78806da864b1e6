"""A customer database is only read, and its address and rows are told to nobody."""

import sqlite3
import traceback
from pathlib import Path

import pytest

from configs.errors import SettingsInvalid, SourceUnavailable, Unsupported
from integrations.contacts.sql import SqlContacts
from tests.integrations.test_contacts_contract import SCOPE, around, sql_bench

QUERY = "SELECT * FROM people ORDER BY user_id"
FIND = "SELECT * FROM people WHERE user_id IN :subjects"


def contacts_of(folder: Path, query: str = QUERY, find_query: str = FIND, url: str = "") -> SqlContacts:
    options = {"url_env": "CRM", "query": query, "find_query": find_query}
    return SqlContacts.build("people", options, around(folder, CRM=url or f"sqlite:///{folder / 'crm.db'}"))


@pytest.mark.parametrize(
    ("query", "find_query", "said"),
    [
        ("SELECT 1", FIND, "ORDER BY"),
        ("DELETE FROM people ORDER BY 1", FIND, "must be one SELECT"),
        (QUERY.replace("*", ":secret"), FIND, "unknown bind :secret"),
        (QUERY, "SELECT 1", ":subjects"),
    ],
)
def test_a_query_that_cannot_serve_is_refused_before_it_is_run(tmp_path: Path, query: str, find_query: str, said: str) -> None:
    with pytest.raises(SettingsInvalid, match=said):
        contacts_of(tmp_path, query, find_query)


def test_a_url_that_is_none_is_not_quoted(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"\$CRM holds no database URL") as caught:
        contacts_of(tmp_path, url="c4n4ry-password")
    assert "c4n4ry" not in "".join(traceback.format_exception(caught.value)).replace('url="c4n4ry-password"', "")


def test_a_missing_database_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="no database file"):
        list(contacts_of(tmp_path).exposed(SCOPE))
    assert not (tmp_path / "crm.db").exists()


def test_a_refused_query_says_which_and_quotes_nothing(tmp_path: Path) -> None:
    sql_bench(tmp_path)
    with pytest.raises(Unsupported, match="refuses option query"):
        list(contacts_of(tmp_path, "SELECT nothing FROM nowhere ORDER BY 1").exposed(SCOPE))


def test_an_unknown_column_is_named(tmp_path: Path) -> None:
    sql_bench(tmp_path)
    with pytest.raises(Unsupported, match="unknown column 'shoes'"):
        list(contacts_of(tmp_path, "SELECT user_id, app_version, 43 AS shoes FROM people ORDER BY 1").exposed(SCOPE))


def test_a_bad_row_is_counted_and_the_others_go_on(tmp_path: Path) -> None:
    sql_bench(tmp_path)
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        connection.execute("UPDATE people SET user_id = NULL WHERE user_id = 'u1'")
    contacts = contacts_of(tmp_path)
    assert "u2" in [c.subject for c in contacts.exposed(SCOPE)]
    assert contacts.rejected_count == 1
    assert contacts.rejected[0].reason == "subject is empty"
