"""`recall memo` shows what the signers decide on: for people in their language, for machines as values, and as a page."""

from pathlib import Path

import pytest

from flows.commands.memo import spoken
from tests.flows.commands.conftest import Recall
from tests.tasks.homes import Play


@pytest.fixture(autouse=True)
def speaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


def test_it_is_found_by_proposal_issue_and_recall(recall: Recall, proposed: Play) -> None:
    shown = {recall("memo", name).out.replace(name, "ID") for name in (proposed.question(), proposed.issue().id, proposed.recall().id)}
    firsts = {said.split("\n")[0] for said in shown}
    assert firsts == {"Example 2.1.0: full recall?"}
    for word in ("Recommended, and why", "exposure-hours", "Decide by ", "What is signed"):
        assert all(word in said for said in shown)


@pytest.mark.parametrize(("language", "word"), [("en", "Recommended, and why"), ("zh", "建议及理由"), ("ru", "Что рекомендуется и почему")])
def test_the_language_is_the_one_asked_for(recall: Recall, proposed: Play, language: str, word: str) -> None:
    said = recall("memo", proposed.issue().id, "--language", language)
    assert said.status == 0
    assert word in said.out


def test_else_the_terminals_language_counts(recall: Recall, proposed: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "ru_RU.UTF-8")
    assert "Что произошло" in recall("memo", proposed.issue().id).out
    monkeypatch.setenv("LC_ALL", "zh_CN")
    assert "发生了什么" in recall("memo", proposed.issue().id).out
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    assert "What happened" in recall("memo", proposed.issue().id).out


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, ""),
        ({"LANG": "C.UTF-8"}, ""),
        ({"LANG": "POSIX"}, ""),
        ({"LANG": "ru_RU", "LC_ALL": ""}, "ru_RU"),
        ({"LANG": "ru", "LC_ALL": "zh"}, "zh"),
    ],
)
def test_a_machines_own_language_is_none(environment: dict[str, str], said: str) -> None:
    assert spoken(environment) == said


def test_json_carries_the_figures_and_no_sentence_of_a_language(recall: Recall, proposed: Play) -> None:
    told = recall("memo", proposed.issue().id, "--json", "--language", "ru").json
    assert set(told) == {"proposal", "issue", "assessment", "options", "forecast", "earlier_scores"}
    assert told["proposal"]["id"] == proposed.question()
    assert {p["action"]: p["exposure_hours"] > 0 for p in told["forecast"]["predictions"]} == dict.fromkeys(
        ("none", "monitor", "partial", "full"), True
    )
    assert told["earlier_scores"] == []


def test_the_page_is_one_file_with_the_chart(recall: Recall, proposed: Play, tmp_path: Path) -> None:
    page = tmp_path / "memo.html"
    said = recall("memo", proposed.question(), "--page", str(page), "--language", "zh")
    assert str(page) in said.out.replace("\n", "")
    written = page.read_text(encoding="utf-8")
    for part in ('<html lang="zh">', "data:image/png;base64,", "default-src 'none'", "签署的内容"):
        assert part in written


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("ISS-nope", "no issue 'ISS-nope'; `recall status` lists them"),
        ("REC-nope", "no recall 'REC-nope'; `recall status` lists them"),
        ("P-nope", "no proposal 'P-nope'; `recall status` lists the open ones"),
    ],
)
def test_an_unknown_id_is_named_with_the_way_out(recall: Recall, proposed: Play, name: str, why: str) -> None:
    said = recall("memo", name)
    assert (said.status, said.out, said.err) == (3, "", f"recall memo: {why}\n")


def test_an_issue_without_a_recall_has_no_memo(recall: Recall, proposed: Play) -> None:
    with proposed.tools.book.write() as txn:
        txn.run("DELETE FROM recalls")
    said = recall("memo", proposed.issue().id)
    assert said.status == 3
    assert f"no recall of {proposed.issue().id} was proposed" in said.err
