import json
from collections.abc import Callable
from pathlib import Path

import pytest

from configs.errors import SettingsInvalid
from configs.terms import Health
from integrations.sources.http_probe import HttpProbeSource, value_at
from tests.integrations.sources.surroundings import NOW, SECRET, around, utc
from tests.integrations.sources.vendor import Asked, Said, vendor

SINCE = utc(2026, 3, 4, 11, 55)


def a_probe(address: str, **options: object) -> HttpProbeSource:
    env = {"HEALTH_URL": f"{address}/{SECRET}", "HEALTH_TOKEN": SECRET}
    return HttpProbeSource.build("api", {"url_env": "HEALTH_URL", "allow_private": True} | options, around(Path(), env))


def saying(document: object, status: int = 200) -> Callable[[Asked], Said]:
    return lambda asked: Said(status, json.dumps(document).encode())


@pytest.mark.parametrize(
    ("said", "options", "health"),
    [
        (Said(200), {}, Health.HEALTHY),
        (Said(204), {}, Health.HEALTHY),
        (Said(500), {}, Health.DEGRADED),
        (Said(404), {}, Health.DEGRADED),
        (Said(429, headers={"Retry-After": "5"}), {}, Health.DEGRADED),
        (Said(302, headers={"Location": "https://example.org"}), {}, Health.DEGRADED),
        (Said(503), {"statuses": [503]}, Health.HEALTHY),
        (Said(200), {"max_latency_ms": 0.0001}, Health.DEGRADED),
        (Said(200), {"max_latency_ms": 60_000}, Health.HEALTHY),
        (Said(200, b"not JSON"), {"json_path": "status", "equals": "ok"}, Health.UNKNOWN),
        (Said(200, b'{"n": 1e999}'), {"json_path": "n", "at_most": 5}, Health.UNKNOWN),
    ],
)
def test_answer_is_judged(said: Said, options: dict[str, object], health: Health) -> None:
    with vendor(lambda asked: said) as (address, _):
        (probe,) = a_probe(address, **options).poll(SINCE, NOW).probes
    assert probe.health is health
    assert (probe.detail == "") == (health is Health.HEALTHY)
    assert probe.latency_ms is not None
    assert probe.at == NOW


@pytest.mark.parametrize(
    ("document", "options", "health"),
    [
        ({"status": "ok"}, {"json_path": "status", "equals": "ok"}, Health.HEALTHY),
        ({"status": "down"}, {"json_path": "status", "equals": ["ok", "warn"]}, Health.DEGRADED),
        ({"up": True}, {"json_path": "up", "equals": True}, Health.HEALTHY),
        ({"up": 1}, {"json_path": "up", "equals": True}, Health.DEGRADED),
        ({"n": 1.0}, {"json_path": "n", "equals": 1}, Health.HEALTHY),
        ({"queue": {"depth": 100}}, {"json_path": "queue.depth", "at_most": 100}, Health.HEALTHY),
        ({"queue": {"depth": 101}}, {"json_path": "queue.depth", "at_most": 100}, Health.DEGRADED),
        ({"replicas": [{"live": 2}]}, {"json_path": "replicas[0].live", "at_least": 3}, Health.DEGRADED),
        ({"replicas": []}, {"json_path": "replicas[0].live", "at_least": 3}, Health.UNKNOWN),
        ({"queue": {"depth": "many"}}, {"json_path": "queue.depth", "at_most": 100}, Health.UNKNOWN),
        ({"queue": {"depth": True}}, {"json_path": "queue.depth", "at_most": 100}, Health.UNKNOWN),
        ([], {"json_path": "queue.depth", "at_most": 100}, Health.UNKNOWN),
    ],
)
def test_value_in_the_answer_is_judged_and_a_missing_one_is_never_healthy(
    document: object, options: dict[str, object], health: Health
) -> None:
    with vendor(saying(document)) as (address, _):
        reading = a_probe(address, **options).poll(SINCE, NOW)
    assert reading.probes[0].health is health
    assert reading.health is (Health.UNKNOWN if health is Health.UNKNOWN else Health.HEALTHY)


def test_service_that_does_not_answer_is_degraded_and_the_reading_unknown() -> None:
    with vendor(saying({})) as (address, _):
        pass
    reading = a_probe(address).poll(SINCE, NOW)
    assert (reading.probes[0].health, reading.probes[0].latency_ms) == (Health.DEGRADED, None)
    assert "our own looks the same" in reading.probes[0].detail
    assert (reading.health, reading.fresh_until) == (Health.UNKNOWN, None)
    assert SECRET not in repr(reading)


def test_address_that_is_not_open_to_us_is_unknown_and_not_asked() -> None:
    with vendor(saying({})) as (address, asked):
        reading = a_probe(address, allow_private=False).poll(SINCE, NOW)
    assert asked == []
    assert (reading.health, reading.probes[0].health) == (Health.UNKNOWN, Health.UNKNOWN)
    assert SECRET not in repr(reading)


def test_past_window_is_unknown_and_not_asked() -> None:
    with vendor(saying({})) as (address, asked):
        reading = a_probe(address).poll(utc(2026, 3, 3), utc(2026, 3, 4))
    assert (reading.health, reading.probes, asked) == (Health.UNKNOWN, (), [])


def test_same_window_is_looked_at_once_and_the_next_again() -> None:
    with vendor(saying({})) as (address, asked):
        probe = a_probe(address, token_env="HEALTH_TOKEN")
        assert probe.poll(SINCE, NOW) == probe.poll(SINCE, NOW)
        assert len(asked) == 1
        probe.poll(NOW, utc(2026, 3, 4, 12, 5))
    assert len(asked) == 2
    assert asked[0].headers["Authorization"] == f"Bearer {SECRET}"
    assert SECRET not in repr(probe)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"url": "https://example.org/health"}, "url"),
        ({"url_env": None}, "url"),
        ({"url_env": "NOT_SET"}, "NOT_SET"),
        ({"url_env": None, "url": "file:///etc/passwd"}, "option url: must begin"),
        ({"json_path": "a.b"}, "json_path"),
        ({"at_most": 5}, "json_path"),
        ({"max_latency_ms": 0}, "max_latency_ms"),
        ({"timeout_seconds": 3600}, "timeout_seconds"),
        ({"token": SECRET}, "option token"),
    ],
)
def test_bad_option_is_named_and_no_secret_shown(options: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsInvalid, match=named) as caught:
        a_probe("https://example.org", **options)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("path", ["a", "a[0]", "a.b.c", "[1]", "a.b[7]"])
def test_path_that_leads_nowhere_is_a_lookup_error(path: str) -> None:
    with pytest.raises(LookupError):
        value_at([{"a": {"b": [1]}}] if path != "[1]" else [0], path)
