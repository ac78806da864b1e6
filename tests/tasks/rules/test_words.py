"""What one text says, in three languages, and what it does not say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.terms import IssueKind
from tasks.rules.words import classify, clean, language_of, plain
from tests.tasks.rules.written import a_signal

SPEAKS_OF = {
    IssueKind.CRASH: [
        "Crashes whenever I rotate the phone",
        "It closes by itself after ten seconds",
        "一打开就闪退",
        "點進去就閃退",
        "Вылетает при запуске",
    ],
    IssueKind.HANG: [
        "Freezes on the second page",
        "soooo slow now",
        "Everything lags",
        "卡死在首页",
        "Тормозит и зависает",
        "takes forever to start",
    ],
    IssueKind.BREAKAGE: [
        "Photos won't load",
        "Music stops when the screen locks",
        "It says no connection although wifi is fine",
        "does n't work since tuesday",
        "登录不了，一直失败",
        "Не работает после обновления",
        "Приложение не загружает картинки",
    ],
    IssueKind.DATA_LOSS: ["All my photos are gone", "It deleted my notes", "我的照片全部丢失了", "Пропали все фотографии"],
    IssueKind.PAYMENT: ["I was charged twice this month", "重复扣款，要求退款", "Списали деньги дважды"],
    IssueKind.ACCOUNT: [
        "My account was hacked",
        "I can’t log in any more",
        "The code never arrives",
        "Locked me out for good",
        "账号被盗",
        "Взломали аккаунт",
    ],
    IssueKind.PRIVACY: ["I can see someone else's messages", "能看到别人的信息", "Вижу чужие сообщения"],
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in SPEAKS_OF.items() for text in texts])
def test_a_malfunction_is_recognised(kind: IssueKind, text: str) -> None:
    said = classify(a_signal(text))
    assert kind in said.topics
    assert said.is_complaint


@pytest.mark.parametrize(
    "text",
    [
        "The new logo is ugly and the colours hurt",
        "Bring back the old design please",
        "Stop asking me to rate the app",
        "This company is run by hypocrites, boycott them",
        "新图标太丑了，换回旧版界面",
        "Верните старый дизайн, иконка уродливая",
    ],
)
def test_taste_and_politics_are_opinions_and_no_complaints(text: str) -> None:
    said = classify(a_signal(text))
    assert said.opinion
    assert not said.is_complaint


@pytest.mark.parametrize("text", ["Please add a search field", "希望增加夜间功能", "Добавьте поиск по дате"])
def test_a_wish_is_a_suggestion(text: str) -> None:
    assert classify(a_signal(text)).suggestion


@pytest.mark.parametrize(
    "text", ["Never crashes, no bugs", "No problems at all, works great", "从不闪退", "Не вылетает, без ошибок", "Runs smoothly"]
)
def test_praise_that_names_trouble_is_no_complaint(text: str) -> None:
    assert not classify(a_signal(text)).is_complaint


@pytest.mark.parametrize(
    ("text", "stars", "opinion"),
    [
        ("My neighbour and I expected far more of it, what a pity", 1, True),
        ("My neighbour and I expected far more of it, what a pity", 5, False),
        ("My neighbour and I expected far more of it, what a pity", None, False),
        ("My neighbour and I saw it crash", 1, False),
        ("Crap", 1, False),
    ],
)
def test_few_stars_and_no_malfunction_are_an_opinion_unless_it_is_a_sigh(text: str, stars: int | None, opinion: bool) -> None:
    assert classify(a_signal(text, stars=stars)).opinion is opinion


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Can't", "cant"),
        ("'Quoted' words, 'twice'", "quoted words twice"),
        ("It does n't open", "it doesnt open"),
        ("rock'n'roll", "rocknroll"),
        ("l’app n’est", "lapp nest"),
        ("Sooooo slow", "so slow"),
    ],
)
def test_apostrophes_and_drawn_out_letters_are_left_out(text: str, words: str) -> None:
    assert plain(text) == words


@pytest.mark.parametrize(("stars", "topics"), [(1, {IssueKind.BREAKAGE}), (4, set()), (5, set())])
def test_a_hint_counts_only_in_a_displeased_text(stars: int, topics: set[IssueKind]) -> None:
    assert classify(a_signal("So this is what it has come to since the update", stars=stars)).topics == topics


@pytest.mark.parametrize(("text", "complains"), [("It crashed my old phone", False), ("All stars so you see it: it crashes", True)])
def test_a_text_with_every_star_speaks_of_trouble_only_when_it_pleads(text: str, complains: bool) -> None:
    assert bool(classify(a_signal(text, stars=5)).topics) is complains


@pytest.mark.parametrize(("stars", "complaint"), [(1, True), (2, True), (3, False), (5, False), (None, True)])
def test_a_complaint_needs_few_stars_or_none(stars: int | None, complaint: bool) -> None:
    assert classify(a_signal("It crashes", stars=stars)).is_complaint is complaint


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("It will not open", "en"),
        ("Crashes", "en"),
        ("用不了", "zh"),
        ("Gmail 打不开", "zh"),
        ("Не открывается", "ru"),
        ("Не відкривається, помилка і збій", "other"),
        ("No funciona la aplicación, por favor una solución", "other"),
        ("L'application ne marche pas du tout", "other"),
        ("アプリが開かない", "other"),
        ("앱이 안 열려요", "other"),
        ("لا يعمل", "other"),
        ("😡😡😡", "other"),
        ("", "other"),
    ],
)
def test_language_by_script_and_stop_words(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize("text", ["No funciona la aplicación, crash", "アプリが crash", "😡"])
def test_what_is_not_understood_is_never_a_complaint(text: str) -> None:
    said = classify(a_signal(text))
    assert not said.understood
    assert not said.is_complaint
    assert not said.topics


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("<b>Does</b> not<br/>open &amp; hangs", "Does not open & hangs"),
        ("cra\u200bsh\x00es   \n twice", "crash es twice"),
        ("Broken.\nDeveloper Response: Sorry, please try version 3 which fixes crashes", "Broken."),
        ("Сломалось.\nОтвет разработчика: исправим", "Сломалось."),
        ("I am a developer and it hangs", "I am a developer and it hangs"),
        ("5 < 6 and 7 > 2", "5 < 6 and 7 > 2"),
    ],
)
def test_only_the_writers_own_words_remain(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


def test_a_developers_reply_makes_no_complaint() -> None:
    assert not classify(a_signal("Too dear.\nDeveloper Response: we are sorry about the crashes")).is_complaint


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    said = classify(a_signal(text.replace("{", "").replace("}", "")))
    assert said.is_complaint <= said.understood
    assert "\x00" not in clean(text)
    assert clean(clean(text)) == clean(text) or "&" in text or "<" in text


@given(st.text(max_size=200))
def test_plain_words_have_no_punctuation_and_stay_plain(text: str) -> None:
    words = plain(text)
    assert not set(words) & set(".,;:!?'\"()")
    assert "  " not in words


@pytest.mark.parametrize(
    "text",
    [
        "My husband told me to write something here, so here I am",
        "Gave one star by accident and cannot take it back now, sorry",
        "手滑按了一星，本来想给五颗的，不好意思啊",
        "Палец соскользнул, а исправить оценку уже не дают, извините",
    ],
)
def test_few_stars_that_are_not_about_the_app_are_no_opinion(text: str) -> None:
    assert not classify(a_signal(text, stars=1)).opinion


def test_traditional_chinese_is_read_as_simplified() -> None:
    assert plain("軟體一打開就閃退") == "软体一打开就闪退"
