"""A notice is sent only when it says what it must and nothing that plays the hazard down."""

from dataclasses import replace

import pytest

from configs.errors import WordingRefused
from configs.notice import RenderedNotice
from configs.terms import IssueKind, Level, Platform
from configs.wording import notice, wording_rules
from tasks.rules.wording_rules import findings, missing_locales, refuse_missing_locales, refuse_unsound
from tests.configs.facts import some_facts

LOCALES = ("en", "zh", "ru")


def found(rendered: RenderedNotice, **facts: object) -> list[str]:
    return [str(f) for f in findings(rendered, some_facts(**facts), wording_rules(rendered.locale))]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", list(IssueKind))
@pytest.mark.parametrize("fixed", ["", "4.2.2"])
def test_our_own_notices_have_no_finding(locale: str, kind: IssueKind, fixed: str) -> None:
    for level in Level:
        for platform in Platform:
            varied = {"kind": kind, "fixed_version": fixed, "level": level, "platform": platform}
            assert found(notice(some_facts(**varied), locale), **varied) == []


SOFTENERS = [
    ("en", "This is a voluntary recall."),
    ("en", "We voluntarily recall it."),
    ("en", "As a precautionary measure, update."),
    ("en", "We act out of precaution."),
    ("en", "Update at your discretion."),
    ("en", "The update is discretionary."),
    ("en", "In rare situations it closes."),
    ("en", "It happens in very rare cases only."),
    ("en", "Under specific circumstances it fails."),
    ("en", "In some cases data are lost."),
    ("en", "It rarely happens."),
    ("en", "No accidents have been reported."),
    ("en", "There are no reported injuries."),
    ("en", "No known incidents so far."),
    ("en", "We are not aware of any reports."),
    ("en", "Accidents have not been reported."),
    ("en", "Out of an abundance of caution."),
    ("en", "This market withdrawal starts today."),
    ("en", "It is withdrawn from the market."),
    ("en", "A stock recovery is under way."),
    ("en", "VOLUN\u00adTARY"),
    ("en", "volun\u200btary"),
    ("en", "in\nrare\n situations"),
    ("en", "Try our exciting design."),
    ("zh", "本次为自愿召回。"),
    ("zh", "我们主动召回该版本。"),
    ("zh", "这是一项预防性措施。"),
    ("zh", "为安全起见,请更新。"),
    ("zh", "您可自行决定是否更新。"),
    ("zh", "在极少数情况下会退出。"),
    ("zh", "在特定情况下会丢失。"),
    ("zh", "仅影响部分用户。"),
    ("zh", "目前尚未收到任何事故报告。"),
    ("zh", "暂无人员伤亡。"),
    ("zh", "没有发生事故。"),
    ("zh", "出于谨慎考虑。"),
    ("zh", "这是市场撤回。"),
    ("zh", "我们正在进行库存回收。"),
    ("ru", "Это добровольный отзыв."),
    ("ru", "Мы добровольно отзываем версию."),
    ("ru", "О добровольном отзыве сообщаем вам."),
    ("ru", "В качестве меры предосторожности."),
    ("ru", "Это превентивная мера."),
    ("ru", "В профилактических целях."),
    ("ru", "На ваше усмотрение."),
    ("ru", "В редких случаях приложение закрывается."),
    ("ru", "В отдельных ситуациях."),
    ("ru", "При определённых обстоятельствах."),
    ("ru", "У некоторых пользователей."),
    ("ru", "Несчастных случаев не зарегистрировано."),
    ("ru", "Сообщений о травмах не поступало."),
    ("ru", "Не зафиксировано ни одного инцидента."),
    ("ru", "Из излишней осторожности."),
    ("ru", "Мы перестраховываемся."),
    ("ru", "Версия отозвана с рынка."),
    ("ru", "Изъятие складских запасов."),
]


@pytest.mark.parametrize(("locale", "sentence"), SOFTENERS)
@pytest.mark.parametrize("part", ["subject", "text", "html", "short", "push_title", "push"])
def test_a_softener_in_any_form_and_part_is_found(locale: str, sentence: str, part: str) -> None:
    sound = notice(some_facts(), locale)
    softened = replace(sound, **{part: f"{getattr(sound, part)} {sentence}".replace("\n", "\n" if part != "subject" else " ")})
    assert len([f for f in found(softened) if f.startswith(f"{part.replace('_', ' ')}: says") and ("GPSR" in f or "CFR" in f)]) >= 1


@pytest.mark.parametrize("entity", ["volun&shy;tary", "&#118;oluntary", "volun<b>tary</b>"][:2])
def test_a_softener_is_found_behind_html_entities(entity: str) -> None:
    sound = notice(some_facts(), "en")
    assert any("voluntary" in f for f in found(replace(sound, html=sound.html.replace("</body>", f"<p>{entity}</p></body>"))))


def test_the_products_own_name_is_no_softener() -> None:
    assert found(notice(some_facts(app_title="Voluntary Rare Cases"), "en"), app_title="Voluntary Rare Cases") == []


@pytest.mark.parametrize(
    ("part", "old", "said"),
    [
        ("subject", "Product safety recall", "subject: headline is missing (GPSR"),
        ("subject", "URGENT", "subject: urgent is missing (21 CFR 7.49"),
        ("subject", "PocketNotes", "subject: the product's name is missing"),
        ("text", "Product safety recall", "text: headline is missing"),
        ("text", "4.2.1", "text: the version is missing"),
        ("text", "Distributed", "text: distribution is missing"),
        ("text", "2026", "text: the date of distribution is missing"),
        ("text", "can delete or damage", "text: the hazard is missing"),
        ("text", "Stop using", "text: stop at once is missing"),
        ("text", "free of charge", "text: remedy free of charge is missing"),
        ("text", "4.2.2", "text: the fixed version is missing"),
        ("text", "https://support.recall.example/recall", "text: the contact address is missing"),
        ("text", "help@recall.example", "text: the help address is missing"),
        ("text", "R-20261104-7f3a", "text: the recall number is missing"),
        ("text", "pass this notice on", "text: passing on is missing"),
        ("html", "Stop using", "html: stop at once is missing"),
        ("short", "pass it on", "short: passing on is missing"),
    ],
)
def test_each_mandatory_part_is_missed_when_it_is_gone(part: str, old: str, said: str) -> None:
    sound = notice(some_facts(), "en")
    assert old in getattr(sound, part)
    assert any(f.startswith(said) for f in found(replace(sound, **{part: getattr(sound, part).replace(old, "")})))


@pytest.mark.parametrize("locale", LOCALES)
def test_another_languages_notice_is_not_sound(locale: str) -> None:
    other = LOCALES[(LOCALES.index(locale) + 1) % 3]
    assert any("headline" in f for f in found(replace(notice(some_facts(), other), locale=locale)))


@pytest.mark.parametrize("fact", ["recall_id", "app_title", "version", "contact_url", "help_address"])
def test_a_missing_fact_stops_the_send(fact: str) -> None:
    facts = some_facts(**{fact: ""})
    with pytest.raises(WordingRefused, match=f"{fact} is missing"):
        refuse_unsound(notice(facts, "en"), facts, wording_rules("en"))


def test_a_missing_date_stops_the_send() -> None:
    assert "facts: distributed_from is missing" in " ".join(found(notice(some_facts(distributed_from=None), "en"), distributed_from=None))


def test_a_sound_notice_passes() -> None:
    sound = notice(some_facts(), "ru")
    refuse_unsound(sound, some_facts(), wording_rules("ru"))
    assert findings(sound, some_facts(), wording_rules("ru")) == ()


def test_a_short_form_that_is_not_short_is_found() -> None:
    facts = {"contact_url": "https://support.recall.example/" + "x" * 300}
    assert any("SMS parts, at most 3 go out" in f for f in found(notice(some_facts(**facts), "en"), **facts))


def test_a_line_break_in_the_subject_is_found() -> None:
    facts = {"app_title": "Pocket\r\nBcc: all@x.example"}
    assert any("line break" in f for f in found(notice(some_facts(**facts), "en"), **facts))


@pytest.mark.parametrize(
    ("shares", "missing"),
    [
        ({"en-GB": 0.9, "zh-Hans-CN": 0.1}, ()),
        ({"en": 0.9, "de": 0.1}, ("de",)),
        ({"en": 0.985, "pt-BR": 0.006, "pt_PT": 0.006}, ("pt",)),
        ({"en": 0.995, "fi": 0.005}, ()),
        ({"en": 0.99, "fi": 0.01}, ("fi",)),
        ({"": 1.0}, ()),
        ({}, ()),
    ],
)
def test_a_language_that_matters_must_have_wording(shares: dict[str, float], missing: tuple[str, ...]) -> None:
    assert missing_locales(shares, LOCALES, 0.01) == missing
    if missing:
        with pytest.raises(WordingRefused, match=missing[0]):
            refuse_missing_locales(shares, LOCALES, 0.01)
    else:
        refuse_missing_locales(shares, LOCALES, 0.01)
