"""The house as its tests see it: every file, module and function of ours, read from the syntax tree.

Add here when a house rule needs another fact of the code; rather in `test_house.py` when it is the rule.
"""

from __future__ import annotations

import ast
import statistics
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("flows", "tasks", "integrations", "configs")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def modules() -> tuple[Path, ...]:
    """Every module of the product, relative to the root, migrations' generated ones included."""
    return tuple(sorted(path.relative_to(ROOT) for floor in FLOORS for path in (ROOT / floor).rglob("*.py")))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def length(node: Function) -> int:
    """Lines of code from `def` to the last one: docstring, comments' blank lines and decorators do not count."""
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    header = (body[0].lineno if body else node.lineno) - node.lineno
    if ast.get_docstring(node, clean=False) is not None:
        header = node.body[0].lineno - node.lineno
    return header + ((body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0)


def ninetieth(values: list[int]) -> float:
    return statistics.quantiles(values, n=10, method="inclusive")[-1]


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """Every module this one imports, wherever in the file, with its line."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield ("." * node.level) + (node.module or ""), node.lineno


def floor(name: str) -> str:
    """Which room a dotted name is in; tasks.rules is a floor of its own, and its siblings are the integrations."""
    return "rules" if name == "tasks.rules" or name.startswith("tasks.rules.") else name.split(".")[0]


def dotted(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


@cache
def tracked() -> tuple[Path, ...]:
    """Every file in the repository that git knows and that is there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file())
