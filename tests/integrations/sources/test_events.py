"""Event files are read once, on from where the last poll stopped; a bad row costs no other."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest

from configs.errors import FileMalformed, SettingsInvalid
from configs.terms import Event, EventKind, Health, Platform
from integrations.event_blocks import Mark
from integrations.sources import event_files, event_parsing
from integrations.sources.event_rows import ALONE_BELOW, LISTED
from tests.integrations.sources.event_lines import BEGIN, END, a_line, a_source, blocks_of, events_in, ids_in, places
from tests.integrations.sources.surroundings import utc

MINUTE = timedelta(minutes=1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def test_a_row_is_read_as_what_it_says(file: Path) -> None:
    row = a_line(
        1, id="4e-cb", user="мария", device="三星", occurred="2026-03-04T05:59:58.5Z", received="2026-03-04T11:01:00+05:00", extra=[1]
    )
    file.write_text(row, encoding="utf-8")
    (event,) = events_in(blocks_of(a_source(file.parent)))
    times = {"occurred": utc(2026, 3, 4, 5, 59, 58, 500_000), "received": BEGIN + MINUTE}
    told = {"version": "2.0", "user": "мария", "device": "三星", "os_version": "15", "country": "DE"}
    assert event == Event("crashes", "4e-cb", EventKind.CRASH, "chrome", Platform.IOS, **times, **told)


def test_what_is_not_needed_may_be_missing(file: Path) -> None:
    needed = {"id": 7, "kind": "SESSION", "occurred": "2026-03-04 06:01", "received": "2026-03-04 06:01", "version": "2.0"}
    file.write_text(json.dumps(needed) + "\n")
    (event,) = events_in(blocks_of(a_source(file.parent)))
    assert (event.id, event.kind, event.user, event.device, event.received) == ("7", EventKind.SESSION, "", "", BEGIN + MINUTE)


def test_other_names_are_understood_and_given_ones_obeyed(file: Path) -> None:
    row = {"event_id": "e1", "Type": "fatal", "install_id": "u1", "timestamp": "2026-03-04T06:01:00Z", "got": "2026-03-04T06:02:00Z"}
    file.write_text(json.dumps(row | {"app_version": "2.0", "os": "15", "device_model": "Pixel"}) + "\n")
    (event,) = events_in(blocks_of(a_source(file.parent, columns={"got": "received"})))
    assert (event.id, event.user, event.version, event.os_version, event.device) == ("e1", "u1", "2.0", "15", "Pixel")
    assert (event.kind, event.received) == (EventKind.CRASH, BEGIN + 2 * MINUTE)


def test_rows_of_other_apps_and_platforms_are_left_out(file: Path) -> None:
    rows = [a_line(1, app="chrome"), a_line(2, app="other"), a_line(3, platform="android"), a_line(4, platform="iOS"), a_line(5)]
    file.write_text("".join(rows))
    assert ids_in(blocks_of(a_source(file.parent))) == ["e1", "e4", "e5"]
    assert ids_in(blocks_of(a_source(file.parent, app="other"))) == ["e2", "e4", "e5"]


BAD: dict[str, tuple[str, str]] = {
    "cut": ('{"id": "x", "kind"\n', "not JSON"),
    "no object": ("[1, 2]\n", "not a JSON object"),
    "no id": (a_line(2, id=""), "id is empty"),
    "null id": (a_line(2, id=None), "id is empty"),
    "id of a list": (a_line(2, id=["x"]), "id is not text"),
    "long id": (a_line(2, id="x" * 201), "id is longer than 200"),
    "long user": (a_line(2, user="я" * 201), "user is longer than 200"),
    "unknown kind": (a_line(2, kind="sneeze"), "kind is none of session, crash, anr"),
    "no version": (a_line(2, version=None), "version is empty"),
    "blank version": (a_line(2, version="  "), "version is empty"),
    "blank id": (a_line(2, id=" "), "id is empty"),
    "no time": (a_line(2, received="soon"), "received is not an ISO 8601"),
    "a number as time": (a_line(2, occurred=1_772_604_000), "occurred is not an ISO 8601"),
    "time missing": (a_line(2, received=None), "received is empty"),
    "13th month": (a_line(2, received="2026-13-04T06:00:00Z"), "received is not an ISO 8601"),
    "NUL": (a_line(2, device="a\0b"), "device holds a NUL"),
}


@pytest.mark.parametrize(("line", "reason"), BAD.values(), ids=BAD)
def test_a_bad_row_is_named_and_costs_no_other(file: Path, line: str, reason: str) -> None:
    file.write_text(a_line(1) + line + a_line(3), encoding="utf-8")
    found = blocks_of(a_source(file.parent))
    assert ids_in(found) == ["e1", "e3"]
    ((place, said),) = places(found).items()
    assert place == "events.jsonl:2"
    assert reason in said


def test_bytes_that_are_no_text_are_named(file: Path) -> None:
    file.write_bytes(a_line(1).encode() + a_line(2, device="X").encode().replace(b'"X"', b'"\xff"') + a_line(3).encode())
    found = blocks_of(a_source(file.parent))
    assert (ids_in(found), places(found)) == (["e1", "e3"], {"events.jsonl:2": "the row is not valid UTF-8"})


def test_bad_rows_far_apart_are_found_among_many(file: Path) -> None:
    lines = [a_line(1, id=f"e{n}") for n in range(1, 6001)]
    assert sum(map(len, lines)) > 20 * ALONE_BELOW
    for at in (0, 2999, 5999):
        lines[at] = "oops\n"
    lines[4000] = "\n"
    lines[4001] = a_line(1, kind="sneeze")
    file.write_text("".join(lines))
    found = blocks_of(a_source(file.parent))
    assert [int(place.split(":")[1]) for place in places(found)] == [1, 3000, 4002, 6000]
    assert ids_in(found) == [f"e{n}" for n in range(1, 6001) if n not in (1, 3000, 4001, 4002, 6000)]


def test_very_many_bad_rows_are_counted_instead_of_named(file: Path) -> None:
    file.write_text(a_line(1) + a_line(2, kind="sneeze") * (LISTED + 50))
    told = places(blocks_of(a_source(file.parent)))
    assert len(told) == LISTED + 1
    assert list(told.values())[-1] == "50 more rows after this line are unusable"


def test_a_huge_line_is_passed_over_in_bounded_memory(file: Path) -> None:
    with file.open("w") as out:
        out.write(a_line(1))
        out.writelines("x" * 1_000_000 for _ in range(200))
        out.write("\n" + a_line(3))
    tracemalloc.start()
    found = blocks_of(a_source(file.parent))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert ids_in(found) == ["e1", "e3"]
    assert places(found) == {"events.jsonl:2": f"the row is longer than {event_files.STRETCH} bytes"}
    assert peak < 5 * event_files.STRETCH  # the line has 200 MB


def test_a_file_without_the_needed_keys_is_refused_with_the_way_out(file: Path) -> None:
    file.write_text('{"id": "1", "what": "crash"}\n')
    with pytest.raises(FileMalformed, match=r"events.jsonl:1: no key for kind, occurred, received, version; .*columns: {theirs: ours}"):
        blocks_of(a_source(file.parent))


@pytest.mark.parametrize(
    ("option", "said"),
    [({"path": "events.csv"}, "must end in"), ({"columns": {"a": "nonsense"}}, "events do not have"), ({"stale_after_hours": 0}, "stale")],
    ids=["path", "columns", "stale"],
)
def test_a_wrong_option_is_named(tmp_path: Path, option: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsInvalid, match=said):
        a_source(tmp_path, **option)


# --- windows and marks ----------------------------------------------------------------------------------------------------


def test_a_window_holds_what_was_received_in_it(file: Path) -> None:
    file.write_text("".join(a_line(n) for n in range(1, 9)))
    source = a_source(file.parent)
    assert ids_in(blocks_of(source, BEGIN + 3 * MINUTE, BEGIN + 6 * MINUTE)) == ["e3", "e4", "e5"]
    assert ids_in(blocks_of(source, BEGIN + 3 * MINUTE, BEGIN + 6 * MINUTE, late=True)) == ["e1", "e2", "e3", "e4", "e5"]


def test_the_next_poll_goes_on_behind_the_mark(file: Path) -> None:
    marks: dict[str, Mark] = {}
    file.write_text(a_line(1) + "oops\n")
    source = a_source(file.parent)
    assert ids_in(blocks_of(source, marks=marks)) == ["e1"]
    assert blocks_of(source, marks=marks, late=True) == []
    with file.open("a") as out:
        out.write(a_line(2) + "oops\n")
    found = blocks_of(source, marks=marks, late=True)
    assert (ids_in(found), list(places(found))) == (["e2"], ["events.jsonl:4"])
    assert marks["events.jsonl"].lines == 4


def test_a_line_being_written_waits_for_its_end(file: Path) -> None:
    marks: dict[str, Mark] = {}
    second = a_line(2)
    file.write_text(a_line(1) + second[:50])
    source = a_source(file.parent)
    assert ids_in(blocks_of(source, marks=marks)) == ["e1"]
    with file.open("a") as out:
        out.write(second[50:-1])
    assert ids_in(blocks_of(source, marks=marks)) == ["e2"]
    with file.open("a") as out:
        out.write("\n" + a_line(3))
    assert ids_in(blocks_of(source, marks=marks)) == ["e3"]


def test_another_file_of_that_name_is_read_from_its_beginning(file: Path) -> None:
    marks: dict[str, Mark] = {}
    file.write_text(a_line(1))
    source = a_source(file.parent)
    blocks_of(source, marks=marks)
    file.write_text(a_line(7) + a_line(8))
    assert ids_in(blocks_of(source, marks=marks)) == ["e7", "e8"]
    file.write_text(a_line(9))
    assert ids_in(blocks_of(source, marks=marks)) == ["e9"]


def test_what_was_received_after_the_window_is_read_by_a_later_poll(file: Path) -> None:
    marks: dict[str, Mark] = {}
    file.write_text("".join(a_line(n) for n in (1, 2, 3)))
    source = a_source(file.parent)
    assert ids_in(blocks_of(source, BEGIN, BEGIN + 2 * MINUTE, marks=marks)) == ["e1"]
    assert marks == {}
    assert ids_in(blocks_of(source, BEGIN + 2 * MINUTE, BEGIN + 3 * MINUTE, marks=marks)) == ["e2"]
    assert ids_in(blocks_of(source, BEGIN + 3 * MINUTE, END, marks=marks)) == ["e3"]
    assert marks["events.jsonl"].lines == 3


def test_reading_stops_at_the_first_stretch_that_is_all_of_later(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_files, "STRETCH", 4 * len(a_line(1)) + 50)
    file.write_text("".join(a_line(n) for n in range(10, 90)) + "oops\n")
    marks: dict[str, Mark] = {}
    found = blocks_of(a_source(file.parent), BEGIN, BEGIN + 30 * MINUTE, marks=marks)
    assert ids_in(found) == [f"e{n}" for n in range(10, 30)]
    assert len(found) == 6
    assert marks["events.jsonl"].lines == 20


def test_a_zipped_file_is_read_once_and_again_when_it_grew(tmp_path: Path) -> None:
    marks: dict[str, Mark] = {}
    file = tmp_path / "events.jsonl.gz"
    source = a_source(tmp_path, path="events.jsonl.gz")
    file.write_bytes(gzip.compress(a_line(1).encode()))
    assert ids_in(blocks_of(source, marks=marks)) == ["e1"]
    assert blocks_of(source, marks=marks) == []
    file.write_bytes(gzip.compress((a_line(1) + a_line(2)).encode()))
    assert ids_in(blocks_of(source, marks=marks)) == ["e1", "e2"]


@pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: b"no gzip at all"], ids=["cut short", "no gzip"])
def test_a_damaged_zipped_file_is_refused(tmp_path: Path, damage: object) -> None:
    whole = gzip.compress("".join(a_line(n) for n in range(1, 99)).encode())
    (tmp_path / "events.jsonl.gz").write_bytes(damage(whole))  # type: ignore[operator]
    with pytest.raises(FileMalformed, match=r"events.jsonl.gz: not a sound gzip file"):
        blocks_of(a_source(tmp_path, path="events.jsonl.gz"))


@pytest.fixture
def every_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also small stretches get one."""
    monkeypatch.setattr(event_parsing, "WORTH_A_DIGEST", 0)


@pytest.mark.usefixtures("every_digest")
def test_a_text_the_ledger_has_is_not_parsed_again(file: Path) -> None:
    file.write_text(a_line(1) + a_line(2))
    source = a_source(file.parent)
    (first,) = blocks_of(source)
    (file.parent / "events-copy.jsonl").write_bytes(file.read_bytes())
    again = blocks_of(source, known=frozenset({first.digest}))
    assert [(len(block), block.is_repeat, block.mark is not None) for block in again] == [(0, True, True)] * 2


def test_a_small_text_has_no_digest(file: Path) -> None:
    file.write_text(a_line(1))
    assert [block.digest for block in blocks_of(a_source(file.parent), known=frozenset({b""}))] == [b""]


@pytest.mark.usefixtures("every_digest")
def test_a_text_that_was_taken_in_part_has_no_digest(file: Path) -> None:
    file.write_text(a_line(1) + a_line(2))
    source = a_source(file.parent)
    windows = {"whole": (BEGIN, END), "later": (BEGIN, BEGIN + 2 * MINUTE), "before": (BEGIN + 2 * MINUTE, END)}
    assert {name: bool(blocks_of(source, *window)[0].digest) for name, window in windows.items()} == {
        "whole": True,
        "later": False,
        "before": False,
    }


def test_files_of_a_pattern_are_read_in_their_order(tmp_path: Path) -> None:
    for folder, number in (("b", 2), ("a", 1)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "events.jsonl").write_text(a_line(number))
    marks: dict[str, Mark] = {}
    assert ids_in(blocks_of(a_source(tmp_path, path="*/events.jsonl"), marks=marks)) == ["e1", "e2"]
    assert sorted(marks) == ["a/events.jsonl", "b/events.jsonl"]


# --- how fresh ------------------------------------------------------------------------------------------------------------


def test_the_newest_row_says_how_fresh_the_source_is(file: Path) -> None:
    file.write_text("".join(a_line(n) for n in range(1, 400)))
    source = a_source(file.parent)
    now = BEGIN + timedelta(minutes=500)
    assert (source.poll(BEGIN, now).fresh_until, source.poll(BEGIN, now).health) == (BEGIN + 399 * MINUTE, Health.HEALTHY)
    assert source.poll(BEGIN, BEGIN + 200 * MINUTE).fresh_until == BEGIN + 200 * MINUTE
    stale = source.poll(BEGIN, now + timedelta(hours=6))
    assert (stale.health, stale.warning) == (
        Health.UNKNOWN,
        "stale: the newest event was received 2026-03-04 12:39 UTC, more than 6 h before",
    )


def test_no_file_and_an_empty_file_are_unknown(file: Path) -> None:
    source = a_source(file.parent)
    assert source.poll(BEGIN, END).warning == "no events before 2026-03-04 12:00 UTC; no file at events*.jsonl"
    file.write_text("")
    reading = source.poll(BEGIN, END)
    assert (reading.health, reading.fresh_until, reading.warning) == (Health.UNKNOWN, None, "no events before 2026-03-04 12:00 UTC")
    assert blocks_of(source) == []
