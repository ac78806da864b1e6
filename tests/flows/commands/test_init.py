"""`recall init` writes what is not there, keeps what is, and can be repeated."""

from pathlib import Path

import pytest
import yaml

from tests.flows.commands.conftest import Recall


def test_it_writes_commented_files_and_a_ledger(recall: Recall, tmp_path: Path) -> None:
    folder = tmp_path / "a folder with spaces"
    said = recall("init", "--folder", folder)
    assert said.status == 0
    assert "next:" in said.out
    for name in ("recall.yaml", "policy.yaml"):
        text = (folder / name).read_text(encoding="utf-8")
        assert text.count("#") > 5
        assert isinstance(yaml.safe_load(text), dict)
    assert (folder / ".recall" / "ledger.db").stat().st_mode & 0o777 == 0o600


def test_what_it_wrote_is_ready_to_use(recall: Recall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a folder with spaces"
    recall("init", "--folder", folder)
    monkeypatch.setenv("RECALL_CONFIG", str(folder / "recall.yaml"))
    assert recall("tick").status == 0
    assert [source["health"] for source in recall("status", "--json").json["sources"]] == ["unknown"]
    assert recall("verify").status == 0


def test_a_second_time_it_keeps_what_people_wrote(recall: Recall, tmp_path: Path) -> None:
    recall("init")
    settings = tmp_path / "recall.yaml"
    mine = settings.read_text(encoding="utf-8").replace("title: Example", "title: Mine") + "# my own note\n"
    settings.write_text(mine, encoding="utf-8")
    recall("tick", "attest")
    before = recall("verify", "--json").json["entries"]
    said = recall("init")
    assert (said.status, settings.read_text(encoding="utf-8")) == (0, mine)
    assert "kept recall.yaml" in said.out
    assert "kept policy.yaml" in said.out
    assert recall("verify", "--json").json["entries"] == before > 0


def test_a_relative_ledger_is_beside_the_settings_wherever_one_stands(
    recall: Recall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recall("init", "--folder", tmp_path / "mine")
    settings = tmp_path / "mine" / "recall.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + "ledger: sqlite:///own.db\n", encoding="utf-8")
    assert recall("init", "--folder", tmp_path / "mine").status == 0
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("RECALL_CONFIG", str(settings))
    for command in ("tick", "status", "verify"):
        assert recall(command).status == 0
    assert (tmp_path / "mine" / "own.db").exists()
    assert not list((tmp_path / "elsewhere").iterdir())


def test_settings_that_cannot_be_used_are_named_and_kept(recall: Recall, tmp_path: Path) -> None:
    (tmp_path / "recall.yaml").write_text("apps: []\ncolour: red\n", encoding="utf-8")
    said = recall("init")
    assert said.status == 3
    assert "recall.yaml:2: colour: " in said.err
    assert (tmp_path / "recall.yaml").read_text(encoding="utf-8") == "apps: []\ncolour: red\n"


def test_a_folder_that_cannot_be_made_is_named(recall: Recall, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    said = recall("init", "--folder", tmp_path / "file" / "below")
    assert said.status == 3
    assert str(tmp_path / "file" / "below") in said.err
