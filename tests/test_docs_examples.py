"""What the documents show is real: code parses, examples run, files exist, options and tables are all named.

Add here when a document shows something that could stop working; rather in `test_docs.py` when it could stop being complete.
"""

from __future__ import annotations

import ast
import configparser
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from pydantic import BaseModel
from sqlmodel import SQLModel

import integrations.ledger.tables
import integrations.ledger.tables_of_decisions
import integrations.ledger.tables_of_events
import integrations.ledger.tables_of_forecasts
import integrations.ledger.tables_of_plans
import integrations.ledger.tables_of_signing  # noqa: F401 - all fill SQLModel's list of tables
from configs.errors import SettingsInvalid
from configs.policy import Policy
from configs.settings import Adapter, App, Settings
from configs.terms import Health, Platform
from integrations.channels import CHANNELS
from integrations.contacts import CONTACTS
from integrations.contracts import Channel, Source, Store, Surroundings
from integrations.sources import SOURCES
from integrations.stores import STORES
from tests.house import ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
ADDING = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^ *```(\w+)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
REHEARSAL = {"simulator", "simulated", "memory", "rehearsal"}
ALL = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))


def examples() -> Iterator[tuple[str, str]]:
    """Files of the house that the documents only show: path and text."""
    for match in re.finditer(r"^\*\*1\. The adapter\*\*, `(\S+?)`.*?^```python\n(.*?)^```$", ADDING, re.DOTALL | re.MULTILINE):
        yield match[1], match[2]


def blocks(document: Path, *languages: str) -> list[str]:
    return [text for language, text in FENCE.findall(document.read_text(encoding="utf-8")) if language in languages]


@ALL
def test_python_compiles(document: Path) -> None:
    for text in blocks(document, "python"):
        assert ast.parse(text).body


@ALL
def test_yaml_parses(document: Path) -> None:
    for text in blocks(document, "yaml"):
        assert yaml.safe_load(text)


@ALL
def test_shell_commands_parse(document: Path) -> None:
    for text in blocks(document, "bash"):
        subprocess.run(["bash", "-n"], input=text, text=True, check=True)


@ALL
def test_units_parse(document: Path) -> None:
    for text in blocks(document, "ini"):
        parser = configparser.ConfigParser(strict=False)
        parser.read_string(text)
        assert parser.sections()


@ALL
def test_files_that_are_named_exist(document: Path) -> None:
    shown = {path for path, _ in examples()}
    named = re.findall(
        r"(?<![\w/.:-])((?:flows|tasks|integrations|configs|tests|docs|benchmarks)/[\w./-]*\w)", document.read_text(encoding="utf-8")
    )
    assert not [path for path in named if path not in shown and not (ROOT / path).exists()]


# --- the examples run ---------------------------------------------------------------------------------------------------


def around(folder: Path) -> Surroundings:
    class Noon:
        def now(self) -> datetime:
            return datetime(2026, 3, 4, 12, tzinfo=UTC)

    adapter = Adapter(kind="files")
    app = App(id="chat", title="Chat", platform=Platform.ANDROID, store="own", sources=(adapter,), contacts=adapter)
    return Surroundings(folder, folder, Noon(), {"TOKEN": "t"}, app)


def imported(path: str, folder: Path) -> ModuleType:
    """The example of that path as a module."""
    text = dict(examples())[path]
    (folder / "example.py").write_text(text, encoding="utf-8")
    spec = spec_from_file_location("example_of_docs", folder / "example.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_three_examples_are_found() -> None:
    assert [path for path, _ in examples()] == [
        "integrations/sources/mail_folder.py",
        "integrations/channels/spool.py",
        "integrations/stores/catalogue.py",
    ]


def test_the_example_of_a_source_reads(tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "m1.eml").write_text("Date: 03 Mar 2026 05:00:00 +0500\nSubject: help\n\nIt does not start.\n")
    (tmp_path / "desk" / "m2.eml").write_text("Subject: undated\n\nIt does not start.\n")
    made = imported("integrations/sources/mail_folder.py", tmp_path).MailFolderSource.build("desk", {"path": "desk"}, around(tmp_path))
    reading = made.poll(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC))
    assert isinstance(made, Source)
    assert ([s.body for s in reading.signals], reading.health) == (["It does not start."], Health.HEALTHY)


def test_the_example_of_a_channel_sends(tmp_path: Path) -> None:
    from tests.integrations.channels.builders import a_message

    (tmp_path / "out").mkdir()
    made = imported("integrations/channels/spool.py", tmp_path).SpoolChannel.build("it", {"path": "out"}, around(tmp_path))
    message = a_message()
    assert isinstance(made, Channel)
    assert [r.key for r in made.send([message])] == [message.key] == list(made.lookup([message.key, "other"]))


def test_the_example_of_a_store_is_one(tmp_path: Path) -> None:
    options = {"url": "https://apps.example.com/catalogue", "token_env": "TOKEN"}
    made = imported("integrations/stores/catalogue.py", tmp_path).CatalogueStore.build("own", options, around(tmp_path))
    assert isinstance(made, Store)


# --- nothing is left out ------------------------------------------------------------------------------------------------


def policy_keys(model: type[BaseModel], above: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from policy_keys(kind, f"{name}.")
        else:
            yield above + name


@pytest.mark.parametrize("key", sorted(policy_keys(Policy)))
def test_every_key_of_the_policy_has_its_row(key: str) -> None:
    text = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    assert f"| `{key}` |" in text or text.count(f"`{key}`:") == 1


@pytest.mark.parametrize("key", sorted(set(Settings.model_fields) - {"folder"}))
def test_every_key_of_the_settings_is_named(key: str) -> None:
    assert re.search(rf"^\|[^|]*`{key}`", OPERATING, re.MULTILINE)


REGISTRIES: tuple[Mapping[str, type], ...] = (SOURCES, CONTACTS, CHANNELS, STORES)
KINDS = [(kind, adapter) for registry in REGISTRIES for kind, adapter in registry.items()]


@pytest.mark.parametrize(("kind", "adapter"), KINDS, ids=lambda value: value if isinstance(value, str) else value.__module__)
def test_every_adapter_has_its_row_with_every_option(kind: str, adapter: type, tmp_path: Path) -> None:
    rows = re.findall(rf"^\| `{kind}` \| (.*) \|$", OPERATING, re.MULTILINE)
    assert rows, f"{kind!r} has no row in docs/operating.md"
    with pytest.raises(SettingsInvalid) as refused:
        adapter.build("it", {"no_such_option": 1}, around(tmp_path))  # type: ignore[attr-defined]  # every entry is Buildable
    takes = str(refused.value).rpartition("it takes: ")[2].split(", ")
    assert takes != [""]
    files = re.findall(r"^\| `files` \| (.*) \|$", OPERATING, re.MULTILINE)
    said = " ".join(rows + files if "those of `files`" in " ".join(rows) else rows)
    assert kind in REHEARSAL or not [option for option in takes if f"`{option}`" not in said]


def test_every_variable_of_the_environment_is_named() -> None:
    sources = [p.read_text(encoding="utf-8") for room in ("configs", "integrations", "tasks", "flows") for p in (ROOT / room).rglob("*.py")]
    used = set(re.findall(r"\"(RECALL_[A-Z_]+)\"", "\n".join(sources)))
    assert used
    assert not [name for name in used if f"`{name}`" not in OPERATING]


@pytest.mark.parametrize("table", sorted(SQLModel.metadata.tables))
def test_every_table_is_on_the_map_of_personal_data(table: str) -> None:
    part = OPERATING.partition("## Personal data")[2].partition("\n## ")[0]
    assert f"`{table}`" in part
