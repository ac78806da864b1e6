"""Operators' alerts by apprise against a local HTTP server; never a way for notices."""

import logging
import traceback
from pathlib import Path

import orjson
import pytest
import yaml

from configs.effects import DeliveryState
from configs.errors import ChannelUnavailable, PolicyInvalid, SettingsInvalid
from integrations.channels.alert_apprise import AppriseChannel
from integrations.ledger.migrations import migrate
from integrations.toolbox import open_toolbox
from tests.integrations.channels.builders import a_message, around, some_messages
from tests.integrations.scripted import answering, http, serving

CANARY = "c4n4ry"


def a_channel(folder: Path, url: str) -> AppriseChannel:
    return AppriseChannel.build("pager", {"url_env": "PAGER"}, around(folder, {"PAGER": url}))


def test_an_alert_is_one_call_with_title_and_words(tmp_path: Path) -> None:
    talk, got = answering(http("200 OK"))
    with serving(talk) as port:
        receipts = list(a_channel(tmp_path, f"json://127.0.0.1:{port}/x").send([a_message(subject="Halted", text="<b>4.2.1</b> \\n & on")]))
    assert [r.state for r in receipts] == [DeliveryState.ACCEPTED]
    assert len(got) == 1
    body = orjson.loads(got[0].partition(b"\r\n\r\n")[2])
    assert (body["title"], body["message"]) == ("Halted", "<b>4.2.1</b> \\n & on")


def test_a_no_is_tried_again_and_shows_no_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    talk, got = answering(http("500 No", CANARY.encode()))
    with caplog.at_level(logging.DEBUG), serving(talk) as port, pytest.raises(ChannelUnavailable) as caught:
        list(a_channel(tmp_path, f"json://me:{CANARY}@127.0.0.1:{port}/{CANARY}").send(some_messages(2)))
    assert len(got) == 1
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert not [record for record in caplog.records if record.name.startswith("apprise")]


@pytest.mark.parametrize("url", ["nonsense://c4n4ry", "c4n4ry", "json://a.example/c4n4ry, json://b.example"])
def test_an_address_that_is_none_is_named_by_its_variable(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsInvalid, match="PAGER") as caught:
        list(a_channel(tmp_path, url).send([a_message()]))
    assert CANARY not in str(caught.value)


def test_settings_that_would_tell_readers_by_it_do_not_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "json://127.0.0.1:1/")
    people = {"kind": "table", "path": "people.csv"}
    app = {"id": "com.example.app", "title": "Example", "platform": "android", "store": "play", "contacts": people}
    settings = {
        "home": ".",
        "checkpoint_files": ["elsewhere/checkpoints.jsonl"],
        "apps": [app | {"sources": [{"kind": "files", "path": "none.csv"}]}],
        "stores": {"play": {"kind": "rehearsal"}},
        "channels": {"email": {"kind": "apprise", "url_env": "PAGER"}, "webhook": {"kind": "memory"}},
    }
    (tmp_path / "recall.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    with pytest.raises(PolicyInvalid, match="operators' alerts, never for notices"):
        open_toolbox(tmp_path / "recall.yaml")
    migrate(f"sqlite:///{tmp_path / 'ledger.db'}")
    settings["channels"] = {"webhook": {"kind": "apprise", "url_env": "PAGER"}, "email": {"kind": "memory"}}
    (tmp_path / "recall.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    assert "webhook" in open_toolbox(tmp_path / "recall.yaml").channels
