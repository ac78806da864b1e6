"""Every language has every sentence, with the same placeholders, and writes numbers, times and plurals as its readers do."""

from __future__ import annotations

import re
import string
import unicodedata
from collections import defaultdict
from datetime import UTC, datetime

import pytest

from configs.catalogue import LOCALES, catalogue, plural
from configs.errors import TemplateInvalid
from configs.terms import Action, Basis, Harm, IssueChange, IssueKind, Level, Metric, Platform

FORMS = {"en": {"one", "other"}, "zh": {"other"}, "ru": {"one", "few", "many", "other"}}
ENTRIES = {locale: catalogue(locale).entries for locale in LOCALES}


def counted(locale: str) -> dict[str, set[str]]:
    """Keys with plural forms, and the forms they have."""
    found: dict[str, set[str]] = defaultdict(set)
    for key in ENTRIES[locale]:
        name, _, form = key.rpartition(".")
        if form in FORMS["ru"] and f"{name}.other" in ENTRIES[locale]:
            found[name].add(form)
    return found


def sentences(locale: str) -> set[str]:
    """Keys without their plural forms and the language's own units of number."""
    plain = {key for key in ENTRIES[locale] if key.rpartition(".")[0] not in counted(locale)}
    return {key for key in plain if not key.startswith("number.units.")} | set(counted(locale))


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_has_every_sentence_and_no_other(locale: str) -> None:
    assert sentences(locale) == sentences("en")


@pytest.mark.parametrize("locale", LOCALES)
def test_counted_sentences_have_all_plural_forms_of_their_language(locale: str) -> None:
    assert counted(locale)
    assert {key: forms for key, forms in counted(locale).items() if forms != FORMS[locale]} == {}


@pytest.mark.parametrize("locale", LOCALES)
def test_the_same_things_are_put_into_the_same_sentence(locale: str) -> None:
    """A counted form may leave the number out ("the earlier prediction"), and a name may be said by the sentence itself."""
    wrong = {}
    for key in sentences("en"):
        forms = [f"{key}.{form}" for form in FORMS[locale]] if key in counted(locale) else [key]
        expected = placeholders(ENTRIES["en"][f"{key}.other" if key in counted("en") else key])
        for form in forms:
            if placeholders(ENTRIES[locale][form]) - {"n"} != expected - {"n"} or (key not in counted("en") and "n" in expected) != (
                key not in counted(locale) and "n" in placeholders(ENTRIES[locale][form])
            ):
                wrong[form] = ENTRIES[locale][form]
    assert wrong == {}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_word_of_the_glossary_has_its_sentence(locale: str) -> None:
    words = [
        *(f"level.{v.value}" for v in Level), *(f"kind.{v.value}" for v in IssueKind), *(f"action.{v.value}" for v in Action),
        *(f"option.{v.value}" for v in Action), *(f"harm.{int(v)}" for v in Harm), *(f"metric.{v.value}" for v in Metric),
        *(f"store.{v.value}" for v in Platform), *(f"story.{v.value}" for v in IssueChange),
    ]  # fmt: skip
    assert [word for word in words if word not in ENTRIES[locale]] == []
    assert {basis.value for basis in Basis} == {key.split(".")[1] for key in ENTRIES[locale] if key.startswith("basis.")}


@pytest.mark.parametrize("locale", LOCALES)
def test_no_key_is_what_yaml_takes_for_something_else(locale: str) -> None:
    parts = {part for key in ENTRIES[locale] for part in key.split(".")}
    assert not parts & {"True", "False", "None"}, "quote it, or call it otherwise: yes, no, on and off are no words in YAML"


def letters(text: str, script: str) -> bool:
    return any(unicodedata.name(c, "").startswith(script) for c in text)


NOT_WORDS = re.compile(r"^(number|time\.moment|list|store|happened\.of|flips\.would|title)\b")
"""Sentences that are only signs, numbers and names."""


@pytest.mark.parametrize(("locale", "script"), [("zh", "CJK"), ("ru", "CYRILLIC")])
def test_nothing_is_left_in_english(locale: str, script: str) -> None:
    left = {k: v for k, v in ENTRIES[locale].items() if not NOT_WORDS.match(k) and not letters(re.sub(r"\{\w+\}", "", v), script)}
    assert left == {}


@pytest.mark.parametrize("locale", LOCALES)
def test_no_sentence_has_a_doubled_space_or_a_loose_end(locale: str) -> None:
    loose = {k: v for k, v in ENTRIES[locale].items() if "  " in v or (v != v.strip() and not k.startswith(("list.", "number.group")))}
    assert loose == {}


# --- plural forms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "form"),
    [(0, "many"), (1, "one"), (2, "few"), (4, "few"), (5, "many"), (11, "many"), (12, "many"), (14, "many"), (21, "one"), (22, "few"),
     (25, "many"), (100, "many"), (101, "one"), (111, "many"), (112, "many"), (1002, "few"), (1.5, "other")],
)  # fmt: skip
def test_russian_plural_forms(number: float, form: str) -> None:
    assert plural("ru", number) == form


def test_english_and_chinese_plural_forms() -> None:
    assert [plural("en", n) for n in (0, 1, 2, 1.5)] == ["other", "one", "other", "other"]
    assert [plural("zh", n) for n in (0, 1, 2)] == ["other"] * 3


@pytest.mark.parametrize(
    ("locale", "hours", "said"),
    [
        ("en", 1, "1 hour"), ("en", 24, "24 hours"), ("en", 72, "3 days"), ("en", 1.5, "1.5 hours"),
        ("ru", 1, "1\u00a0час"), ("ru", 22, "22\u00a0часа"), ("ru", 48, "48\u00a0часов"), ("ru", 72, "3\u00a0дня"),
        ("ru", 336, "14\u00a0дней"), ("ru", 1.5, "1,5\u00a0часа"), ("zh", 24, "24 小时"), ("zh", 336, "14 天"),
    ],
)  # fmt: skip
def test_spans_of_time(locale: str, hours: float, said: str) -> None:
    assert catalogue(locale).span(hours) == said


def test_many_people_take_the_form_of_their_unit() -> None:
    assert catalogue("ru").count("count.users_up_to", 21) == "21\u00a0пользователя".replace("\u00a0", " ")
    assert catalogue("ru").count("count.users_up_to", 1_200_000) == "1,2\u00a0млн пользователей"
    assert catalogue("en").count("count.users_up_to", 1) == "1 user"


# --- numbers ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "en", "zh", "ru"),
    [
        (None, "unknown", "未知", "неизвестно"),
        (0, "0", "0", "0"),
        (0.04, "fewer than 0.1", "不到 0.1", "меньше 0,1"),
        (0.3, "0.3", "0.3", "0,3"),
        (1.234, "1.23", "1.23", "1,23"),
        (12.34, "12.3", "12.3", "12,3"),
        (1234, "1,230", "1,230", "1\u00a0230"),
        (12_340, "12,300", "1.23万", "12\u00a0300"),
        (1_234_567, "1.23 million", "123万", "1,23\u00a0млн"),
        (2_000_000_000, "2 billion", "20亿", "2\u00a0млрд"),
        (float("inf"), "unknown", "未知", "неизвестно"),
    ],
)
def test_a_rough_number_keeps_three_digits_in_the_languages_own_units(value: float | None, en: str, zh: str, ru: str) -> None:
    assert [catalogue(locale).rough(value) for locale in ("en", "zh", "ru")] == [en, zh, ru]


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (None, "unknown"), (0.0, "0 %"), (1.0, "100 %"), (0.5, "50 %"), (0.042, "4.2 %"), (0.0042, "0.42 %"), 
        (0.00001, "fewer than 0.01 %"),
        (0.9999, "99.9 %"), (0.994, "99 %"),
    ],
)  # fmt: skip
def test_a_share_is_never_all_or_nothing_when_it_is_only_nearly_so(part: float | None, said: str) -> None:
    assert catalogue("en").share(part) == said


def test_a_share_can_be_rounded_up_only() -> None:
    assert catalogue("en").share(0.0301, up=True) == "3.1 %"
    assert catalogue("en").share(0.03, up=True) == "3.0 %"
    assert catalogue("ru").share(0.0301, up=True) == "3,1\u00a0%"


def test_moments_are_written_in_the_readers_language() -> None:
    at = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)
    assert [catalogue(locale).moment(at) for locale in ("en", "zh", "ru")] == [
        "2 March 2026, 09:05 UTC", "2026年3月2日 09:05 UTC", "2 марта 2026\u00a0г., 09:05 UTC",
    ]  # fmt: skip
    assert catalogue("en").moment(None) == "unknown"


def test_an_unknown_language_key_or_value_names_the_file_and_the_way_out() -> None:
    with pytest.raises(TemplateInvalid, match=r"no memo in 'fr'.*memo\.fr\.yaml"):
        catalogue("fr")
    with pytest.raises(TemplateInvalid, match=r"memo\.en\.yaml: nothing\.there"):
        catalogue("en")("nothing.there")
    with pytest.raises(TemplateInvalid, match=r"memo\.ru\.yaml: title"):
        catalogue("ru")("title", app="x")
