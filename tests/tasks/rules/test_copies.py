"""One text many times is one text, letter for letter or slightly altered; two people's texts are two."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.rules.copies import MOST_TEXTS, Text, Texts, mark_of, waves
from tasks.rules.words import plain

DAY = date(2025, 4, 12)

ALTERED = [
    (
        "Whenever I write a letter the keyboard vanishes and half of what I wrote is lost, please repair this soon",
        "WHENEVER I write a letter, the keyboard vanishes and half of what I wrote is lost; please mend this soon!!!",
    ),
    (
        "This company treats its people badly and I will not give it one more cent, everybody should do the same as me",
        "Number 7: This company treats its people badly and I will not give it one more cent. Everybody should do the same!",
    ),
    (
        "这个软件的公司太无耻了，只会骗用户的钱，大家千万不要再下载了，一起给一星抵制到底",
        "这个软件的公司太无耻了!只会骗用户的钱!大家千万不要再下载,一起给一星抵制到底",
    ),
    (
        "Все ставим одну звезду, эта компания обманывает своих пользователей и не отвечает на письма, больше ни рубля",
        "Ставим одну звезду!! Эта компания обманывает своих пользователей и не отвечает на письма. Больше ни рубля",
    ),
]

DIFFERENT = [
    (
        "It crashes every time I open the camera since the update and I cannot send any picture, please fix it",
        "Since the update it crashes every time I want to attach a picture from the camera roll, when will you fix this?",
    ),
    (
        "更新之后一打开就闪退，重启手机也没有用，请尽快修复这个问题，每天都要用",
        "更新完打开相册就闪退，卸载重装也不行，希望开发者快点修好，工作全靠它",
    ),
    (
        "После обновления приложение вылетает сразу при запуске, переустановка не помогла, исправьте пожалуйста",
        "После последнего обновления вылетает, когда открываю фотографии, перезагрузка телефона ничего не дала",
    ),
]


def are_copies(one: str, other: str) -> bool:
    texts = Texts(())
    assert not texts.is_copy(mark_of(plain(one)), DAY, "a")
    return texts.is_copy(mark_of(plain(other)), DAY, "b")


@pytest.mark.parametrize(("one", "other"), ALTERED)
def test_a_slightly_altered_copy_is_a_copy(one: str, other: str) -> None:
    assert are_copies(one, other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_two_people_with_the_same_trouble_are_two(one: str, other: str) -> None:
    assert not are_copies(one, other)


@pytest.mark.parametrize("other", ["KEEPS losing the connection in every tunnel!!!", "keeps   losing the connection, in every tunnel"])
def test_a_text_of_middle_length_is_a_copy_letter_for_letter(other: str) -> None:
    assert are_copies("Keeps losing the connection in every tunnel", other)
    assert not are_copies("Keeps losing the connection in every tunnel", "Keeps losing the connection in every lift")


@pytest.mark.parametrize("short", ["Keeps crashing!", "闪退", "Не работает", ""])
def test_short_texts_are_no_copies_for_many_people_write_them(short: str) -> None:
    assert mark_of(plain(short)) == ""
    assert not are_copies(short, short)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz ыщзж你我他", min_size=1, max_size=400))
def test_a_mark_is_the_same_for_the_same_letters(words: str) -> None:
    assert mark_of(words) == mark_of(words.replace(" ", ""))
    assert len(mark_of(words)) in (0, 12, 32)


def test_marks_do_not_change_for_states_are_kept() -> None:
    assert mark_of("x" * 59) == "9c7d0f04dd6e"
    assert mark_of("the quick brown fox jumps over the lazy dog " * 3) == "a2b9f2c5d861b712ae45910f001446f6"


def test_times_are_counted_and_the_first_is_named() -> None:
    texts = Texts([Text(mark_of("y" * 50), DAY, "r1", 3)])
    assert texts.is_copy(mark_of("y" * 50), DAY.replace(day=14), "r9")
    assert texts.since(DAY) == (Text(mark_of("y" * 50), DAY.replace(day=14), "r1", 4),)


def test_old_texts_are_forgotten_and_at_most_so_many_kept() -> None:
    many = [Text(f"{n:012x}", DAY.replace(day=1 + n % 28), "r") for n in range(MOST_TEXTS + 50)]
    assert len(Texts(many).since(DAY.replace(day=1))) == MOST_TEXTS
    assert {text.day for text in Texts(many).since(DAY.replace(day=28))} == {DAY.replace(day=28)}


def test_a_wave_is_a_text_posted_often_and_lately() -> None:
    texts = [Text("a", DAY, "r1", 12), Text("b", DAY, "r2", 40), Text("c", DAY, "r3", 9), Text("d", DAY.replace(day=1), "r4", 90)]
    assert [wave.first for wave in waves(texts, DAY, 10)] == ["r2", "r1"]
