"""Bursts of opinion recall no release, in any of the three languages; a release that broke something does, now or up to 12 days later."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from configs.terms import Evidence, IssueKind, Signal
from tasks.rules.complaints import fold, look
from tests.tasks.rules.written import DAY, GRUMBLE, NOW, POLICY, PRAISE, a_release, a_signal, after_quiet_past, many

PAST = after_quiet_past()

OPINIONS = {
    ("redesign", "en"): (
        ["I hate the new look,", "The redesign is awful,", "Ugly new icon,", "Who wanted this layout?", "So much white space,"],
        ["bring back the old design", "my eyes hurt", "it was perfect before", "the colours are childish", "buttons moved for no reason"],
        ["please", "now", "thanks for nothing", "I want the old version back", "and slow to find things"],
    ),
    ("redesign", "zh"): (
        ["新界面太丑了，", "新图标真难看，", "改版之后很不习惯，", "配色太幼稚，", "谁设计的布局，"],
        ["换回旧版吧", "还是以前的好看", "眼睛都花了", "按钮位置乱改", "找不到东西在哪"],
        ["！", "，求求了", "，差评", "，失望", "，想哭"],
    ),
    ("redesign", "ru"): (
        ["Новый дизайн ужасен,", "Иконка уродливая,", "Зачем поменяли интерфейс,", "Цвета режут глаз,", "Неудобный вид,"],
        ["верните старый дизайн", "раньше было красиво", "всё переставили", "привыкнуть нельзя", "глаза болят"],
        ["пожалуйста", "срочно", "разочарован", "спасибо не скажу", "одна звезда"],
    ),
    ("review bombing", "en"): (
        ["Boycott this company,", "They censor free speech,", "Shame on you,", "Political agenda,", "Corrupt company,"],
        ["deleting honest reviews", "siding with the government", "no respect for human rights", "propaganda everywhere", "pure greed"],
        ["one star", "never again", "history will judge", "use something else", "uninstalled"],
    ),
    ("review bombing", "zh"): (
        ["抵制这家公司，", "辱华企业，", "没有言论自由，", "搞政治的公司，", "垄断企业，"],
        ["一星不送", "大家一起来打一星", "赶紧道歉", "良心何在", "必须卸载"],
        ["！", "！！", "，不解释", "，滚出去", "，呸"],
    ),
    ("review bombing", "ru"): (
        ["Бойкот этой компании,", "Цензура и пропаганда,", "Политика вместо сервиса,", "Позор вам,", "Поддерживают террор,"],
        ["удаляете отзывы", "свободы слова нет", "прогнулись под правительство", "совести нет", "одна звезда"],
        ["навсегда", "удаляю", "так и знайте", "стыдно", "без комментариев"],
    ),
    ("rating prompt", "en"): (
        [
            "Stop asking me to rate the app,",
            "It keeps begging for stars,",
            "Another popup asking for a review,",
            "You asked for my rating,",
        ],
        ["so here is one star", "I said no ten times", "annoying", "leave me alone", "happy now?"],
        ["", "please", "thanks", "enough", "really"],
    ),
    ("rating prompt", "zh"): (
        ["老是弹窗要我评分，", "别再求好评了，", "天天让我给五星，", "评分弹窗烦死了，"],
        ["那就给你一星", "烦不烦", "关都关不掉", "满意了吗", "够了"],
        ["！", "。", "，真的", "，拜托", "，服了"],
    ),
    ("rating prompt", "ru"): (
        ["Хватит просить оценить приложение,", "Надоели с просьбами об отзыве,", "Каждый день просят оценку,", "Просили звезды,"],
        ["вот вам одна", "отстаньте", "сколько можно", "довольны?", "надоело"],
        ["", "пожалуйста", "уже", "в самом деле", "хватит"],
    ),
    ("another app's shutdown", "en"): (
        ["Bring back the other app,", "You are killing the best product,", "Why shut down what people love,", "RIP my favourite app,"],
        ["this one is no replacement", "I miss its bundles", "moving to a competitor", "what a shame", "I will never trust you again"],
        ["", "one star", "sad day", "please", "seriously"],
    ),
    ("another app's shutdown", "zh"): (
        ["为什么要关掉另一个软件，", "把最好的产品停了，", "那个软件下架太可惜了，", "恢复以前那个软件吧，"],
        ["这个根本替代不了", "再也不信你们了", "失望透顶", "只好换别家", "怀念"],
        ["！", "。", "，一星", "，唉", "，求你们"],
    ),
    ("another app's shutdown", "ru"): (
        ["Зачем закрыли другое приложение,", "Убили лучший продукт,", "Верните прежний сервис,", "Жаль закрытое приложение,"],
        ["это не замена", "больше вам не верю", "ухожу к конкурентам", "очень жаль", "грустно"],
        ["", "одна звезда", "подумайте", "эх", "обидно"],
    ),
}

BROKEN = {
    "en": (
        ["Since the update", "After updating", "For two days now", "On my old phone", "Every single time"],
        ["it crashes on start", "the pictures wont load", "I cannot log in", "it freezes on the first page", "nothing opens"],
        ["please fix", "help", "useless", "I need this for work", "reinstalled twice"],
    ),
    "zh": (
        ["更新之后", "今天升级完", "这两天", "换了手机还是", "每次"],
        ["一打开就闪退", "图片加载不出来", "登录不了", "卡死在首页", "用不了"],
        ["！", "，快修", "，气死", "，重装也没用", "，耽误工作"],
    ),
    "ru": (
        ["После обновления", "Второй день", "На старом телефоне", "Каждый раз", "С утра"],
        ["вылетает при запуске", "не загружает картинки", "не могу войти", "зависает на заставке", "не работает"],
        ["исправьте", "помогите", "ужас", "нужно для работы", "переустановка не помогла"],
    ),
}


def written(parts: Sequence[Sequence[str]], number: int, day: object = NOW, stars: int = 1) -> list[Signal]:
    """That many different texts of three parts, spread over the day; the same ones again only when all have been used."""
    texts = [" ".join(text).strip() for text in product(*parts)]
    step = max(1, len(texts) // number)
    chosen = [texts[n * step % len(texts)] for n in range(number)]
    return [a_signal(text, stars=stars, at=day + timedelta(minutes=5 * n)) for n, text in enumerate(chosen)]  # type: ignore[operator]  # a datetime


def played(days: Sequence[list[Signal]], released_days_ago: int = 0) -> list[Evidence]:
    """The alarms of looks at the end of each day after the quiet past."""
    state, alarms, release = PAST, list[Evidence](), a_release(at=NOW - released_days_ago * DAY)
    for n, come in enumerate(days):
        at = NOW + (n + 1) * DAY
        looked = look(fold(state, come, at, POLICY), (release,), at, POLICY)
        state, alarms = looked.state, [*alarms, *looked.alarms]
    return alarms


def ordinary(day: object = NOW) -> list[Signal]:
    return [*many(PRAISE, 9, day, stars=5), *many(GRUMBLE, 2, day, stars=2)]  # type: ignore[arg-type]  # a datetime


@pytest.mark.parametrize(("burst", "language"), list(OPINIONS), ids=" in ".join)
@pytest.mark.parametrize("number", [25, 60, 100])
def test_a_burst_of_opinion_recalls_nothing(burst: str, language: str, number: int) -> None:
    parts = OPINIONS[burst, language]
    assert played([[*ordinary(), *written(parts, number)], [*ordinary(NOW + DAY), *written(parts, number // 2, NOW + DAY)]]) == []


@pytest.mark.parametrize("language", list(BROKEN))
def test_the_same_number_of_malfunctions_does(language: str) -> None:
    (alarm,) = played([[*ordinary(), *written(BROKEN[language], 25)]])
    assert alarm.version == "2.0"


@pytest.mark.parametrize("language", list(BROKEN))
def test_malfunctions_are_seen_through_a_burst_of_opinion(language: str) -> None:
    """Half of what comes is taste, half is trouble: the trouble is there."""
    come = [*ordinary(), *written(OPINIONS["redesign", language], 25), *written(BROKEN[language], 40)]
    assert len(played([come])) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Each time an email is begun the cursor jumps and crashes the draft, which is a disgrace for such a company",
        "每次写邮件写到一半就闪退，写的内容全部丢失，这么大的公司做成这样实在丢人，大家不要用了",
        "Каждый раз, когда пишу письмо, приложение вылетает и черновик пропадает, позор такой большой компании",
    ],
    ids=["en", "zh", "ru"],
)
@pytest.mark.parametrize("altered", [False, True])
def test_one_text_35_times_recalls_nothing(text: str, altered: bool) -> None:
    endings = ["", " really", " wow", " hey", " ok"] if altered else [""]
    wave = [a_signal(text + endings[n % len(endings)], at=NOW + timedelta(minutes=n)) for n in range(35)]
    assert played([[*ordinary(), *wave]]) == []


@pytest.mark.parametrize("language", list(BROKEN))
@pytest.mark.parametrize("lag_days", range(13))
def test_complaints_may_begin_up_to_twelve_days_after_the_release(lag_days: int, language: str) -> None:
    (alarm,) = played([[*ordinary(), *written(BROKEN[language], 25)]], released_days_ago=lag_days)
    assert alarm.version == "2.0"


@pytest.mark.parametrize("language", list(BROKEN))
def test_a_level_that_stays_bad_counts_though_no_day_jumps(language: str) -> None:
    """Four complaints a day where there was one every other day: no single day is remarkable, the week is."""
    trouble = written(BROKEN[language], 56)
    days = [[*ordinary(day), *(replace(s, at=day) for s in trouble[n::14])] for n in range(14) if (day := NOW + n * DAY)]
    (alarm,) = played(days)
    assert NOW + 2 * DAY <= alarm.at <= NOW + 8 * DAY


def test_replies_and_markup_around_a_text_change_nothing() -> None:
    plain = [*ordinary(), *written(BROKEN["en"], 25)]
    dressed = [replace(s, body=f"<p>{s.body}</p>\u200b\nDeveloper Response: sorry, the lost data will be refunded") for s in plain]
    (one,), (other,) = played([plain]), played([dressed])
    assert (one.kind, one.events, one.reason.split(";")[0]) == (other.kind, other.events, other.reason.split(";")[0])
    assert one.kind is not IssueKind.DATA_LOSS
