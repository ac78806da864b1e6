"""The documents say everything a person can type or set, and nothing that is not there.

Add here when a document must keep up with something else in the code; rather in `test_house.py` when it is about the code itself.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from flows.__main__ import build_parser
from tests.house import ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)


def commands() -> dict[str, argparse.ArgumentParser]:
    found = next(a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(found.choices)


def options() -> Iterator[tuple[str, str]]:
    for name, parser in commands().items():
        for action in parser._actions:
            yield from ((name, option) for option in action.option_strings if option.startswith("--") and option != "--help")


def policy_keys(node: object, above: str = "") -> Iterator[str]:
    """Keys down to the second level: below it are the user's own names, levels and classes."""
    if isinstance(node, dict):
        for key, value in node.items():
            path = f"{above}.{key}" if above else str(key)
            yield from policy_keys(value, path) if isinstance(value, dict) and not above else [path]


def default_policy() -> object:
    return yaml.safe_load((ROOT / "configs" / "policies" / "default.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", commands())
def test_every_command_is_documented(name: str) -> None:
    assert re.search(rf"\brecall {name}\b", TEXT)


@pytest.mark.parametrize(("name", "option"), list(options()), ids=" ".join)
def test_every_option_is_documented_with_its_command(name: str, option: str) -> None:
    places = [m.start() for m in re.finditer(rf"\brecall {name}\b", TEXT)]
    assert any(option in TEXT[at : at + 3000] for at in places), f"`recall {name} {option}` is in no document"


@pytest.mark.parametrize("key", list(policy_keys(default_policy())))
def test_every_policy_key_is_documented(key: str) -> None:
    assert f"`{key}`" in TEXT


def test_every_exit_status_is_documented() -> None:
    statuses = re.findall(r"^ +(\d+)  ", build_parser().epilog or "", re.MULTILINE)
    assert statuses
    assert not [n for n in statuses if not re.search(rf"\|\s*`?{n}`?\s*\|", TEXT)], "docs have a table of exit statuses"


def test_commands_in_the_documents_exist() -> None:
    typed = set(re.findall(r"^(?:\$ )?recall ([a-z]+)", "\n".join(re.findall(r"```[a-z]*\n(.*?)```", TEXT, re.DOTALL)), re.MULTILINE))
    assert typed <= set(commands())


def test_make_targets_in_the_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)|^(?:\$ )?make ([a-z-]+)", TEXT, re.MULTILINE)) != set()
    assert {a or b for a, b in re.findall(r"`make ([a-z-]+)|^(?:\$ )?make ([a-z-]+)", TEXT, re.MULTILINE)} <= targets


def test_the_readme_has_both_one_line_commands() -> None:
    readme = DOCUMENTS[0].read_text(encoding="utf-8")
    assert "make demo" in readme
    assert "make test" in readme


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8"))
    assert not [t for t in targets if "://" not in t and not t.startswith("mailto:") and not (document.parent / t).exists()]
