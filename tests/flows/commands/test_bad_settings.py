"""Settings and policy that cannot be used: the file, the line, the key and the way out, never a secret, and nothing was touched."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.flows.commands.conftest import Recall
from tests.tasks.homes import SETTINGS, Play, write_settings

SECRET = "canary-7f3a"
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))


@pytest.fixture
def written(fresh: Play) -> Callable[[str], Path]:
    """Replaces the home's settings by that text."""

    def write(text: str) -> Path:
        path = fresh.home / "recall.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("command", ["status", "tick"])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ":1: holds no settings"),
        ("- a\n- b\n", ":1: holds no settings"),
        ("just words\n", ":1: holds no settings"),
        ("home: .\nledger:\n\t- x\n", ":3: not YAML: found character that cannot start any token"),
        (f"home: .\npassword: '{SECRET}\n", ":2: not YAML: found unexpected end of stream"),
        (f"home: .\n{SECRET}: [\n", ":3: not YAML"),
        ("home: .\nclock: wall\nhome: elsewhere\n", ":3: 'home' stands here a second time"),
        ("home: *nowhere\n", ":1: not YAML: found undefined alias"),
        ("home: &a [*a]\n", ":1: an alias stands inside what it stands for"),
        ("home: " + "[" * 100_000, ":1: nested more than"),
        (BOMB, "aliases make it more than"),
        (f"{BOMB}home: *a11\n", "aliases make it more than"),
        ("home: !!python/object/apply:os.getcwd []\n", ":1: not YAML: could not determine a constructor"),
        ("home: 5\n", ":1: home: "),
        ("home: .\nledger: [x]\n", ":2: ledger: "),
        ("home: .\ncheckpoint_files: x.jsonl\n", ":2: checkpoint_files: "),
        ("home: 2020-99-99\n", "holds a date or number that there is not"),
        ("home: \x00\n", "not YAML"),
        ("#" * 2_000_000, "longer than 262144 bytes"),
    ],
    ids=lambda value: None if isinstance(value, str) and len(value) > 60 else str(value),
)
def test_a_settings_file_that_cannot_be_read_is_named(
    recall: Recall, written: Callable[[str], Path], command: str, text: str, words: str
) -> None:
    path = written(text)
    said = recall(command)
    assert (said.status, said.out) == (3, "")
    assert str(path) in said.err
    assert words in said.err
    assert SECRET not in said.err
    assert said.err.count("\n") == 1


def test_a_billion_laughs_cost_neither_time_nor_memory(written: Callable[[str], Path], recall: Recall) -> None:
    written(f"{BOMB}home: *a11\n")
    began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for command in ("status", "tick", "verify"):
        assert recall(command).status == 3
    assert time.process_time() - began < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_bytes_that_are_no_text_are_said(recall: Recall, fresh: Play) -> None:
    (fresh.home / "recall.yaml").write_bytes(b"home: \xff\xfe\n")
    assert "cannot be read ('utf-8' codec" in recall("tick").err


def app_with(*sources: dict[str, object], **changes: object) -> dict[str, object]:
    app = SETTINGS["apps"][0]  # type: ignore[index]  # a list of one app
    return {"apps": [{**app, "sources": list(sources) or app["sources"], **changes}]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (app_with({"kind": "telepathy"}), "no source of kind 'telepathy'; there are: events, files, "),
        (app_with(contacts={"kind": "telepathy"}), "no contacts of kind 'telepathy'; there are: "),
        ({"channels": {"email": {"kind": "pigeon"}}}, "no channel of kind 'pigeon'; there are: apprise, "),
        ({"stores": {"play": {"kind": "corner"}}}, "no store of kind 'corner'; there are: rehearsal"),
        (
            app_with({"kind": "files", "path": "a.csv", "colour": SECRET}),
            "source 'files': option colour: Extra inputs are not permitted; it takes: ",
        ),
        (app_with({"kind": "sentry", "organization": "o", "project": "p", "token": SECRET}), "option token"),
        ({"channels": {"email": {"kind": "email", "host": "h", "sender": "a@b.c", "password": SECRET}}}, "option password"),
        ({"channels": {"hook": {"kind": "webhook", "url": f"https://h.example/{SECRET}"}}}, "option url"),
        ({"stores": {"play": {"kind": "rehearsal", "token": SECRET}}}, "option token"),
        (app_with({"kind": "files", "path": "a.csv"}, {"kind": "files", "path": "b.csv"}), "two sources have the same name"),
        (app_with(store="corner"), "names store 'corner', which is not under `stores`"),
        (app_with(platform="symbian"), "apps.0.platform: Input should be 'android' or 'ios'"),
        ({"colour": SECRET}, "colour: Extra inputs are not permitted"),
        ({"apps": []}, "apps: Tuple should have at least 1 item"),
        ({"clock": SECRET}, "clock: Input should be 'wall' or 'rehearsal'"),
    ],
    ids=lambda value: None,
)
def test_a_setting_that_cannot_be_used_is_named_with_its_file(recall: Recall, fresh: Play, changes: dict[str, object], words: str) -> None:
    write_settings(fresh.home, **changes)
    said = recall("tick")
    assert (said.status, said.out) == (3, "")
    assert str(fresh.home / "recall.yaml") in said.err
    assert words in said.err
    assert SECRET not in said.err


def test_a_wrong_setting_is_named_with_its_line(recall: Recall, fresh: Play) -> None:
    write_settings(fresh.home, **app_with(platform="symbian"))
    lines = (fresh.home / "recall.yaml").read_text(encoding="utf-8").splitlines()
    number = next(n for n, line in enumerate(lines, 1) if "platform" in line)
    assert f"recall.yaml:{number}: apps.0.platform: " in recall("tick").err


def test_many_complaints_are_told_in_part(recall: Recall, fresh: Play) -> None:
    write_settings(fresh.home, **{f"colour{n}": n for n in range(50)})
    said = recall("tick").err
    assert said.count("Extra inputs") == 5
    assert "and 45 more" in said


def test_a_secret_that_is_not_set_is_named_by_its_variable(recall: Recall, fresh: Play) -> None:
    write_settings(fresh.home, channels={"hook": {"kind": "webhook", "url_env": "NOT_SET_ANYWHERE"}})
    assert "the environment variable NOT_SET_ANYWHERE is not set" in recall("tick").err


# --- policy -------------------------------------------------------------------------------------------------------------


def change_policy(home: Path, change: Callable[[str], str]) -> list[str]:
    path = home / "policy.yaml"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    return path.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("change", "marked", "words"),
    [
        (lambda text: text.replace("alpha_halt:", "alpha_hold:"), "alpha_hold", "Extra inputs are not permitted"),
        (lambda text: text + "colour: red\n", "colour", "Extra inputs are not permitted"),
        (lambda text: text.replace("chunk_size: 150", "chunk_size: many"), "chunk_size", "valid integer"),
        (lambda text: text + "risk: {}\n", "risk: {}", "'risk' stands here a second time"),
    ],
    ids=["wrong key", "unknown section", "wrong type", "doubled section"],
)
def test_a_policy_that_cannot_be_used_is_named_with_its_line(
    recall: Recall, proposed: Play, change: Callable[[str], str], marked: str, words: str
) -> None:
    before = recall("verify", "--json").json["entries"]
    lines = change_policy(proposed.home, change)
    (number,) = [n for n, line in enumerate(lines, 1) if marked in line]
    (proposed.home / "recall.yaml").touch()
    said = recall("tick")
    assert (said.status, said.out) == (3, "")
    assert f"policy.yaml:{number}: " in said.err
    assert words in said.err
    assert recall("verify", "--json").json["entries"] == before


def swapped_thresholds(home: Path) -> None:
    values = yaml.safe_load((home / "policy.yaml").read_text(encoding="utf-8"))
    found = values["detection"]
    found["alpha_halt"], found["alpha_recall"] = found["alpha_recall"], found["alpha_halt"]
    (home / "policy.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")


def test_unordered_thresholds_are_named_with_section_and_line(recall: Recall, fresh: Play) -> None:
    swapped_thresholds(fresh.home)
    lines = (fresh.home / "policy.yaml").read_text(encoding="utf-8").splitlines()
    (fresh.home / "recall.yaml").touch()
    said = recall("tick")
    assert (said.status, said.out) == (3, "")
    assert f"policy.yaml:{lines.index('detection:') + 1}: detection: " in said.err
    assert "alpha_recall" in said.err


def test_a_missing_policy_names_the_built_in_ones(recall: Recall, fresh: Play) -> None:
    write_settings(fresh.home, policy="nowhere.yaml")
    said = recall("tick")
    assert said.status == 3
    assert f"{fresh.home / 'nowhere.yaml'}: cannot be read (No such file or directory); built in are: default" in said.err
