"""What is shown beforehand is what is frozen. Add here when a preview holds more."""

from dataclasses import replace
from pathlib import Path

import pytest

from configs.errors import BadInput
from configs.outage import Profile
from integrations.ledger.wordings import notices_digest
from integrations.pages.notices_page import notices_page
from tasks.notify import freeze_wave
from tasks.preview import preview, write_preview
from tests.tasks.homes import Play


def test_every_language_and_form_is_shown_and_sound(approved: Play) -> None:
    made = preview(approved.tools, approved.recall().id)
    assert [m.name for m in made.messages] == ["en", "zh", "ru"]
    assert made.is_sound
    assert all(getattr(m.rendered, part) for m in made.messages for part in ("subject", "text", "html", "short", "push_title", "push"))


def test_what_was_shown_is_what_is_frozen(approved: Play) -> None:
    shown = preview(approved.tools, approved.recall().id).digest
    freeze_wave(approved.tools, recall_id=approved.recall().id, revision=approved.recall().revision, wave=0)
    (frozen,) = approved.entries("notices.frozen")
    assert frozen.facts["notices_digest"] == shown


@pytest.mark.parametrize("form", ["subject", "text", "html", "short", "push_title", "push", "locale"])
def test_any_change_of_any_form_changes_the_digest(approved: Play, form: str) -> None:
    made = [m.rendered for m in preview(approved.tools, approved.recall().id).messages]
    changed = [replace(made[0], **{form: getattr(made[0], form) + "x"}), *made[1:]]
    assert notices_digest(made) == notices_digest(reversed(made)) != notices_digest(changed)


def test_the_outage_profile_is_shown_at_every_stage(approved: Play) -> None:
    made = preview(approved.tools, approved.recall().id, Profile.OUTAGE_MESSAGE)
    assert {m.name for m in made.messages} == {f"{locale}.{s}" for locale in ("en", "zh", "ru") for s in ("first", "update", "resolved")}
    assert made.is_sound


def test_an_unsound_notice_is_shown_with_what_is_wrong(approved: Play) -> None:
    policy = approved.tools.policy
    tools = replace(approved.tools, policy=policy.model_copy(update={"notices": policy.notices.model_copy(update={"help_address": ""})}))
    made = preview(tools, approved.recall().id)
    assert not made.is_sound
    assert any("help_address is missing" in f for m in made.messages for f in m.findings)
    page = notices_page([(m.name, m.rendered, m.findings) for m in made.messages], made.digest, "the command")
    assert "**cannot be sent**: facts: help_address is missing" in page


def test_the_page_shows_every_form_and_the_digest(approved: Play) -> None:
    made = preview(approved.tools, approved.recall().id)
    page = notices_page([(m.name, m.rendered, m.findings) for m in made.messages], made.digest, "the command")
    for m in made.messages:
        assert [part for part in ("subject", "text", "short", "push_title", "push") if getattr(m.rendered, part) not in page] == []
    assert made.digest in page


def test_the_files_hold_what_is_shown(approved: Play, tmp_path: Path) -> None:
    made = preview(approved.tools, approved.recall().id)
    files = write_preview(made, tmp_path / "new" / "out")
    assert {f.name for f in files} == {f"{m.name}.{e}" for m in made.messages for e in ("txt", "html", "short", "push", "findings")} | {
        "digest"
    }
    assert (tmp_path / "new" / "out" / "ru.html").read_text(encoding="utf-8").rstrip("\n") == made.messages[2].rendered.html
    assert (tmp_path / "new" / "out" / "digest").read_text(encoding="utf-8").strip() == made.digest


def test_a_folder_that_cannot_be_written_says_so(approved: Play, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(BadInput, match="name another folder with --out"):
        write_preview(preview(approved.tools, approved.recall().id), tmp_path / "file")
