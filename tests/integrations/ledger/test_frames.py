"""Tables have the documented shape, with rows and without."""

from dataclasses import replace

import pandas as pd

from integrations.ledger.book import Book
from integrations.ledger.frames import deliveries_frame, evidence_frame, installed_frame
from integrations.ledger.readings import store_reading
from tests.integrations.ledger.builders import NOON
from tests.integrations.ledger.test_readings import CELL, IOS, READING


def test_the_installed_base_keeps_unknown_apart_from_none(book: Book) -> None:
    with book.write() as txn:
        store_reading(txn, "a", replace(READING, installed=(CELL, replace(CELL, country="AT"))))
        frame = installed_frame(txn, "a", IOS)
    assert list(frame["country"]) == ["AT", "DE"]
    assert frame["blocked"].isna().all()
    assert frame["uninstalled"].sum() == 0
    assert frame["exposed"].sum() == 200
    assert frame["at"].iloc[0] == pd.Timestamp(NOON)


def test_evidence_comes_look_by_look(book: Book) -> None:
    rows = [{"at": f"2026-03-0{day}T12:00:00.000000Z", "log": day / 2} for day in (2, 1)]
    with book.write() as txn:
        txn.run_many(
            "INSERT INTO evidence (app, platform, version, metric, at, log_evidence, evidence_json)"
            " VALUES ('a', 'ios', '2.0', 'crash', :at, :log, '{}')",
            rows,
        )
        frame = evidence_frame(txn, "a", IOS, "2.0")
    assert list(frame["log_evidence"]) == [0.5, 1.0]


def test_deliveries_are_counted(book: Book) -> None:
    with book.write() as txn:
        txn.run_many(
            "INSERT INTO deliveries (key, recall_id, revision, wave, chunk, subject, channel, locale, state, provider_id, detail)"
            " VALUES (:key, 'r1', 1, 1, 1, :key, 'email', 'en', 'accepted', '', '')",
            [{"key": str(n)} for n in range(3)],
        )
        frame = deliveries_frame(txn, "r1")
    assert frame.to_dict("records") == [{"wave": 1, "channel": "email", "locale": "en", "state": "accepted", "messages": 3}]


def test_empty_tables_have_their_columns_and_types(book: Book) -> None:
    with book.read() as txn:
        frames = [installed_frame(txn, "a", IOS), evidence_frame(txn, "a", IOS, "2.0"), deliveries_frame(txn, "r1")]
    assert [len(frame) for frame in frames] == [0, 0, 0]
    assert str(frames[0].dtypes["exposed"]) == "Int64"
    assert str(frames[1].dtypes["at"]).startswith("datetime64")
