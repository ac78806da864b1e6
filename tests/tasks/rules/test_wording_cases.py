"""The linter over its tables: every deletion, every softener in every form and disguise, and sentences that are sound.

The tables are in `wording_cases/`. Add a line there when a word slips through, or when a sound one is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from configs.terms import IssueKind
from configs.wording import notice, wording_rules
from tasks.rules.spelling import visible
from tasks.rules.wording_rules import findings, softened
from tests.configs.facts import some_facts

CASES = Path(__file__).parent / "wording_cases"
LOCALES = ("en", "zh", "ru")
MOST_FALSE = 0.01


def lines(name: str) -> list[str]:
    return [line for line in (CASES / name).read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


def softeners(locale: str) -> Iterator[tuple[str, str, str]]:
    """(rule, the form, the sentence with it)."""
    for line in lines(f"softeners.{locale}.txt"):
        rule, sentence, forms = (part.strip() for part in line.split("|"))
        yield from ((rule, form.strip(), sentence.format(form.strip())) for form in forms.split(";"))


def deletions() -> Iterator[tuple[str, str, str, str]]:
    """(locale, part, words, finding)."""
    for line in lines("deletions.txt"):
        locales, parts, words, finding = (part.strip() for part in line.split("|"))
        yield from ((locale, part, words, finding) for locale in locales.split() for part in parts.split())


def missed(locale: str, disguise: Callable[[str], str]) -> list[str]:
    """Sentences in which the rule finds nothing once the form is disguised."""
    rules = wording_rules(locale)
    kept = []
    for rule, form, sentence in softeners(locale):
        said = sentence.replace(form, disguise(form))
        if not any(found.what.endswith(f", {rule}") for found in softened({"text": said}, "", rules)):
            kept.append(said)
    return kept


def test_the_tables_hold_what_was_promised() -> None:
    forms = [(locale, sentence) for locale in LOCALES for _, _, sentence in softeners(locale)]
    assert len(set(forms)) >= 600
    assert len(set(deletions())) >= 60
    assert all(len(set(lines(f"clean.{locale}.txt"))) >= 200 for locale in LOCALES)
    rules = {locale: {rule.name for rule in wording_rules(locale).must_not} - {"promotion"} for locale in LOCALES}
    assert {locale: {rule for rule, _, _ in softeners(locale)} for locale in LOCALES} == rules


@pytest.mark.parametrize("locale", LOCALES)
def test_every_softener_is_found_in_every_form(locale: str) -> None:
    assert missed(locale, lambda form: form) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_every_finding_names_its_rule_and_source(locale: str) -> None:
    for _, _, sentence in softeners(locale):
        for found in softened({"text": sentence}, "", wording_rules(locale)):
            assert re.fullmatch(r"text: says '.+', [a-z ]+ \((GPSR Art\. 36|21 CFR 7\.49).+\)", str(found).replace('"', "'"))


LOOK_ALIKE = {
    "en": str.maketrans("aeopcyxi", "аеорсухі"),
    "ru": str.maketrans("аеорсух", "aeopcyx"),
    "zh": str.maketrans("别数极预", "別數極預"),
}
FULL_WIDTH = str.maketrans({chr(c): chr(c + 0xFEE0) for c in range(0x21, 0x7F)})


def in_the_middle(mark: str) -> Callable[[str], str]:
    """Puts a mark after the second character of every word."""
    return lambda form: " ".join(word[:2] + mark + word[2:] if word[1:4].isalpha() and len(word) > 3 else word for word in form.split())


DISGUISES: dict[str, Callable[[str], str]] = {
    "capitals": str.upper,
    "title case": str.title,
    "full width": lambda form: form.translate(FULL_WIDTH),
    "soft hyphen": in_the_middle("\u00ad"),
    "zero width space": in_the_middle("\u200b"),
    "zero width joiner": in_the_middle("\u200d"),
    "word joiner": in_the_middle("\u2060"),
    "direction mark": in_the_middle("\u202e"),
    "variation selector": in_the_middle("\ufe0f"),
    "grapheme joiner": in_the_middle("\u034f"),
    "line break": lambda form: form.replace(" ", "\n"),
    "double spaces": lambda form: form.replace(" ", " \u00a0 \t"),
    "stress mark": lambda form: "".join(c + "\u0301" if c in "aeiouаеиоуыэюя" else c for c in form),
    "entity": in_the_middle("&shy;"),
    "numbered entity": lambda form: f"&#{ord(form[0])};{form[1:]}",
    "hyphen at a line's end": in_the_middle("-\n"),
}


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("locale", LOCALES)
def test_a_softener_is_found_in_disguise(locale: str, disguise: str) -> None:
    assert missed(locale, DISGUISES[disguise]) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_a_softener_is_found_in_look_alike_letters(locale: str) -> None:
    assert missed(locale, lambda form: form.translate(LOOK_ALIKE[locale])) == []


@pytest.mark.parametrize("letter", "аеорсух")
def test_one_foreign_letter_hides_nothing(letter: str) -> None:
    latin = "aeopcyx"["аеорсух".index(letter)]
    assert missed("ru", lambda form: form.replace(letter, latin)) == []
    assert missed("en", lambda form: form.replace(latin, letter)) == []


@pytest.mark.parametrize("tags", ["<b>{}</b>", "<span style='x'>{}</span>", "<!-- x -->{}<wbr>", '<a href="/voll">{}</a>', "<i\n>{}</i >"])
@pytest.mark.parametrize("locale", LOCALES)
def test_a_softener_is_found_behind_tags_inside_a_word(locale: str, tags: str) -> None:
    def tagged(form: str) -> str:
        return visible(f"<p>{form[:1]}{tags.format(form[1:3])}{form[3:]}</p>")

    assert missed(locale, tagged) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_a_softener_is_found_across_spaces_between_characters_or_lines(locale: str) -> None:
    parted = (lambda form: " ".join(form)) if locale == "zh" else (lambda form: form.replace(" ", "</td><td>"))
    assert missed(locale, lambda form: visible(parted(form))) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_at_most_one_sound_sentence_in_a_hundred_is_refused(locale: str) -> None:
    sound = lines(f"clean.{locale}.txt")
    refused = [line for line in sound if softened({"text": line}, "", wording_rules(locale))]
    assert len(refused) <= MOST_FALSE * len(sound), refused


@pytest.mark.parametrize(("locale", "part", "words", "finding"), sorted(set(deletions())))
def test_every_mandatory_part_is_missed_when_it_is_gone(locale: str, part: str, words: str, finding: str) -> None:
    sound = notice(some_facts(), locale)
    text = getattr(sound, part)
    gone = re.sub("|".join(map(re.escape, (w.strip() for w in words.split(";")))), "", text, flags=re.IGNORECASE)
    assert gone != text
    found = findings(replace(sound, **{part: gone}), some_facts(), wording_rules(locale))
    assert [str(f) for f in found if str(f).startswith(f"{part}: {finding}")] != []


@pytest.mark.parametrize("kind", IssueKind)
@pytest.mark.parametrize("locale", LOCALES)
def test_every_hazard_is_missed_when_it_is_gone(locale: str, kind: IssueKind) -> None:
    sound, rules = notice(some_facts(kind=kind), locale), wording_rules(locale)
    for part in ("text", "html", "short"):
        gone = getattr(sound, part)
        for said in (rules.hazard[kind], rules.brief_hazard[kind]):
            gone = gone.replace(said.rstrip("."), "")
        found = findings(replace(sound, **{part: gone}), some_facts(kind=kind), rules)
        assert any(str(f).startswith(f"{part}: the hazard is missing") for f in found), part


@pytest.mark.parametrize("letters", [("a", "а"), ("e", "е"), ("o", "о")])
def test_a_headline_that_machines_cannot_read_is_none(letters: tuple[str, str]) -> None:
    sound = notice(some_facts(), "en")
    headline = "Product safety recall"
    disguised = replace(sound, subject=sound.subject.replace(headline, headline.replace(*letters)))
    assert any("headline is missing" in str(f) for f in findings(disguised, some_facts(), wording_rules("en")))


@pytest.mark.parametrize("style", ["display:none", "display : NONE", "visibility:hidden", "font-size:0", "font-size:0px;", "opacity:0;"])
def test_words_kept_from_the_eye_are_found(style: str) -> None:
    sound = notice(some_facts(), "en")
    hidden = replace(sound, html=sound.html.replace("</body>", f'<p style="{style}">x</p></body>'))
    assert any("hides words" in str(f) for f in findings(hidden, some_facts(), wording_rules("en")))
