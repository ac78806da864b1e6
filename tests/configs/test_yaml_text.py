"""YAML is read as YAML's own reader does, within bounds and with lines."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import SettingsInvalid
from configs.yaml_text import DEEPEST, LONGEST_BYTES, MOST_VALUES, parsed, text_of

TEXT = "home: .\napps:\n  - id: one\n    sources:\n      - {kind: files,\n         path: x.csv}\n  - id: two\n"
SCALARS = st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=9)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=4))


@given(VALUES)
def test_what_was_written_is_read(value: object) -> None:
    assert parsed(yaml.safe_dump(value, allow_unicode=True), "x", SettingsInvalid).values == value


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1),
        (("home",), 1),
        (("apps",), 2),
        (("apps", 0, "id"), 3),
        (("apps", 0, "sources", 0, "path"), 6),
        (("apps", 1), 7),
        (("apps", 1, "title"), 7),
        (("apps", 9, "id"), 2),
        (("nowhere", "at", "all"), 1),
    ],
    ids=str,
)
def test_a_value_is_found_by_its_line_or_the_nearest_above(path: tuple[int | str, ...], line: int) -> None:
    assert parsed(TEXT, "x.yaml", SettingsInvalid).at(path) == f"x.yaml:{line}"


def test_aliases_are_followed_within_bounds() -> None:
    assert parsed("a: &a [1, 2]\nb: *a\nc: {<<: {d: 1}}\n", "x", SettingsInvalid).values == {"a": [1, 2], "b": [1, 2], "c": {"d": 1}}


def test_as_many_levels_and_values_as_allowed_and_not_one_more() -> None:
    deepest = "[" * DEEPEST + "]" * DEEPEST
    assert parsed(deepest, "x", SettingsInvalid).values
    with pytest.raises(SettingsInvalid, match="x:1: nested more than"):
        parsed(f"[{deepest}]", "x", SettingsInvalid)
    many = "- x\n" * (MOST_VALUES - 1)
    assert len(parsed(many, "x", SettingsInvalid).values) == MOST_VALUES - 1  # type: ignore[arg-type]  # a list
    with pytest.raises(SettingsInvalid, match="more than"):
        parsed(many + "- x\n", "x", SettingsInvalid)


def test_two_documents_are_not_one() -> None:
    with pytest.raises(SettingsInvalid, match=r"x:2: not YAML: but found another document"):
        parsed("a: 1\n---\nb: 2\n", "x", SettingsInvalid)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"\xef\xbb\xbfhome: .\n")
    assert text_of(tmp_path / "x.yaml") == "home: .\n"


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"#" * LONGEST_BYTES)
    assert len(text_of(path)) == LONGEST_BYTES
    path.write_bytes(b"#" * (LONGEST_BYTES + 1))
    with pytest.raises(ValueError, match="longer than"):
        text_of(path)
