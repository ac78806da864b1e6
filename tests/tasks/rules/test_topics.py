"""What people suddenly write about is named, in their language; what they always write about is not."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from configs.terms import Platform, Topic
from tasks.rules.complaints import ComplaintState, fold, load_state
from tasks.rules.topics import (
    LARGEST_WEIGHT,
    MOST_TERMS_A_DAY,
    MOST_USUAL_TERMS,
    TermTally,
    Vocabulary,
    grown,
    read_vocabulary,
    terms_of,
    top_topics,
)
from tests.tasks.rules.written import POLICY, START, many

DAY = timedelta(days=1)
TODAY = date(2025, 4, 12)

USUAL = {
    "en": ["the price is far too high for students", "crashes now and then on my tablet", "nobody answers my letters"],
    "zh": ["价格实在太贵了用不起", "有时候会在平板上闪退", "客服从来不回复"],
    "ru": ["цена слишком высокая для студентов", "иногда вылетает на моем планшете", "никто не отвечает на письма"],
}
NEW = {
    "en": ("the keyboard hides behind the banner", "keyboard"),
    "zh": ("夜间模式没了怎么办", "夜间"),
    "ru": ("клавиатура прячется под баннером", "клавиатура"),
}


def tally(texts: Sequence[str], language: str = "en", first: int = 0) -> TermTally:
    found = TermTally()
    for n, text in enumerate(texts, first):
        found.add(text, language, f"r{n}")
    return found


def a_past(language: str = "en", days: int = 35) -> Vocabulary:
    known = Vocabulary()
    for n in range(days, 0, -1):
        day = TODAY - n * DAY
        known = grown(known, {day: tally(USUAL[language], language)}, day, POLICY)
    return known


def today(texts: Sequence[str], language: str = "en", days: int = 1) -> tuple[Topic, ...]:
    return top_topics(grown(a_past(language), {TODAY: tally(texts, language)}, TODAY, POLICY), TODAY, days, POLICY)


@pytest.mark.parametrize("language", list(NEW))
def test_what_is_new_is_named_with_numbers_and_examples(language: str) -> None:
    text, term = NEW[language]
    first = today([*USUAL[language], *[text] * 8], language)[0]
    assert term in first.label or first.label in text
    assert (first.language, first.texts, first.usual, first.examples) == (language, 8, 0.0, ("r3",))


@pytest.mark.parametrize("language", list(USUAL))
def test_more_of_the_usual_is_nothing_new(language: str) -> None:
    assert today(USUAL[language] * 10, language) == ()


def test_a_term_that_became_frequent_is_told_with_what_is_usual() -> None:
    (first, *_) = today([USUAL["en"][1]] * 12)
    assert (first.texts, first.usual) == (12, pytest.approx(4.0, abs=0.2))


def test_terms_of_the_same_texts_are_one_topic() -> None:
    topics = today([*USUAL["en"], *["the keyboard hides behind the banner"] * 8])
    assert len(topics) == 1


def test_different_new_things_are_different_topics() -> None:
    new = [*["the keyboard hides"] * 8, *["offline maps vanished"] * 6]
    assert len(today([*USUAL["en"], *new])) == 2
    assert len(today(["alpha beta"] * 9 + ["gamma delta"] * 8 + ["epsilon zeta"] * 7 + ["eta theta"] * 6)) == POLICY.topics_shown


def test_few_texts_are_no_topic() -> None:
    assert today([*USUAL["en"], *["the keyboard hides"] * (POLICY.topic_min_texts - 1)]) == ()


def test_a_language_without_a_past_has_nothing_new_for_all_is() -> None:
    known = grown(a_past("en"), {TODAY: tally(USUAL["ru"] * 8, "ru")}, TODAY, POLICY)
    assert top_topics(known, TODAY, 1, POLICY) == ()


def test_what_stays_becomes_usual() -> None:
    known, told = a_past(), []
    for n in range(60):
        day = TODAY + n * DAY
        known = grown(known, {day: tally([*USUAL["en"], *["the keyboard hides"] * 3])}, day, POLICY)
        told.append(bool(top_topics(known, day, 7, POLICY)))
    assert told[6]
    assert not told[-1]


def test_what_is_remembered_is_bounded_however_much_is_written() -> None:
    known = Vocabulary()
    for n in range(120):
        words = [f"word{chr(97 + n % 26)}{chr(97 + m % 26)}{chr(97 + m // 26 % 26)}{chr(97 + n // 26)}" for m in range(700)]
        day = TODAY + n * DAY
        known = grown(known, {day: tally(words)}, day, POLICY)
    assert len(known.usual) <= MOST_USUAL_TERMS
    assert max(len(d.terms) for d in known.recent) <= MOST_TERMS_A_DAY
    assert len(known.recent) <= POLICY.windows_days[-1]
    assert known.left_out > 0


def test_years_do_not_make_the_numbers_grow() -> None:
    known = Vocabulary()
    for n in range(900):
        day = TODAY + n * DAY
        known = grown(known, {day: tally(USUAL["en"])}, day, POLICY)
    assert max(known.usual.values()) < 60 * LARGEST_WEIGHT
    assert top_topics(known, day, 7, POLICY) == ()


def test_a_vocabulary_survives_being_written() -> None:
    known = grown(a_past(), {TODAY: tally(USUAL["en"])}, TODAY, POLICY)
    assert read_vocabulary([[list(day) for day in known.written()[0]], *known.written()[1:]]) == known  # type: ignore[attr-defined]  # days


def test_no_text_is_kept_and_the_state_carries_the_terms() -> None:
    signals = many("The keyboard hides behind a large yellow banner, number {}", 5, START)
    state = fold(ComplaintState("shop", Platform.IOS), signals, datetime(2025, 3, 4, tzinfo=UTC), POLICY)
    assert load_state(state.dump()) == state
    assert "en keyboard" in state.terms.recent[0].terms
    assert "The keyboard hides" not in state.dump()


@pytest.mark.parametrize(
    ("words", "language", "some", "none"),
    [
        ("the app lost my dark mode", "en", {"lost", "dark", "dark mode"}, {"the", "app", "my", "my dark"}),
        ("打不开了我的照片", "zh", {"打不开", "照片"}, {"开了", "的照"}),
        ("пропала темная тема", "ru", {"темная тема", "пропала"}, {"на"}),
    ],
)
def test_terms_are_words_and_pairs_or_runs_of_characters(words: str, language: str, some: set[str], none: set[str]) -> None:
    found = terms_of(words, language)
    assert some <= found
    assert not none & found
