"""How phrases are read, and that every lexicon can be."""

import re

import pytest

from configs.errors import BadInput
from configs.lexicons import LANGUAGES, LexiconData, Weak, load_lexicon
from configs.terms import IssueKind
from tasks.rules.lexicon import by_first_letter, compiled, lexicon_of


def data(phrase: str, language: str = "en", **parts: str) -> LexiconData:
    return LexiconData(
        language=language, stop_words=(), parts=parts, healthy=(), topics={IssueKind.CRASH: (phrase,)}, suggestion=(), opinion=()
    )


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("crash*", "it crashed", True),
        ("crash*", "recrashed", False),
        ("hang", "hangs", False),
        ("(wont|cant) open", "it cant open", True),
        ("{who} falls", "the app falls down", True),
        (r"falls (\w+ )?over", "falls right over", True),
        ("(photo|picture)s ~2 gone", "photos are all gone", True),
        ("(photo|picture)s ~2 gone", "gone all my pictures", True),
        ("(photo|picture)s ~2 gone", "gone are most of my pictures", False),
        ("{all} falls", "the game falls down", True),
    ],
)
def test_a_phrase_stands_for_whole_words(phrase: str, text: str, found: bool) -> None:
    assert bool(compiled(data(phrase, who="(it|app)", all="({who}|game)")).topics_in(text)) is found


def test_chinese_phrases_start_anywhere_and_dots_span_a_few_characters() -> None:
    lexicon = compiled(data("照片..没了", "zh"))
    assert lexicon.topics_in("我的照片全部没了")
    assert not lexicon.topics_in("照片很好看而且真的非常漂亮没了")


@pytest.mark.parametrize("phrase", ["(open", "{nobody} crashes"])
def test_a_phrase_that_cannot_be_read_is_named(phrase: str) -> None:
    with pytest.raises(BadInput, match="lexicon 'en', crash: cannot read the phrase"):
        compiled(data(phrase))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_lexicon_knows_every_kind_of_malfunction(language: str) -> None:
    assert set(load_lexicon(language).topics) == set(IssueKind) - {IssueKind.DISPLEASURE}
    assert lexicon_of(language).language == language


def test_an_unknown_language_has_no_lexicon() -> None:
    with pytest.raises(BadInput, match=r"xx\.yaml"):
        load_lexicon("xx")


@pytest.mark.parametrize("language", LANGUAGES)
def test_standing_together_by_first_letter_finds_the_same(language: str) -> None:
    """Every phrase finds a text it stands for, so none was lost in the grouping."""
    written = load_lexicon(language).model_copy(update={"healthy": (), "leftover": {}})
    for phrases_by_kind, lexicon in (
        (written.topics, compiled(written)),
        (written.weak.topics, compiled(written.model_copy(update={"topics": {}}))),
    ):
        samples = [(kind, sampled(phrase, written.parts)) for kind, phrases in phrases_by_kind.items() for phrase in phrases]
        assert [(kind, sample) for kind, sample in samples if kind not in lexicon.topics_in(sample)] == []


def sampled(phrase: str, parts: dict[str, str]) -> str:
    """A text the phrase stands for: the first of every alternative, nothing where something may be left out or must not follow."""
    text = phrase
    while "{" in re.sub(r"\{\d", "", text):
        text = re.sub(r"\{([a-z]\w*)\}", lambda found: parts[found[1]], text)
    nested = r"(?:[^()]|\((?:[^()]|\([^()]*\))*\))*"
    text = re.sub(rf"\(\?(?:<?!|=){nested}\)", "", text).replace("(?:", "(").replace("[sz]", "s").replace(r"\x20", " ")
    text = re.sub(r"\[\^[^\]]*\]\{0,\d+\}\??", "", text)
    text = re.sub(r"\[([^\]])[^\]]*\]", r"\1", text)
    text = re.sub(r"\(\\w\+ \)\{0,\d\}| \?| ~\d+(?= )", "", text)
    while "(" in text:
        text = re.sub(r"\(([^()|]*)[^()]*\)(\?|\{0,\d\})?(\{1,\d\})?", lambda found: "" if found[2] else found[1], text)
    text = re.sub(r"\w\?", "", text.replace("$", ""))
    text = re.sub(r"[\\]d(\+|\*|\{3,\})?", "777", text)
    text = re.sub(r"\.\{\d,\d+\}", "几", text)
    return re.sub(r"[\\]w[+*]", "word", text).translate(str.maketrans("", "", "^*")).replace("..", "").strip()


@pytest.mark.parametrize(
    ("sources", "joined"),
    [
        (["ab", "ac"], "a(?:b|c)"),
        (["(?:ab|cd) e"], "ab e|cd e"),
        (["(?:ab|(?:cd|ef)) g"], "ab g|cd g|ef g"),
        (["(?:abcd|abce|xy) f", "abg"], "a(?:b(?:c(?:d|e) f|g))|xy f"),
        (["(?:|ab) c"], "ab c| c"),
        (["ab|cd", "ae"], "a(?:b|e)|cd"),
        (["(?:a?b|c) d"], "c d|a?b d"),
        (["(?:very )?slow"], "(?:very )?slow"),
        ([r"\w+ x", "a?b"], r"\w+ x|a?b"),
    ],
)
def test_phrases_are_grouped_by_their_first_letter(sources: list[str], joined: str) -> None:
    assert by_first_letter(sources) == joined


def test_weak_phrases_count_only_where_no_malfunction_is_named_otherwise() -> None:
    lexicon = compiled(
        data("crash*").model_copy(update={"weak": Weak(topics={IssueKind.BREAKAGE: ("fix it",)}, opinion=("awful",), suggestion=("wish",))})
    )
    assert lexicon.topics_in("please fix it") == {IssueKind.BREAKAGE}
    assert lexicon.topics_in("it crashes fix it") == {IssueKind.CRASH}
    assert lexicon.opines("awful")
    assert not lexicon.opines("awful", is_trouble=True)
    assert lexicon.suggests("i wish")
    assert not lexicon.suggests("i wish", is_trouble=True)


def test_a_general_kind_is_told_only_where_no_plainer_kind_covers_its_words() -> None:
    general = {"topics": {IssueKind.ACCOUNT: ("code never",), IssueKind.BREAKAGE: ("never arrives",)}}
    lexicon = compiled(data("").model_copy(update={**general, "leftover": {IssueKind.BREAKAGE: (IssueKind.ACCOUNT,)}}))
    assert lexicon.topics_in("the code never arrives") == {IssueKind.ACCOUNT}
    assert lexicon.topics_in("the parcel never arrives") == {IssueKind.BREAKAGE}
    assert lexicon.topics_in("the code never works and mail never arrives") == {IssueKind.ACCOUNT, IssueKind.BREAKAGE}
    assert compiled(data("").model_copy(update=general)).topics_in("the code never arrives") == {IssueKind.ACCOUNT, IssueKind.BREAKAGE}


def test_hints_and_pleas_are_apart_from_the_plain_phrases() -> None:
    lexicon = compiled(data("crash*").model_copy(update={"hints": {IssueKind.HANG: ("minutes",)}, "plea": ("fix",)}))
    assert not lexicon.topics_in("minutes")
    assert lexicon.hinted_in("minutes") == {IssueKind.HANG}
    assert lexicon.pleads("it crashes fix it")
    assert not lexicon.pleads("others crash")
    assert compiled(data("crash*")).pleads("others crash")
