"""What simulated users write: own sentences in English, Chinese and Russian, put together from parts.

Add here when reviews should sound different; rather in `simulation.py` when more or fewer should be written.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np


class Mood(StrEnum):
    """Why someone writes."""

    BROKEN = "broken"
    OPINION = "opinion"
    PRAISE = "praise"


@dataclass(frozen=True, slots=True)
class Review:
    """A review's words and stars."""

    title: str
    body: str
    stars: int


STARS = {
    Mood.BROKEN: ((1, 0.72), (2, 0.22), (3, 0.06)),
    Mood.OPINION: ((2, 0.2), (3, 0.45), (4, 0.35)),
    Mood.PRAISE: ((5, 0.75), (4, 0.25)),
}

TITLES = {
    ("en", Mood.BROKEN): ("Keeps crashing", "Broken", "^Unusable since the update", "Closes by itself", "What happened?"),
    ("en", Mood.OPINION): ("It's okay", "Could be better", "Mixed feelings", "A wish"),
    ("en", Mood.PRAISE): ("Love it", "Great app", "Just works", "Very handy"),
    ("zh", Mood.BROKEN): ("闪退", "^更新后打不开", "一直崩溃", "没法用了"),
    ("zh", Mood.OPINION): ("一般", "还行吧", "提个建议"),
    ("zh", Mood.PRAISE): ("很好用", "非常喜欢", "推荐"),
    ("ru", Mood.BROKEN): ("Вылетает", "Не работает", "^После обновления беда", "Сам закрывается"),
    ("ru", Mood.OPINION): ("Нормально", "Есть пожелание", "Средне"),
    ("ru", Mood.PRAISE): ("Отлично", "Очень удобно", "Рекомендую"),
}

OPENINGS = {
    ("en", Mood.BROKEN): ("^Since the last update", "^After updating today,", "On my {device},", "For two days now", "Every single time:"),
    ("en", Mood.OPINION): ("Been using it for a year.", "Good idea overall.", "Fine for daily use.", "Not bad."),
    ("en", Mood.PRAISE): ("Exactly what I was looking for.", "I use it every day.", "My whole family has it.", "Five stars."),
    ("zh", Mood.BROKEN): ("^更新之后", "^今天升级到最新版本，", "我的{device}上", "这两天", "每次"),
    ("zh", Mood.OPINION): ("用了一年多，", "整体还可以，", "日常够用，"),
    ("zh", Mood.PRAISE): ("正是我需要的，", "每天都在用，", "全家都在用，"),
    ("ru", Mood.BROKEN): ("^После последнего обновления", "^Сегодня обновилось, и теперь", "На моём {device}", "Уже второй день"),
    ("ru", Mood.OPINION): ("Пользуюсь год.", "В целом неплохо.", "На каждый день хватает."),
    ("ru", Mood.PRAISE): ("То, что искал.", "Пользуюсь каждый день.", "Поставил всей семье."),
}

MIDDLES = {
    ("en", Mood.BROKEN): (
        "the app crashes as soon as I open it.", "it closes by itself after a few seconds.",
        "it freezes on the start screen and then quits.",
        "it crashes whenever I tap the main page.", "I cannot get in, it keeps crashing.",
    ),
    ("en", Mood.OPINION): (
        "The new colours are not for me.", "A dark theme would be nice.", "There are a bit too many notifications.",
        "I miss a bigger font.",
        "The subscription is a little expensive.",
    ),
    ("en", Mood.PRAISE): ("Fast and clear.", "The design is lovely.", "Saves me a lot of time.", "Everything is where I expect it."),
    ("zh", Mood.BROKEN): ("一打开就闪退。", "用几秒钟就自己退出。", "卡在启动页面然后崩溃。", "点首页就闪退，完全进不去。"),
    ("zh", Mood.OPINION): ("新配色不太喜欢。", "希望增加深色模式。", "通知有点多。", "会员有点贵。"),
    ("zh", Mood.PRAISE): ("速度快，界面清爽。", "设计很漂亮。", "省了很多时间。"),
    ("ru", Mood.BROKEN): (
        "приложение вылетает сразу при запуске.", "само закрывается через пару секунд.", "зависает на заставке и вылетает.",
        "невозможно войти, постоянно вылетает.",
    ),
    ("ru", Mood.OPINION): ("Новые цвета не нравятся.", "Хотелось бы тёмную тему.", "Многовато уведомлений.", "Подписка дороговата."),
    ("ru", Mood.PRAISE): ("Быстро и понятно.", "Красивый дизайн.", "Экономит кучу времени."),
}  # fmt: skip

ENDINGS = {
    ("en", Mood.BROKEN): ("Please fix this!", "Reinstalling did not help.", "I need it for work.", "It used to be fine.", ""),
    ("en", Mood.OPINION): ("Otherwise fine.", "Maybe in the next version?", "", ""),
    ("en", Mood.PRAISE): ("Thank you!", "Keep it up.", "", ""),
    ("zh", Mood.BROKEN): ("请尽快修复！", "重装也没用。", "以前一直好好的。", ""),
    ("zh", Mood.OPINION): ("其他都还好。", "希望下个版本改进。", ""),
    ("zh", Mood.PRAISE): ("谢谢开发者！", "继续加油。", ""),
    ("ru", Mood.BROKEN): ("Исправьте, пожалуйста!", "Переустановка не помогла.", "Раньше всё работало.", ""),
    ("ru", Mood.OPINION): ("В остальном хорошо.", "Может, в следующей версии?", ""),
    ("ru", Mood.PRAISE): ("Спасибо!", "Так держать.", ""),
}

AFTER_UPDATE = "^"
"""Begins a part that only someone says who was updated lately."""

CRASHED_BUT_ELSE = 0.1
"""Share of reviews after a crash that are about something else."""

PRAISE_SHARE = 0.62
"""Share of praise among reviews without a crash; a few of the rest complain of malfunctions all releases have."""

OLD_TROUBLE_SHARE = 0.05


def written(rng: np.random.Generator, locale: str, device: str, crashed: bool, updated: bool) -> Review:
    """One review, its words and stars drawn from `rng`; languages without sentences of their own write English."""
    language = locale if locale in ("en", "zh", "ru") else "en"
    mood = _mood(float(rng.random()), crashed)
    parts = [_pick(rng, table[language, mood], updated) for table in (OPENINGS, MIDDLES, ENDINGS)]
    glue = "" if language == "zh" else " "
    body = glue.join(p for p in parts if p).replace("{device}", device)
    title = _pick(rng, TITLES[language, mood], updated) if rng.random() < 0.7 else ""
    shares = STARS[mood]
    stars = rng.choice([s for s, _ in shares], p=[p for _, p in shares])
    return Review(title, body, int(stars))


def _mood(draw: float, crashed: bool) -> Mood:
    broken = 1 - CRASHED_BUT_ELSE if crashed else OLD_TROUBLE_SHARE
    if draw < broken:
        return Mood.BROKEN
    return Mood.PRAISE if draw < broken + (1 - broken) * PRAISE_SHARE else Mood.OPINION


def _pick(rng: np.random.Generator, choices: tuple[str, ...], updated: bool) -> str:
    fitting = [c for c in choices if updated or not c.startswith(AFTER_UPDATE)]
    return fitting[int(rng.integers(len(fitting)))].removeprefix(AFTER_UPDATE)
