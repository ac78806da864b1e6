"""Lexicons as YAML: which phrases speak of trouble, of a wish, of taste, one file a language; and their loader.

How a phrase is read: it stands for whole words in a row, in lower case, without apostrophes and punctuation ("can't" is `cant`);
`*` is any rest of a word; `(a|b)` are alternatives; `(a )?` may be there or not; `\\w+` is any one word; `{part}` stands for the
alternatives under `parts`, which may name other parts; `a ~4 b` is a and b in either order with up to four words between (in Chinese:
characters); `(?!a)` is not followed by a, `(?<!a)` not preceded. Chinese has no spaces between words: there a phrase may start anywhere,
and `..` spans up to six characters. Phrases are general language: no name of an app, a version or an event belongs here.

Add a phrase here when people say a known kind of trouble another way; rather a kind in `configs/terms.py` when the trouble itself is new.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from configs.errors import BadInput
from configs.terms import IssueKind

LANGUAGES = ("en", "zh", "ru")
"""Languages whose words are understood; a review in any other is counted, never read."""


class Weak(BaseModel):
    """Phrases that say something only where no malfunction is named otherwise: "please fix it" of a crash is about the crash."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    topics: dict[IssueKind, tuple[str, ...]] = {}
    suggestion: tuple[str, ...] = ()
    opinion: tuple[str, ...] = ()


class Measured(BaseModel):
    """How well a lexicon reads, by the labelled texts of `tests/tasks/rules/labelled`: precision and recall, macro-averaged over labels.

    `tune`: on the half it was tuned on. `hold`: on the half nobody looked at. `all`: on both; `labels`: likewise by label, with its
    number of texts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    day: date
    texts: int
    tune: tuple[float, float]
    hold: tuple[float, float]
    all: tuple[float, float]
    labels: dict[str, tuple[float, float, int]]


class LexiconData(BaseModel):
    """One language's phrases as written in its file.

    `hints`: so broad that they count only in a displeased text in which nothing else is found, neither trouble nor a wish nor an opinion.
    `plea`: a text that gives every star there is speaks of trouble only beside one of these; without any, like every other text.
    `not_about_us`: the writer's own mistake, another app, stars given by accident; such a text with few stars is no opinion by that alone.
    `leftover`: a kind so general that its phrases count only in words no phrase of the kinds beside it has used.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: str
    stop_words: tuple[str, ...]
    foreign_words: tuple[str, ...] = ()
    parts: dict[str, str] = {}
    healthy: tuple[str, ...]
    topics: dict[IssueKind, tuple[str, ...]]
    suggestion: tuple[str, ...]
    opinion: tuple[str, ...]
    weak: Weak = Weak()
    hints: dict[IssueKind, tuple[str, ...]] = {}
    plea: tuple[str, ...] = ()
    not_about_us: tuple[str, ...] = ()
    leftover: dict[IssueKind, tuple[IssueKind, ...]] = {}
    measured: Measured | None = None


@cache
def load_lexicon(language: str) -> LexiconData:
    """The built-in lexicon of one of `LANGUAGES`, read once.

    Raises:
        BadInput: the file is not YAML, or a key is wrong or missing; names the file.
    """
    name = f"configs/lexicons/{language}.yaml"
    try:
        given = yaml.safe_load(files("configs.lexicons").joinpath(f"{language}.yaml").read_text(encoding="utf-8"))
        return LexiconData.model_validate(given)
    except (OSError, yaml.YAMLError) as err:
        raise BadInput(f"{name}: cannot be read as YAML ({' '.join(str(err).split())}); install the package again") from err
    except ValidationError as err:
        found = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in err.errors())
        raise BadInput(f"{name}: {found}; the file's keys are those of LexiconData") from err
