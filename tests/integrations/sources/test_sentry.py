import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from werkzeug.datastructures import ImmutableMultiDict

from configs.errors import RecallError, SettingsInvalid, SourceUnavailable, Throttled, Unsupported
from configs.policies import load_policy
from configs.terms import Count, Health, Metric, Platform, Release
from integrations.sources.sentry import SentrySource
from tasks.rules.plausibility import sifted
from tasks.rules.plausible_counts import Known
from tests.integrations.sources.recorded_sentry import recorded, sentry
from tests.integrations.sources.surroundings import SECRET, an_app, around, utc
from tests.integrations.sources.vendor import Asked, Said, vendor

OPTIONS = {
    "organization": "acme",
    "project": "chat-android",
    "package": "com.example.chat",
    "token_env": "SENTRY_TOKEN",
    "allow_private": True,
}
DAY = utc(2026, 3, 4)
NOON = utc(2026, 3, 4, 11, 15)


def a_source(address: str, **options: object) -> SentrySource:
    machine = around(Path(), {"SENTRY_TOKEN": SECRET}, NOON, an_app("chat", Platform.ANDROID))
    return SentrySource.build("sentry", OPTIONS | {"url": address} | options, machine)


@contextmanager
def a_sentry(answer: Callable[[Asked], Said] = sentry, **options: object) -> Iterator[tuple[SentrySource, list[Asked]]]:
    with vendor(answer) as (url, asked):
        yield a_source(url, **options), asked


def altered(path: str, change: Callable[[dict[str, object]], object]) -> Callable[[Asked], Said]:
    """Sentry with one answer changed."""

    def answer(asked: Asked) -> Said:
        said = sentry(asked)
        return Said(body=json.dumps(change(json.loads(said.body))).encode()) if asked.path.endswith(path) else said

    return answer


def test_crashed_users_of_each_release_and_hour_are_counted() -> None:
    with a_sentry() as (source, _):
        reading = source.poll(utc(2026, 3, 4, 10, 15), utc(2026, 3, 4, 10, 16))
    start, end = utc(2026, 3, 4, 9), utc(2026, 3, 4, 10)
    assert reading.counts == (
        Count("sentry", "chat", Platform.ANDROID, "4.2.0+881", Metric.CRASH, start, end, 1, 120),
        Count("sentry", "chat", Platform.ANDROID, "4.2.1+883", Metric.CRASH, start, end, 35, 330),
    )
    assert (reading.health, reading.fresh_until, reading.warning) == (Health.HEALTHY, end, "")


def test_sessions_are_counted_where_the_app_reports_no_users() -> None:
    with a_sentry(exposure="sessions") as (source, _):
        counts = source.poll(utc(2026, 3, 4, 10, 15), utc(2026, 3, 4, 10, 16)).counts
    assert [(c.version, c.events, c.exposure) for c in counts] == [("4.2.0+881", 1, 360), ("4.2.1+883", 70, 990)]


def test_bucket_arrives_once_when_it_is_complete_and_settled() -> None:
    with a_sentry() as (source, _):
        early = source.poll(utc(2026, 3, 4, 10), utc(2026, 3, 4, 10, 15))
        exact = source.poll(utc(2026, 3, 4, 10, 15), utc(2026, 3, 4, 10, 20))
        later = source.poll(utc(2026, 3, 4, 10, 20), utc(2026, 3, 4, 11, 15))
    assert [len(r.counts) for r in (early, exact, later)] == [0, 2, 0]
    assert later.fresh_until == utc(2026, 3, 4, 11)


def test_release_without_sessions_in_an_hour_has_no_count_there() -> None:
    with a_sentry() as (source, _):
        counts = source.poll(DAY, NOON).counts
    assert {c.version for c in counts if c.end <= utc(2026, 3, 4, 3)} == {"4.2.0+881"}
    assert sum(c.version == "4.2.1+883" for c in counts) == 7


def test_releases_of_all_pages_that_are_ours_and_of_the_window() -> None:
    with a_sentry() as (source, asked):
        releases = source.poll(utc(2026, 2, 1), NOON).releases
    assert releases == (
        Release("chat", Platform.ANDROID, "4.2.0+881", utc(2026, 2, 20, 9)),
        Release("chat", Platform.ANDROID, "4.2.1+883", utc(2026, 3, 4, 3)),
    )
    assert [a.query.get("cursor") for a in asked if a.path.endswith("/releases/")] == [None, ["0:100:0"]]


def test_long_window_is_asked_in_parts_that_fit_one_answer() -> None:
    with a_sentry() as (source, asked):
        source.poll(utc(2026, 2, 20), NOON)
    periods = [(a.query["start"][0], a.query["end"][0]) for a in asked if a.path.endswith("/sessions/")]
    assert len(periods) == 8
    assert periods[1::2] == periods[::2], "each period is asked for exposure and for status"
    assert all(first[1] == second[0] for first, second in zip(periods[::2], periods[2::2], strict=False))


def test_sessions_that_sentry_no_longer_keeps_are_not_asked_for() -> None:
    with a_sentry(history_days=2) as (source, asked):
        reading = source.poll(utc(2025, 3, 4), NOON)
    assert min(a.query["start"][0] for a in asked if a.path.endswith("/sessions/")) == "2026-03-02T11:00:00Z"
    assert "more than 2 days ago" in reading.warning
    assert reading.health is Health.HEALTHY
    assert len(reading.counts) > 10


def test_too_many_releases_for_one_answer_are_said() -> None:
    def multiply(said: dict[str, object]) -> dict[str, object]:
        (first, *_) = said["groups"]  # type: ignore[misc]  # JSON
        return said | {"groups": [first | {"by": {"release": f"other@{n}"}} for n in range(1300)]}

    with a_sentry(altered("/sessions/", multiply)) as (source, _):
        assert "leaves out small releases" in source.poll(utc(2026, 3, 4, 8), NOON).warning


def test_token_goes_into_the_header_only() -> None:
    with a_sentry() as (source, asked):
        source.poll(DAY, NOON)
    assert {a.headers["Authorization"] for a in asked} == {f"Bearer {SECRET}"}
    assert SECRET not in repr(source) + str([(a.path, a.query) for a in asked])


def test_no_sessions_at_all_are_unknown() -> None:
    with a_sentry() as (source, _):
        reading = source.poll(utc(2026, 4, 1), utc(2026, 4, 1, 1))
    assert (reading.health, reading.fresh_until, reading.counts) == (Health.UNKNOWN, None, ())
    assert "no sessions of project chat-android" in reading.warning


def test_sessions_that_stopped_are_stale() -> None:
    with a_sentry(stale_after_hours=2) as (source, _):
        reading = source.poll(utc(2026, 3, 4, 10), utc(2026, 3, 4, 14, 30))
    assert (reading.health, reading.fresh_until) == (Health.UNKNOWN, utc(2026, 3, 4, 11))
    assert "stale" in reading.warning


@pytest.mark.parametrize("value", [-1, 0.5])
def test_impossible_count_is_rejected_and_the_others_stay(value: float) -> None:
    def spoil(said: dict[str, object]) -> dict[str, object]:
        for group in said["groups"]:  # type: ignore[attr-defined]  # JSON
            if group["by"] == {"release": "com.example.chat@4.2.1+883", "session.status": "crashed"}:
                group["series"]["count_unique(user)"][-2] = value
        return said

    with a_sentry(altered("/sessions/", spoil)) as (source, _):
        reading = source.poll(utc(2026, 3, 4, 9, 15), utc(2026, 3, 4, 11, 14))
        assert len(source.poll(utc(2026, 3, 4, 10, 15), NOON).rejected) == 1
    assert len(reading.rejected) == 1
    assert "4.2.1+883" in reading.rejected[0].place
    assert len(reading.counts) == 3
    assert reading.health is Health.UNKNOWN


@pytest.mark.parametrize("value", [9999, 1e308])
def test_more_crashed_than_exposed_is_passed_on_for_the_whole_bucket_to_be_judged(value: float) -> None:
    def spoil(said: dict[str, object]) -> dict[str, object]:
        for group in said["groups"]:  # type: ignore[attr-defined]  # JSON
            if group["by"] == {"release": "com.example.chat@4.2.1+883", "session.status": "crashed"}:
                group["series"]["count_unique(user)"][-2] = value
        return said

    with a_sentry(altered("/sessions/", spoil)) as (source, _):
        reading = source.poll(utc(2026, 3, 4, 9, 15), utc(2026, 3, 4, 11, 14))
    kept = sifted(reading, Known(utc(2026, 3, 4, 11, 14)), load_policy("default").quarantine).kept
    (gone,) = {c.start for c in reading.counts} - {c.start for c in kept.counts}
    assert all(str(gone.date()) in row.place for row in kept.rejected)
    assert kept.health is Health.UNKNOWN
    assert any("4.2.1+883" in row.place for row in kept.rejected)


INCOMPLETE: dict[str, Said] = {
    "cut JSON": Said(body=recorded("sessions_by_release")[:300]),
    "shorter than promised": Said(body=b"{}", promised=500),
    "not JSON": Said(body=b"<html>maintenance</html>"),
    "no groups": Said(body=b'{"intervals": [], "start": "", "end": "", "query": ""}'),
    "server error": Said(502, b"bad gateway"),
}


@pytest.mark.parametrize("said", INCOMPLETE.values(), ids=list(INCOMPLETE))
def test_unusable_answer_is_tried_again(said: Said) -> None:
    with a_sentry(lambda asked: said) as (source, _), pytest.raises(SourceUnavailable, match="Sentry"):
        source.poll(DAY, NOON)


def test_series_shorter_than_its_intervals_is_tried_again() -> None:
    def shorten(said: dict[str, object]) -> dict[str, object]:
        for group in said["groups"]:  # type: ignore[attr-defined]  # JSON
            group["series"] = {field: values[:-1] for field, values in group["series"].items()}
        return said

    with a_sentry(altered("/sessions/", shorten)) as (source, _), pytest.raises(SourceUnavailable, match="incomplete"):
        source.poll(DAY, NOON)


def test_interval_that_sentry_adds_at_the_end_is_left_out() -> None:
    def lengthen(said: dict[str, object]) -> dict[str, object]:
        said["intervals"] = [*said["intervals"], "2027-01-01T00:00:00Z"]  # type: ignore[misc]  # JSON
        for group in said["groups"]:  # type: ignore[attr-defined]  # JSON
            group["series"] = {field: [*values, 5] for field, values in group["series"].items()}
        return said

    with a_sentry(altered("/sessions/", lengthen)) as (source, _), a_sentry() as (plain, _):
        assert source.poll(DAY, NOON) == plain.poll(DAY, NOON)


def test_answer_about_other_intervals_is_refused() -> None:
    def shift(said: dict[str, object]) -> dict[str, object]:
        return said | {"intervals": [f"2025-01-01T{n:02}:00:00Z" for n in range(len(said["intervals"]))]}  # type: ignore[arg-type]  # JSON

    with a_sentry(altered("/sessions/", shift)) as (source, _), pytest.raises(Unsupported, match="other intervals"):
        source.poll(utc(2026, 3, 4, 8), NOON)


@pytest.mark.parametrize(
    ("status", "said"), [(401, "token in SENTRY_TOKEN|token in .SENTRY_TOKEN"), (403, "scopes"), (404, "organization"), (400, "refuses")]
)
def test_refusal_says_the_way_out_and_no_secret(status: int, said: str) -> None:
    with a_sentry(lambda asked: Said(status, b'{"detail": "no"}')) as (source, _), pytest.raises(RecallError, match=said) as caught:
        source.poll(DAY, NOON)
    assert isinstance(caught.value, Unsupported)
    assert SECRET not in str(caught.value)


def test_throttling_says_how_long_to_wait() -> None:
    with a_sentry(lambda asked: Said(429, headers={"Retry-After": "17"})) as (source, _), pytest.raises(Throttled) as caught:
        source.poll(DAY, NOON)
    assert caught.value.facts["retry_after_seconds"] == 17


def test_endless_pages_end() -> None:
    def forever(asked: Asked) -> Said:
        return sentry(Asked(asked.path, {}, {})) if "releases" in asked.path else sentry(asked)

    with a_sentry(forever) as (source, asked):
        source.poll(DAY, NOON)
    assert sum("releases" in a.path for a in asked) == 50


def test_examples_are_the_crashes_that_hurt_most_users() -> None:
    with a_sentry() as (source, asked):
        (example,) = source.examples("4.2.1+883", DAY, NOON, limit=3)
    assert (example.users, example.culprit) == (151, "com.example.chat.MessageList in bind")
    assert asked[0].query["query"] == ["error.unhandled:true release:com.example.chat@4.2.1+883"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"organization": "a/../b"}, "organization"),
        ({"interval": "5m"}, "interval"),
        ({"exposure": "devices"}, "exposure"),
        ({"token_env": "NOT_SET"}, "NOT_SET"),
        ({"token": SECRET}, "option token"),
        ({"url": "http://sentry.example", "allow_private": False}, "https"),
    ],
)
def test_bad_option_is_named_and_no_secret_shown(options: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsInvalid, match=named) as caught:
        a_source("https://sentry.example", **options)
    assert SECRET not in str(caught.value)


def test_questions_and_recorded_answers_keep_the_vendors_contract(reference: Path) -> None:
    contract = OpenAPI.from_file_path(str(reference / "specs" / "sentry-api-0.json"))
    with a_sentry(environment="production") as (source, asked):
        source.poll(utc(2026, 2, 20), NOON)
        source.examples("4.2.1+883", DAY, NOON)
    assert {a.path.split("/")[-2] for a in asked} == {"sessions", "releases", "issues"}
    for one in asked:
        args = ImmutableMultiDict([(key, value) for key, values in one.query.items() for value in values])
        request = MockRequest("https://us.sentry.io", "get", one.path, args=args, headers={"Authorization": one.headers["Authorization"]})
        contract.validate_request(request)
        contract.validate_response(request, MockResponse(sentry(one).body))
        _only_known_parameters(reference, one)


def _only_known_parameters(reference: Path, one: Asked) -> None:
    paths = json.loads((reference / "specs" / "sentry-api-0.json").read_text())["paths"]
    operation = paths[one.path.replace("/acme/", "/{organization_id_or_slug}/")]["get"]
    assert set(one.query) <= {p["name"] for p in operation["parameters"] if p["in"] == "query"}
