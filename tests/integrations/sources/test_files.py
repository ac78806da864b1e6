import csv
import gzip
import io
import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.errors import FileMalformed, SettingsInvalid
from configs.terms import Count, Dimension, Health, InstalledBase, Metric, Platform, Release, Signal, SignalKind
from integrations.sources.columns import What
from integrations.sources.files import FilesSource, load_releases, load_signals
from tests.integrations.sources.surroundings import around, utc

HEADER = "review_id,app,platform,created_at,rating,title,body\n"
START, END = utc(2020, 1, 1), utc(2021, 1, 1)


def row(n: int = 1, *, at: str = "2020-02-03T04:05:06", stars: object = 2, app: str = "chrome", body: str = "it fails") -> str:
    return f"r{n},{app},ios,{at},{stars},Title,{body}\n"


def a_file(folder: Path, content: str | bytes, name: str = "reviews.csv") -> Path:
    path = folder / name
    raw = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return path


def a_source(folder: Path, **options: object) -> FilesSource:
    return FilesSource.build("reviews", {"path": "reviews.csv"} | options, around(folder))


def test_review_is_read_with_every_column(tmp_path: Path) -> None:
    content = (
        "review_id,app,platform,created_at,rating,title,body,version,country,language,os_version,device,developer_reply,removed_later\n"
        'r1,chrome,ios,2020-02-03T05:05:06+01:00,2,"Bad, really","line one\nline two",4.2.1,DE,de,iOS 13,iPhone11,sorry,1\n'
    )
    (signal,) = load_signals(a_file(tmp_path, content)).values
    assert signal == Signal(
        "reviews.csv", "r1", SignalKind.REVIEW, "chrome", Platform.IOS, utc(2020, 2, 3, 4, 5, 6), "Bad, really", "line one\nline two",
        2, "4.2.1", "de", "DE", "iOS 13", "iPhone11",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2020-02-03T04:05:06", utc(2020, 2, 3, 4, 5, 6)),
        ("2020-02-03", utc(2020, 2, 3)),
        ("2020-02-03T04:05:06Z", utc(2020, 2, 3, 4, 5, 6)),
        ("2020-02-03 04:05:06.5-02:30", utc(2020, 2, 3, 6, 35, 6, 500000)),
        ("2020-02-29T24:00:00", None),
        ("03/02/2020", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("", None),
    ],
)
def test_time_is_utc_and_aware_or_the_row_is_rejected(tmp_path: Path, written: str, meant: object) -> None:
    loaded = load_signals(a_file(tmp_path, HEADER + row(at=written)))
    assert [s.at for s in loaded.values] == ([meant] if meant else [])
    assert all(s.at.utcoffset() is not None for s in loaded.values)
    assert len(loaded.rejected) == (0 if meant else 1)


@pytest.mark.parametrize("stars", ["0", "6", "-1", "nan", "NaN", "inf", "1e309", "-1e309", "3.5", "", "five", "9" * 5000, "True"])
def test_impossible_stars_cost_their_row_only(tmp_path: Path, stars: str) -> None:
    loaded = load_signals(a_file(tmp_path, HEADER + row(1) + row(2, stars=stars) + row(3)))
    assert [s.id for s in loaded.values] == ["r1", "r3"]
    (bad,) = loaded.rejected
    assert bad.place.endswith("reviews.csv:3")
    assert "stars" in bad.reason
    assert len(bad.excerpt) < 60


BAD_ROWS: dict[str, bytes] = {
    "too few fields": b"r2,chrome,ios,2020-02-03,1,Title\n",
    "too many fields": b"r2,chrome,ios,2020-02-03,1,Title,body,extra\n",
    "NUL": b"r2,chrome,ios,2020-02-03,1,Title,bo\0dy\n",
    "invalid UTF-8": b"r2,chrome,ios,2020-02-03,1,Title,bo\xff\xfedy\n",
    "UTF-16 surrogate": b"r2,chrome,ios,2020-02-03,1,Title,bo\xed\xa0\x80dy\n",
    "text after a closing quote": b'r2,chrome,ios,2020-02-03,1,"Title"x,body\n',
    "quote that is never closed": b'r2,chrome,ios,2020-02-03,1,Title,"body\n',
    "no id": b",chrome,ios,2020-02-03,1,Title,body\n",
    "unknown platform": b"r2,chrome,windows,2020-02-03,1,Title,body\n",
    "long id": b"r" * 300 + b",chrome,ios,2020-02-03,1,Title,body\n",
    "2 MB line": b"r2,chrome,ios,2020-02-03,1,Title," + b"x" * 2_000_000 + b"\n",
    "2 MB of quoted lines": b'r2,chrome,ios,2020-02-03,1,Title,"' + b"r9,chrome,ios,2020-02-03,1,Title,forged\n" * 50_000 + b'"\n',
}


@pytest.mark.parametrize("bad", BAD_ROWS.values(), ids=list(BAD_ROWS))
@pytest.mark.parametrize("name", ["reviews.csv", "reviews.csv.gz"])
def test_bad_row_is_rejected_with_its_line_and_the_rest_goes_on(tmp_path: Path, bad: bytes, name: str) -> None:
    content = (HEADER + row(1)).encode() + bad + (row(3) + row(4)).encode()
    loaded = load_signals(a_file(tmp_path, content, name))
    assert [s.id for s in loaded.values] == ["r1", "r3", "r4"]
    assert [r.place for r in loaded.rejected] == [f"{tmp_path / name}:3"]


def test_line_of_50_mb_is_passed_over_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write((HEADER + row(1)).encode() + b"r2,")
        for _ in range(50):
            file.write(b"x" * 1024 * 1024)
        file.write(b"\n" + row(3).encode())
    tracemalloc.start()
    loaded = load_signals(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [s.id for s in loaded.values] == ["r1", "r3"]
    assert "longer than" in loaded.rejected[0].reason
    assert peak < 8 * 1024 * 1024


def test_quote_that_swallows_the_rest_of_the_file_is_named(tmp_path: Path) -> None:
    content = HEADER + row(1) + 'r2,chrome,ios,2020-02-03,1,Title,"' + "no quote any more\n" * 100_000
    with pytest.raises(FileMalformed, match=r"reviews\.csv:3: a quote opened in this row is never closed"):
        load_signals(a_file(tmp_path, content))


@given(junk=st.lists(st.binary(max_size=60).filter(lambda b: b"\n" not in b), max_size=8))
@settings(max_examples=200, deadline=None)
def test_no_bytes_break_the_reader(tmp_path_factory: pytest.TempPathFactory, junk: list[bytes]) -> None:
    content = HEADER.encode() + b"".join(line + b"\n" for line in junk) + row(9).encode()
    loaded = load_signals(a_file(tmp_path_factory.mktemp("junk"), content))
    assert all(s.stars in range(1, 6) and s.at.tzinfo is not None for s in loaded.values)
    if not any(b'"' in line for line in junk):
        assert "r9" in {s.id for s in loaded.values}


@given(
    st.lists(
        st.tuples(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=80), st.integers(1, 5)), max_size=10
    )
)
@settings(max_examples=100, deadline=None)
def test_what_a_csv_writer_wrote_is_read_back(tmp_path_factory: pytest.TempPathFactory, said: list[tuple[str, int]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER.strip().split(","))
    writer.writerows([f"r{n}", "chrome", "ios", "2020-02-03", stars, "t", body] for n, (body, stars) in enumerate(said))
    loaded = load_signals(a_file(tmp_path_factory.mktemp("written"), text.getvalue()))
    assert [(s.body, s.stars) for s in loaded.values] == said
    assert loaded.rejected == ()


MALFORMED: dict[str, tuple[str, bytes, str]] = {
    "empty": ("reviews.csv", b"", r"reviews\.csv:1: the file is empty"),
    "unknown column": ("reviews.csv", b"review_id,created_at,rating,body,mood\n", r"reviews\.csv:1: unknown column 'mood'.*columns: \{"),
    "missing column": ("reviews.csv", b"review_id,created_at,body\n", r"reviews\.csv:1: no column for stars"),
    "doubled column": ("reviews.csv", b"review_id,created_at,date,rating,body\n", r"'created_at' and 'date' both mean 'at'"),
    "semicolons": ("reviews.csv", b"review_id;created_at;rating;body\n", r"is it separated by commas\?"),
    "UTF-16": ("reviews.csv", HEADER.encode("utf-16"), r"not UTF-8"),
    "not gzip": ("reviews.csv.gz", b"", r"reviews\.csv\.gz:1: the file is empty"),
    "JSON list": ("reviews.jsonl", b"[1, 2]\n", r"reviews\.jsonl:1: not a JSON object"),
    "no JSON": ("reviews.jsonl", b"\n\n", r"reviews\.jsonl:1: the file is empty"),
    "JSON unknown key": ("reviews.jsonl", b'{"review_id": 1, "mood": 2}\n', r"reviews\.jsonl:1: unknown column 'mood'"),
    "not Parquet": ("reviews.parquet", b"PAR1 not really", r"reviews\.parquet: not a sound Parquet file"),
    "unknown format": ("reviews.xlsx", b"", r"not a known format"),
}


@pytest.mark.parametrize(("name", "content", "said"), MALFORMED.values(), ids=list(MALFORMED))
def test_malformed_file_is_named_with_place_and_way_out(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    with pytest.raises(FileMalformed, match=said):
        load_signals(a_file(tmp_path, content, name))


def test_gzip_cut_short_is_named_with_the_line(tmp_path: Path) -> None:
    whole = gzip.compress((HEADER + "".join(row(n, body=os.urandom(40).hex()) for n in range(2000))).encode())
    path = tmp_path / "reviews.csv.gz"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FileMalformed, match=r"reviews\.csv\.gz:\d+: the gzip file is cut short"):
        load_signals(path)


def test_damaged_gzip_is_named(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv.gz"
    path.write_bytes(b"not gzip at all")
    with pytest.raises(FileMalformed, match="not a sound gzip file"):
        load_signals(path)


def test_missing_file_is_an_error_to_load_and_missing_data_to_poll(tmp_path: Path) -> None:
    with pytest.raises(FileMalformed, match="No such file"):
        load_signals(tmp_path / "reviews.csv")
    reading = a_source(tmp_path).poll(START, END)
    assert reading.health is Health.UNKNOWN
    assert "no file at reviews.csv" in reading.warning


def test_columns_option_renames_and_leaves_out(tmp_path: Path) -> None:
    path = a_file(tmp_path, "Key,When,Punkte,Text,Laune\nr1,2020-02-03,2,it fails,bad\n")
    columns = {"key": "id", "When": "at", "punkte": "stars", "Laune": ""}
    (signal,) = load_signals(path, "chrome", platform=Platform.IOS, columns=columns).values
    assert (signal.id, signal.stars, signal.body, signal.app) == ("r1", 2, "it fails", "chrome")


FIRST = {"id": "r1", "app": "chrome", "platform": "ios", "at": "2020-02-03T04:05:06Z", "stars": 1, "body": "it fails"}


def test_json_lines_reject_single_bad_objects(tmp_path: Path) -> None:
    rows = [
        json.dumps(FIRST),
        json.dumps(FIRST | {"id": "r2", "mood": 1}),
        '{"id": "r3"',
        "[]",
        json.dumps(FIRST | {"id": "r4", "stars": True}),
        '{"id": "r5", "app": "chrome", "platform": "ios", "at": "2020-02-03", "stars": 1e309, "body": ""}',
        '{"id": "r6", "app": "chrome", "platform": "ios", "at": "2020-02-03", "stars": NaN, "body": ""}',
        '{"id": "r7", "app": "chrome", "platform": "ios", "at": "2020-02-03", "stars": 1, "body": "\\ud800"}',
        json.dumps(FIRST | {"id": "r8", "body": "x" * 1_100_000}),
        "[" * 100_000,
        json.dumps(FIRST | {"id": "r9", "title": None, "stars": 4.0}),
    ]
    loaded = load_signals(a_file(tmp_path, "\n".join(rows), "reviews.jsonl.gz"))
    assert [(s.id, s.stars, s.title) for s in loaded.values] == [("r1", 1, ""), ("r9", 4, "")]
    assert [int(r.place.rsplit(":", 1)[1]) for r in loaded.rejected] == [2, 3, 4, 5, 6, 7, 8, 9, 10]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_parquet_is_read_like_the_rest(tmp_path: Path, unit: str) -> None:
    at = pa.array([utc(2020, 2, 3, 4), None], pa.timestamp(unit, "UTC"))
    table = pa.table({"id": [7, 8], "at": at, "stars": [2, 3], "body": pa.array(["a", "b"]).dictionary_encode()})
    pq.write_table(table, tmp_path / "reviews.parquet")
    loaded = load_signals(tmp_path / "reviews.parquet", "chrome", platform=Platform.IOS)
    assert [(s.id, s.at, type(s.at).__module__, s.stars, s.body) for s in loaded.values] == [("7", utc(2020, 2, 3, 4), "datetime", 2, "a")]
    assert [r.place for r in loaded.rejected] == [f"{tmp_path / 'reviews.parquet'}:2"]


def test_parquet_with_wrong_columns_is_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [7], "mood": [1]}), tmp_path / "reviews.parquet")
    with pytest.raises(FileMalformed, match=r"reviews\.parquet \(schema\): unknown column 'mood'"):
        load_signals(tmp_path / "reviews.parquet")


def test_text_of_parquet_that_is_not_unicode_costs_its_row(tmp_path: Path) -> None:
    body = pa.Array.from_buffers(pa.string(), 2, pa.array([b"ok", b"\xff\xfe"]).buffers())
    pq.write_table(pa.table({"id": [1, 2], "at": ["2020-02-03"] * 2, "stars": [2, 3], "body": body}), tmp_path / "reviews.parquet")
    loaded = load_signals(tmp_path / "reviews.parquet", "chrome", platform=Platform.IOS)
    assert [s.id for s in loaded.values] == ["1"]
    assert "Unicode" in loaded.rejected[0].reason


def test_first_of_a_doubled_id_wins_and_equal_texts_stay(tmp_path: Path) -> None:
    loaded = load_signals(a_file(tmp_path, HEADER + row(1, stars=1) + row(1, stars=5) + row(2) + row(3)))
    assert [(s.id, s.stars) for s in loaded.values] == [("r1", 1), ("r2", 2), ("r3", 2)]
    assert loaded.warnings == ("1 rows repeat an earlier row's key and are left out",)


def test_release_list_gives_the_apps_own_releases(tmp_path: Path) -> None:
    content = (
        "app,platform,version,released_on,release_notes\n"
        'chrome,ios,56.0,2020-02-01,"• two\n• lines"\ngmail,ios,5.0,2020-02-02,\nchrome,ios,,2020-02-03,\nchrome,ios,55.0,2020-01-01,old\n'
    )
    loaded = load_releases(a_file(tmp_path, content), "chrome")
    assert loaded.values == (
        Release("chrome", Platform.IOS, "55.0", utc(2020, 1, 1), "old"),
        Release("chrome", Platform.IOS, "56.0", utc(2020, 2, 1), "• two\n• lines"),
    )
    assert [r.place.rsplit(":", 1)[1] for r in loaded.rejected] == ["5"]


def test_counts_arrive_when_their_interval_ends(tmp_path: Path) -> None:
    a_file(
        tmp_path,
        "version,metric,start,end,events,exposure,dimension,value\n"
        "4.2,crash,2020-01-01T10:00,2020-01-01T11:00,3,100,country,DE\n"
        "4.2,crash,2020-01-01T11:00,2020-01-01T11:00,3,100,,\n"
        "4.2,crash,2020-01-01T11:00,2020-01-01T12:00,-3,100,,\n"
        "4.2,crash,2020-01-01T11:00,2020-01-01T12:00,3,1e300,,\n",
    )
    source = a_source(tmp_path, what="counts")
    at = utc(2020, 1, 1, 11)
    assert source.poll(START, at).counts == ()
    assert source.poll(at, END).counts == (
        Count("reviews", "chrome", Platform.IOS, "4.2", Metric.CRASH, utc(2020, 1, 1, 10), at, 3, 100, Dimension.COUNTRY, "DE"),
    )
    assert len(source.poll(START, END).rejected) == 3


def test_installed_base_keeps_what_nobody_knows(tmp_path: Path) -> None:
    a_file(
        tmp_path,
        "version,country,os_version,at,exposed,fixed,dormant\n4.2,DE,13,2020-01-01,100,40,\n4.2,FR,13,2020-01-01,10,8,3\n",
    )
    reading = a_source(tmp_path, what="installed").poll(START, END)
    assert reading.installed == (InstalledBase("reviews", "chrome", Platform.IOS, "4.2", "DE", "13", START, 100, fixed=40),)
    assert "together exceed exposed" in reading.rejected[0].reason


def test_rows_of_other_apps_and_platforms_are_not_ours(tmp_path: Path) -> None:
    android = row(3).replace("ios", "android")
    a_file(tmp_path, HEADER + row(1) + row(2, app="gmail") + android)
    assert [s.id for s in a_source(tmp_path).poll(START, END).signals] == ["r1"]


def test_file_of_another_apps_name_is_read_by_the_option_app(tmp_path: Path) -> None:
    a_file(tmp_path, HEADER + row(1, app="Chrome iOS"))
    unnamed = a_source(tmp_path).poll(START, END)
    assert (unnamed.health, unnamed.signals) == (Health.UNKNOWN, ())
    assert "1 rows are of other apps or platforms, see the option `app`" in unnamed.warning
    assert [s.app for s in a_source(tmp_path, app="Chrome iOS").poll(START, END).signals] == ["chrome"]


def test_stale_file_is_unknown_and_says_so(tmp_path: Path) -> None:
    a_file(tmp_path, HEADER + row(1, at="2020-02-03"))
    source = a_source(tmp_path, stale_after_hours=24)
    assert source.poll(START, utc(2020, 2, 3, 1)).health is Health.HEALTHY
    late = source.poll(utc(2020, 2, 4), utc(2020, 2, 4, 1))
    assert (late.health, late.fresh_until) == (Health.UNKNOWN, utc(2020, 2, 3))
    assert "stale" in late.warning
    early = source.poll(START, utc(2020, 1, 2))
    assert (early.health, early.fresh_until) == (Health.UNKNOWN, None)
    assert "no reviews before 2020-01-02" in early.warning


def test_row_of_an_export_that_comes_late_arrives_late_and_once(tmp_path: Path) -> None:
    a_file(tmp_path, HEADER + row(1, at="2020-02-03T22:00"))
    source = a_source(tmp_path, late_by_hours=36)
    nights = [source.poll(utc(2020, 2, day), utc(2020, 2, day + 1)) for day in range(2, 8)]
    assert [len(reading.signals) for reading in nights] == [0, 0, 0, 1, 0, 0]
    assert nights[3].fresh_until == utc(2020, 2, 3, 22)
    assert nights[3].health is Health.HEALTHY


def test_byte_order_mark_and_windows_line_ends_do_not_matter(tmp_path: Path) -> None:
    content = "\ufeff" + (HEADER + row(1)).replace("\n", "\r\n")
    assert [s.body for s in load_signals(a_file(tmp_path, content)).values] == ["it fails"]


def test_window_of_mostly_unusable_rows_is_unknown(tmp_path: Path) -> None:
    a_file(tmp_path, HEADER + row(1) + row(2, stars=9) + row(3, stars=9))
    reading = a_source(tmp_path).poll(START, utc(2020, 2, 4))
    assert reading.health is Health.UNKNOWN
    assert "2 rows rejected" in reading.warning


def test_undated_bad_row_is_reported_in_one_window_only(tmp_path: Path) -> None:
    a_file(
        tmp_path, HEADER + "junk\n" + row(1, at="2020-02-01") + "more junk\n" + row(2, at="2020-03-01") + row(3, at="2020-02-02", stars=8)
    )
    source = a_source(tmp_path)
    middle = utc(2020, 2, 15)
    places = [[r.place for r in source.poll(*w).rejected] for w in ((START, middle), (middle, END))]
    assert places == [["reviews.csv:2", "reviews.csv:4", "reviews.csv:6"], []]


def test_unchanged_file_is_read_once_and_a_changed_one_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_file(tmp_path, HEADER + row(1))
    source = a_source(tmp_path)
    opened: list[Path] = []
    real = Path.open

    def counted(self: Path, *args: object, **kwargs: object) -> object:
        opened.append(self)
        return real(self, *args, **kwargs)  # type: ignore[call-overload]  # passed on as they came

    monkeypatch.setattr(Path, "open", counted)
    first = source.poll(START, END)
    assert source.poll(START, END) == first
    assert len(opened) == 1
    path.write_text(HEADER + row(1) + row(2))
    assert [s.id for s in source.poll(START, END).signals] == ["r1", "r2"]
    path.unlink()
    assert source.poll(START, END).signals == ()


def test_pattern_reads_all_files_and_the_first_key_wins(tmp_path: Path) -> None:
    a_file(tmp_path, HEADER + row(1, at="2020-03-01") + row(2), "reviews-b.csv")
    a_file(tmp_path, HEADER + row(2, stars=5) + row(3, at="2020-01-05"), "reviews-a.csv.gz")
    source = a_source(tmp_path, path="reviews-*.csv*")
    assert [(s.id, s.stars) for s in source.poll(START, END).signals] == [("r3", 2), ("r2", 5), ("r1", 2)]
    a_file(tmp_path, HEADER + row(9, at="2020-04-01"), "reviews-c.csv")
    assert [s.id for s in source.poll(START, END).signals] == ["r3", "r2", "r1", "r9"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"path": "reviews.xlsx"}, "option path"),
        ({"path": ""}, "option path"),
        ({"what": "moods"}, "option what"),
        ({"columns": {"a": "mood"}}, "'mood'"),
        ({"stale_after_hours": 0}, "option stale_after_hours"),
        ({"stale_after_hours": float("nan")}, "option stale_after_hours"),
        ({"paht": "x"}, "option paht"),
    ],
)
def test_bad_option_is_named(tmp_path: Path, options: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsInvalid, match=f"source 'reviews': .*{named}"):
        a_source(tmp_path, **options)


def test_what_the_help_desk_calls_a_ticket_is_read_with_its_words(tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text(
        "ticket_id,app,platform,created_at,category,title,body\n"
        "1,shop,android,2026-03-02T09:00:00Z,Payment failure,Question,Where is it?\n"
        "2,shop,android,2026-03-02T09:00:00Z,Data loss,,Please help\n"
        "3,shop,android,2026-03-02T09:00:00Z,,Question,Where is it?\n",
        encoding="utf-8",
    )
    assert [s.title for s in load_signals(path, what=What.TICKETS).values] == ["Payment failure. Question", "Data loss", "Question"]


REAL: dict[str, tuple[Callable[[Path], object], int]] = {
    "youtube": (lambda data: load_signals(data / "reviews_ios_youtube_versions.csv.gz"), 5_000),
    "gmail": (lambda data: load_signals(data / "no-licence/reviews_ios_gmail.csv.gz"), 33_985),
    "chrome": (lambda data: load_signals(data / "no-licence/reviews_ios_chrome.csv.gz", "chrome"), 12_677),
    "drive": (lambda data: load_signals(data / "no-licence/reviews_ios_drive.csv.gz", platform=Platform.IOS), 26_138),
    "firefox": (lambda data: load_signals(data / "support_tickets_firefox.csv.gz", what=What.TICKETS, platform=Platform.ANDROID), 3_255),
    "all releases": (lambda data: load_releases(data / "no-licence/releases_ios.csv.gz"), 832),
    "drive releases": (lambda data: load_releases(data / "no-licence/releases_ios.csv.gz", "drive"), 127),
}


@pytest.mark.parametrize(("load", "rows"), REAL.values(), ids=list(REAL))
def test_real_file_loads_as_it_is(reference: Path, load: Callable[[Path], object], rows: int) -> None:
    if not (reference / "data" / "no-licence").is_dir():
        pytest.skip("the reference data without a licence are not here")
    loaded = load(reference / "data")
    assert (len(loaded.values), loaded.rejected, loaded.warnings) == (rows, (), ())  # type: ignore[attr-defined]  # a Loaded of either kind
