"""`recall notices`: what people type, and what they read. Add here when the command asks for something else."""

from pathlib import Path

import pytest

from tests.flows.commands.conftest import Recall
from tests.tasks.homes import Play


def test_the_preview_shows_every_form_in_every_language(recall: Recall, proposed: Play) -> None:
    said = recall("notices", "preview", proposed.recall().id)
    assert said.status == 0
    for expected in ("=== en: mail", "=== zh: SMS", "=== ru: push", "Product safety recall", "产品安全召回", "Отзыв продукта", "digest "):
        assert expected in said.out


def test_the_preview_goes_into_files(recall: Recall, proposed: Play, tmp_path: Path) -> None:
    said = recall("notices", "preview", proposed.recall().id, "--out", tmp_path / "out")
    assert said.status == 0
    assert "16 files" in said.out
    assert "<!DOCTYPE html>" in (tmp_path / "out" / "en.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("profile", ["recall", "outage"])
def test_machines_get_the_digest(recall: Recall, proposed: Play, profile: str) -> None:
    made = recall("notices", "preview", proposed.recall().id, "--profile", profile, "--json").json
    assert made["is_sound"] is True
    assert len(made["digest"]) == 64


def test_an_unknown_recall_is_named(recall: Recall, proposed: Play) -> None:
    said = recall("notices", "preview", "REC-none")
    assert said.status == 3
    assert "REC-none" in said.err
