"""The glance works on both databases, and tells what the watch and the quarantine keep."""

from datetime import timedelta

from configs.terms import Platform, Rejected
from integrations.ledger.book import Book
from integrations.ledger.detectors import keep_state
from integrations.ledger.glance import glance
from integrations.ledger.quarantine import hold
from integrations.ledger.readings import store_reading
from tests.integrations.ledger.builders import NOON
from tests.integrations.ledger.test_quarantine import FLOOD, HELD, LISTED
from tests.integrations.ledger.test_readings import READING

WATCHED = '[{"subject":"source s","since":"2026-03-01T12:00:00+00:00","told_at":null,"why":"down","way_out":"mend it"}]'


def test_held_and_unusable_rows_are_told_apart_and_unknowns_are_rows(book: Book, url: str) -> None:
    bad = (Rejected("s", "1", "no date"), Rejected("s", "2", "no date"), Rejected("s", "3", "negative"))
    with book.write() as txn:
        store_reading(txn, "a", READING.__class__("s", NOON, NOON + timedelta(hours=1), NOON, READING.health, rejected=bad))
        hold(txn, "a", "s", HELD)
        keep_state(txn, "a", Platform.IOS, "", "unknown", NOON, WATCHED)
        keep_state(txn, "a", Platform.IOS, "2.0", "crash@s", NOON, "{}")
    seen = glance(url)
    assert [(row["reason"], row["n"]) for row in seen["held"]] == [(LISTED, 1), (FLOOD, 2)]
    assert seen["rejected"] == [{"source": "s", "n": 3}]
    assert [(row["reason"], row["n"]) for row in seen["rejected_by_reason"]] == [("no date", 2), ("negative", 1)]
    assert len(seen["latest_rejected"]) == 3
    assert [(row["app"], row["subject"], row["told_at"]) for row in seen["unknown"]] == [("a", "source s", None)]
