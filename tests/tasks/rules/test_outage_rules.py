"""An outage message names scope and next time, promises no end, names nothing internal, and says at the end whether data were lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from configs.errors import TemplateInvalid, WordingRefused
from configs.outage import DataLoss, OutageFacts, OutageStage, outage_locales, outage_message, outage_rules
from configs.terms import IssueKind
from tasks.rules.outage_rules import next_update_due, outage_findings, refuse_unsound_outage

LOCALES = ("en", "zh", "ru")
START = datetime(2026, 11, 6, 12, 0, tzinfo=UTC)


def facts(stage: OutageStage = OutageStage.FIRST, **varied: object) -> OutageFacts:
    over = stage is OutageStage.RESOLVED
    made = OutageFacts(
        outage_id="OUT-20261106-ab12c",
        app_title="PocketNotes",
        stage=stage,
        kind=IssueKind.ACCOUNT,
        started_at=START,
        status_url="https://status.recall.example",
        help_address="help@recall.example",
        next_update_at=None if over else START + timedelta(minutes=20),
        resolved_at=START + timedelta(hours=1) if over else None,
        data_loss=DataLoss.NONE if over else DataLoss.UNKNOWN,
        countries=("DE", "CN"),
        versions=("4.2.1",),
    )
    return replace(made, **varied)  # type: ignore[arg-type]  # a builder with one varied fact


def found(locale: str, told: OutageFacts, part: str = "", more: str = "", without: str = "") -> list[str]:
    made = outage_message(told, locale)
    if part:
        before = getattr(made, part)
        after = before.replace(without, "") + more
        assert after != before
        made = replace(made, **{part: after})
    return [str(f) for f in outage_findings(made, told, outage_rules(locale), START)]


def test_every_language_of_notices_can_tell_an_outage() -> None:
    assert outage_locales() == LOCALES
    with pytest.raises(TemplateInvalid, match=r"outage_words\.yaml"):
        outage_rules("de")


@pytest.mark.parametrize("kind", IssueKind)
@pytest.mark.parametrize("stage", OutageStage)
@pytest.mark.parametrize("locale", LOCALES)
def test_our_own_messages_have_no_finding(locale: str, stage: OutageStage, kind: IssueKind) -> None:
    many = tuple(f"4.2.{n}" for n in range(30))
    for countries in ((), ("DE",), ("DE", "CN", "RU", "US", "FR", "NO", "BR", "IN")):
        for versions in ((), ("4.2.1",), many):
            assert found(locale, facts(stage, kind=kind, countries=countries, versions=versions)) == []


GUESSES = {
    "en": [
        "We expect to be back soon.",
        "The fix is estimated at two hours.",
        "ETA 14:00.",
        "It will be fixed within 30 minutes.",
        "Service should be restored by noon.",
        "It will be resolved shortly.",
        "We hope to be back today.",
        "Repairs take two hours.",
        "It will be back at 15:00.",
        "Any minute now.",
        "We will recover it in an hour.",
        "Only 20 minutes left.",
        "We anticipate a fix tonight.",
    ],
    "zh": [
        "预计两小时内恢复。",
        "即将恢复。",
        "我们会尽快修复。",
        "30分钟内修复。",
        "两小时后恢复。",
        "有望今晚解决。",
        "明天恢复。",
        "修复还需要一小时。",
        "大约半小时完成修复。",
        "马上解决。",
        "15点前恢复。",
    ],
    "ru": [
        "Ожидаем восстановления к 15:00.",
        "Скоро всё заработает.",
        "Исправим в течение часа.",
        "Через два часа восстановим.",
        "Ориентировочное время — 15:00.",
        "По предварительным оценкам, к вечеру.",
        "Это займёт около часа.",
        "Устраним до конца дня.",
        "Вернёмся через 30 минут.",
        "Надеемся исправить сегодня.",
        "В ближайшее время заработает.",
        "Планируем завершить завтра.",
    ],
}


@pytest.mark.parametrize("part", ["subject", "text", "short", "push"])
@pytest.mark.parametrize(("locale", "guess"), [(locale, guess) for locale, guesses in GUESSES.items() for guess in guesses])
def test_no_message_says_when_it_will_be_over(locale: str, guess: str, part: str) -> None:
    said = found(locale, facts(), part, f" {guess}")
    assert any(f.startswith(f"{part}: says") and "never estimate the resolution time" in f for f in said), said


INTERNAL = [
    "db-3.prod.internal",
    "auth.corp",
    "printer.local",
    "payments.default.svc.cluster.local",
    "10.0.12.7",
    "192.168.1.20",
    "172.16.4.1",
    "172.31.255.1",
    "127.0.0.1",
    "169.254.169.254",
    "100.64.3.2",
    "fd12:3456:789a::1",
    "fe80::1",
    "checkout-7d9f8b6c5d-x2x4z",
    "ip-10-0-12-7",
    "pg-2",
    "redis01",
    "k8s-node-14",
    "prod-payments",
    "auth-staging",
    "eu-west-1",
    "kube-system",
    "localhost",
    "vault.service.consul",
    "LB-04",
    "pod/checkout-api",
]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", INTERNAL)
def test_no_message_names_a_machine_of_ours(name: str, locale: str) -> None:
    assert any("internal host names" in f for f in found(locale, facts(), "text", f" {name} "))
    assert any("internal host names" in f for f in found(locale, facts(details={locale: f"({name})"})))


OUTSIDE = [
    "https://status.recall.example",
    "help@recall.example",
    "Version 4.2.1",
    "8.8.8.8",
    "172.32.0.1",
    "Android 14",
    "iPhone 15",
    "2026-11-06",
    "12:20 UTC",
    "Pixel 8",
    "OUT-20261106-ab12c",
    "PocketNotes",
    "northern and western Europe",
]


@pytest.mark.parametrize("words", OUTSIDE)
def test_what_everybody_may_know_is_no_finding(words: str) -> None:
    assert found("en", facts(), "text", f" {words}") == []


@pytest.mark.parametrize(
    ("stage", "without", "said"),
    [
        (OutageStage.FIRST, "Service disruption", "headline is missing"),
        (OutageStage.FIRST, "Germany, China", "the scope is missing"),
        (OutageStage.FIRST, "version 4.2.1", "the versions is missing"),
        (OutageStage.FIRST, "igning in does not work", "what does not work is missing"),
        (OutageStage.UPDATE, "12:20 UTC", "the next update's time is missing"),
        (OutageStage.UPDATE, "Next message", "next update is missing"),
        (OutageStage.RESOLVED, "works again", "end is missing"),
        (OutageStage.RESOLVED, "No data were lost.", "data loss is not stated"),
    ],
)
@pytest.mark.parametrize("part", ["text", "html", "short"])
def test_each_mandatory_part_is_missed_when_it_is_gone(stage: OutageStage, without: str, said: str, part: str) -> None:
    assert any(f.startswith(f"{part}: {said}") for f in found("en", facts(stage), part, without=without))


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (facts(next_update_at=None), "next_update_at is missing or past"),
        (facts(next_update_at=START), "next_update_at is missing or past"),
        (facts(next_update_at=START + timedelta(minutes=21)), "too far away"),
        (facts(OutageStage.RESOLVED, data_loss=DataLoss.UNKNOWN), "data_loss is unknown"),
        (facts(OutageStage.RESOLVED, resolved_at=None), "resolved_at is missing"),
        (facts(status_url=""), "status_url is missing"),
    ],
)
def test_a_missing_fact_stops_the_message(told: OutageFacts, said: str) -> None:
    with pytest.raises(WordingRefused, match=said):
        refuse_unsound_outage(outage_message(told, "en"), told, outage_rules("en"), START)


def test_a_sound_message_passes() -> None:
    refuse_unsound_outage(outage_message(facts(), "ru"), facts(), outage_rules("ru"), START)


def at(*minutes: int) -> tuple[datetime, ...]:
    return tuple(START + timedelta(minutes=m) for m in minutes)


@pytest.mark.parametrize(
    ("told", "due"),
    [((), 5), ((3,), 8), ((3, 8), 28), ((8, 3), 28), ((3, 8, 119), 139), ((3, 8, 120), 180), ((3, 8, 200), 260)],
)
def test_when_the_next_message_is_due(told: tuple[int, ...], due: int) -> None:
    assert next_update_due(START, at(*told)) == at(due)[0]
