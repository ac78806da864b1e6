"""The weights of words: what weighs, and what is decided from it."""

from pathlib import Path

import pytest

from configs.errors import BadInput
from configs.lexicons import LANGUAGES, weights
from configs.lexicons.weights import COLUMNS, LABELS, load_weights
from tasks.rules.word_model import Found, given_of, labels_by_weight, labels_past, parts_of, spoken_for, units_of
from tasks.rules.words import read_closely
from tests.tasks.rules.written import a_signal

NOTHING = Found(frozenset(), frozenset())


def margins(**over: float) -> list[float]:
    return [over.get(column, -1.0) for column in COLUMNS]


def test_words_weigh_once_and_with_their_neighbour() -> None:
    assert units_of("it is it", "en") == (["it", "is"], ["it is", "is it"])


def test_chinese_weighs_by_groups_of_characters() -> None:
    words, groups = units_of("闪退", "zh")
    assert words == []
    assert {"闪", "退", "闪退", " 闪退", "闪退 "} <= set(groups)


def test_a_word_weighs_by_its_letters() -> None:
    assert set(parts_of("ad")) == {"ad", "<a", "d>", "<ad", "ad>", "<ad>"}


def test_phrases_and_stars_weigh_beside_the_words() -> None:
    named = given_of(Found(frozenset({"crash"}), frozenset({"crash", "opinion"})), 1)
    assert len(named) == len(given_of(NOTHING, None)) == 2 * len(LABELS) + 6
    assert sum(named) == 4
    assert sum(given_of(NOTHING, None)) == 2


def test_every_label_past_its_threshold_is_given() -> None:
    assert labels_past(margins(crash=0.1, opinion=2.0, none=3.0)) == {"crash", "opinion"}


def test_a_text_said_to_bear_none_bears_none() -> None:
    assert labels_past(margins(none=0.1)) == frozenset()


def test_the_nearest_label_is_given_where_neither_one_nor_none_is_said() -> None:
    assert labels_past(margins(payment=-0.2)) == {"payment"}


def test_a_language_without_weights_keeps_what_phrases_found() -> None:
    assert labels_by_weight("ça plante", "fr", Found(frozenset(), frozenset({"crash"})), 1) == {"crash"}


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Every time I tap the icon I am back on my home screen", "crash"),
        ("Сняли деньги дважды и не возвращают", "payment"),
        ("钱被扣了两次，一直不退", "payment"),
    ],
)
def test_a_text_is_read_closely(text: str, label: str) -> None:
    assert label in {kind.value for kind in read_closely(a_signal(text, stars=1)).topics}


def test_other_languages_are_not_read_closely_either() -> None:
    assert not read_closely(a_signal("アプリが落ちる", stars=1)).understood


def test_the_words_that_spoke_are_told() -> None:
    assert "money" in " ".join(spoken_for("they took my money twice", "en", "payment"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_weights_are_small_files(language: str) -> None:
    assert load_weights(language) is not None
    assert (Path(weights.__file__).parent / f"{language}.npz").stat().st_size < 300_000


def test_weights_that_cannot_be_read_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "xx.npz").write_bytes(b"no archive")
    monkeypatch.setattr(weights, "files", lambda _: tmp_path)
    with pytest.raises(BadInput, match=r"configs/lexicons/xx\.npz: cannot be read"):
        load_weights("xx")
