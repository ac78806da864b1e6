"""The house stands: floors, sizes, signs, names. Each rule is read from the syntax tree, so a broken one names file and line.

Add here when a rule of the house can be checked by reading the code; rather beside a module when it is about what the module does.
"""

from __future__ import annotations

import ast
import re
import statistics
import sys
from collections import Counter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

from tests.house import FLOORS, ROOT, Function, dotted, floor, functions, imported, length, modules, ninetieth, tracked, tree

BELOW = {
    "flows": {"flows", "tasks", "rules", "integrations", "configs"},
    "tasks": {"tasks", "rules", "integrations", "configs"},
    "rules": {"rules", "configs"},
    "integrations": {"integrations", "configs"},
    "configs": {"configs"},
}
IMPURE = {
    "prefect",
    "requests",
    "httpx",
    "sqlalchemy",
    "sqlmodel",
    "sqlite3",
    "logging",
    "random",
    "time",
    "socket",
    "subprocess",
    "os",
    "secrets",
}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "data", "info", "misc"}
ENTRANCE = Path("flows/__main__.py")
"""The command line: the one file in `flows` that is not a flow."""
STEP = Path("tasks/step.py")
MIGRATIONS = Path("integrations/ledger/migrations/versions")
"""Written by Alembic from the tables."""

ALL = pytest.mark.parametrize("path", modules(), ids=str)
FLOW_FILES = [path for path in modules() if path.parent == Path("flows") and path.name not in ("__init__.py", ENTRANCE.name)]


def places(path: Path, found: list[ast.AST]) -> list[str]:
    return [f"{path}:{getattr(node, 'lineno', 0)}" for node in found]


@ALL
def test_imports_go_downwards_only(path: Path) -> None:
    here = floor(dotted(path))
    wrong = [f"{path}:{line} imports {name}" for name, line in imported(path) if floor(name) in BELOW and floor(name) not in BELOW[here]]
    assert not wrong


@ALL
def test_imports_are_absolute(path: Path) -> None:
    assert not [f"{path}:{line}" for name, line in imported(path) if name.startswith(".")]


@pytest.mark.parametrize("path", [p for p in modules() if p.parts[:2] == ("tasks", "rules")], ids=str)
def test_rules_are_pure(path: Path) -> None:
    outside = [f"{path}:{line} imports {name}" for name, line in imported(path) if name.split(".")[0] in IMPURE]
    clocks = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today")]
    opened = [
        node for node in ast.walk(tree(path)) if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("open", "print", "input")
    ]
    assert not outside + places(path, [*clocks, *opened])


@ALL
def test_every_module_has_its_door_sign(path: Path) -> None:
    sign = ast.get_docstring(tree(path)) or ""
    assert path.is_relative_to(MIGRATIONS) or re.search(r"\bAdd [^.]*\bhere\b", sign), (
        f"{path}: the module's docstring says 'Add here when ...; rather in ...'"
    )


@ALL
def test_no_file_is_longer_than_300_lines(path: Path) -> None:
    lines = len((ROOT / path).read_text(encoding="utf-8").splitlines())
    assert lines <= 300, f"{path}: {lines} lines"


@ALL
def test_no_function_is_longer_than_40_lines(path: Path) -> None:
    assert not [f"{path}:{node.lineno} {node.name}: {length(node)} lines" for node in functions(path) if length(node) > 40]


def test_functions_are_short_on_the_whole() -> None:
    lengths = [length(node) for path in modules() for node in functions(path)]
    assert statistics.median(lengths) <= 10
    assert ninetieth(lengths) <= 35


@pytest.mark.parametrize("path", [p for p in modules() if p != STEP], ids=str)
def test_only_the_step_catches_everything(path: Path) -> None:
    handlers = [node for node in ast.walk(tree(path)) if isinstance(node, ast.ExceptHandler)]
    wide = [h for h in handlers if h.type is None or "Exception" in {n.id for n in ast.walk(h.type) if isinstance(n, ast.Name)}]
    assert not places(path, list(wide))


@ALL
def test_nothing_is_unfinished(path: Path) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    found = [f"{path}:{n}" for n, line in enumerate(text.splitlines(), 1) if re.search(r"\b(TODO|FIXME|XXX|NotImplementedError)\b", line)]
    assert not found


@ALL
def test_a_rehearsal_is_another_adapter_never_a_branch(path: Path) -> None:
    tests = [node.test for node in ast.walk(tree(path)) if isinstance(node, ast.If | ast.IfExp)]
    named = [n for test in tests for n in ast.walk(test) if re.search("dry_?run", getattr(n, "id", "") + getattr(n, "attr", ""))]
    assert not places(path, named)


@ALL
def test_names_say_what_a_file_is_for(path: Path) -> None:
    assert path.stem not in FORBIDDEN_NAMES
    assert not [
        f"{path}:{n.lineno} {n.name}" for n in ast.walk(tree(path)) if isinstance(n, ast.ClassDef) and n.name.startswith("Abstract")
    ]


@pytest.mark.parametrize("path", FLOW_FILES, ids=str)
def test_flow_files_hold_only_flows_and_constants(path: Path) -> None:
    def belongs(node: ast.stmt) -> bool:
        if isinstance(node, Function):
            return any("flow" in ast.unparse(mark) for mark in node.decorator_list)
        return isinstance(node, ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign | ast.Expr)

    assert not places(path, [node for node in tree(path).body if not belongs(node)]), "a file entrypoint loads a twin of this module"


@pytest.mark.parametrize("path", FLOW_FILES, ids=str)
def test_flow_files_shadow_no_other_module(path: Path) -> None:
    taken = set(sys.stdlib_module_names) | set(FLOORS) | set(packages_distributions())
    assert path.stem not in taken, "`flows/` is first in sys.path while a flow runs"


def test_every_step_has_a_name_of_its_own() -> None:
    steps = [
        node.name
        for path in modules()
        for node in functions(path)
        if any(ast.unparse(mark).split("(")[0].split(".")[-1] == "step" for mark in node.decorator_list)
    ]
    assert not [name for name, times in Counter(steps).items() if times > 1], "Prefect would take the two for one task"


def test_tests_mock_nothing_of_ours() -> None:
    wrong = []
    for path in (p for p in tracked() if p.parts[0] == "tests" and p.suffix == ".py" and p.name != Path(__file__).name):
        text = (ROOT / path).read_text(encoding="utf-8")
        wrong += [
            f"{path}:{n}" for n, line in enumerate(text.splitlines(), 1) if re.search(r"mock\.patch|mocker\.|import mock|MagicMock", line)
        ]
    assert not wrong


def test_tests_have_an_init_on_every_level() -> None:
    folders = {path.parent for path in tracked() if path.parts[0] == "tests" and path.suffix == ".py"}
    assert not [str(folder) for folder in folders if not (ROOT / folder / "__init__.py").exists()]


def test_no_merge_was_left_half_done() -> None:
    marker = re.compile(r"^(?:<{7} |>{7} )", re.MULTILINE)
    assert not [str(path) for path in tracked() if marker.search((ROOT / path).read_text(encoding="utf-8", errors="replace"))]


def test_nothing_names_a_machine() -> None:
    place = re.compile(r"/(?:home|Users|root|work)/[A-Za-z0-9_.-]+|[A-Z]:\\\\Users")
    wrong = []
    for path in (p for p in tracked() if p.suffix in (".py", ".md", ".yaml", ".toml", ".lock", ".cfg", "") and p.name != "LICENSE"):
        text = (ROOT / path).read_text(encoding="utf-8", errors="replace")
        wrong += [f"{path}:{n}: {line.strip()[:80]}" for n, line in enumerate(text.splitlines(), 1) if place.search(line)]
    assert not wrong


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_locks_are_hashed_and_name_no_registry(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    pins = re.findall(r"^[A-Za-z0-9][^\n]*==[^\n]*\\\n(    --hash=sha256:[0-9a-f]{64})", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[A-Za-z0-9]", text, re.MULTILINE)) > 100
    assert "://" not in text
    assert "--index-url" not in text


def test_the_locks_agree() -> None:
    running, developing = (set(re.findall(r"^[A-Za-z0-9][^\\\n]*", (ROOT / n).read_text(), re.MULTILINE)) for n in LOCKS)
    assert running <= developing


LOCKS = ("requirements.lock", "requirements-dev.lock")


def bare_leaves(node: yaml.Node, lines: list[str], covered: bool = False) -> list[int]:
    """Lines of the values that neither say why themselves nor stand right under a key that does."""
    if isinstance(node, yaml.MappingNode):
        parts = [(value, "#" in lines[key.start_mark.line]) for key, value in node.value]
        return sorted({line for value, said in parts for line in bare_leaves(value, lines, covered or said)})
    line = node.start_mark.line
    return [] if covered or "#" in lines[line] else [line]


@pytest.mark.parametrize("path", sorted((ROOT / "configs" / "policies").glob("*.yaml")), ids=lambda p: p.name)
def test_every_policy_value_says_its_unit_and_reason(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    assert not [f"{path.name}:{n + 1}: {lines[n].strip()}" for n in bare_leaves(yaml.compose(text), lines)]
