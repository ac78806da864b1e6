"""YAML that people write: read within bounds, every key once, and every complaint with its line.

YAML's own reader takes the last of two equal keys without a word, dies of deep nesting, and lets a few lines stand for gigabytes.

Add here when settings and policy must both be read otherwise; rather in `settings.py` or `policies` when one of them must.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from configs.errors import BadInput

LONGEST_BYTES = 1 << 18
"""Of a file. The longest of ours has 7 KB."""

DEEPEST = 40
"""Levels of nesting, aliases followed. Ours have six."""

MOST_VALUES = 20_000
"""In one file, aliases followed: what a "billion laughs" file expands to."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The quick one where there is one; both build nothing but plain values."""


@dataclass(frozen=True)
class Document:
    """A file's values, and where in it each of them stands."""

    place: str
    values: object
    root: yaml.Node | None

    def at(self, path: Iterable[int | str]) -> str:
        """`place:line` of the value at that path, or of the nearest one above it."""
        node, named = self.root, self.root
        for part in path:
            below = _below(node, part)
            if below is None:
                break
            named, node = below
        return f"{self.place}:{named.start_mark.line + 1 if named else 1}"


def text_of(path: Path) -> str:
    """The file's text. Raises OSError, UnicodeDecodeError, ValueError (too long)."""
    with path.open("rb") as file:
        found = file.read(LONGEST_BYTES + 1)
    if len(found) > LONGEST_BYTES:
        raise ValueError(f"longer than {LONGEST_BYTES} bytes; is this the right file?")
    return found.decode("utf-8-sig")


def parsed(text: str, place: str, raising: type[BadInput]) -> Document:
    """The one document in that text. Raises `raising`, naming place and line; what the line says is never quoted, it may be a secret."""
    loader = _LOADER(text)
    try:
        _check_depth(text, place, raising)
        root = loader.get_single_node()
        if root is not None:
            _Bounds(place, raising).measure(root)
        return Document(place, None if root is None else loader.construct_document(root), root)
    except yaml.MarkedYAMLError as err:
        is_unclosed = "end of stream" in str(err.problem)
        mark = (err.context_mark if is_unclosed else None) or err.problem_mark
        where = f"{place}:{mark.line + 1}" if mark else place
        raise raising(f"{where}: not YAML: {err.problem or 'cannot be read'}; mend the line") from None
    except yaml.YAMLError:
        raise raising(f"{place}: not YAML: a character that text does not have; save the file as plain UTF-8 text") from None
    except ValueError:
        raise raising(f"{place}: holds a date or number that there is not; put it in quotation marks if it is text") from None
    finally:
        loader.dispose()


def _check_depth(text: str, place: str, raising: type[BadInput]) -> None:
    depth = 0
    event: Any  # its mark is optional to the type, and always there
    for event in yaml.parse(text, _LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise raising(f"{place}:{event.start_mark.line + 1}: nested more than {DEEPEST} levels deep; mend the line")


def _below(node: yaml.Node | None, part: int | str) -> tuple[yaml.Node, yaml.Node] | None:
    """The node that names that part (its key, or itself in a list), and the part."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None


class _Bounds:
    """Measures a document with its aliases followed, each node once."""

    def __init__(self, place: str, raising: type[BadInput]) -> None:
        self._place, self._raising = place, raising
        self._known: dict[int, tuple[int, int] | None] = {}

    def measure(self, node: yaml.Node) -> tuple[int, int]:
        """How many values it holds, and how deep they are nested."""
        if id(node) in self._known:
            return self._known[id(node)] or self._refuse(node, "an alias stands inside what it stands for")
        self._known[id(node)] = None
        sizes = [self.measure(child) for child in self._children(node)]
        size, depth = 1 + sum(n for n, _ in sizes), 1 + max((d for _, d in sizes), default=0)
        if size > MOST_VALUES or depth > DEEPEST:
            self._refuse(node, f"aliases make it more than {MOST_VALUES} values, or {DEEPEST} levels; write out what is meant")
        self._known[id(node)] = size, depth
        return size, depth

    def _children(self, node: yaml.Node) -> list[yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            return list(node.value) if isinstance(node, yaml.SequenceNode) else []
        seen: set[object] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                self._refuse(key, f"{key.value[:60]!r} stands here a second time; keep one of the two")
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
        return [part for pair in node.value for part in pair]

    def _refuse(self, node: yaml.Node, problem: str) -> Any:
        raise self._raising(f"{self._place}:{node.start_mark.line + 1}: {problem}")
