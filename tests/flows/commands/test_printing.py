"""What strangers wrote reaches the terminal as text, and does nothing there. Add here when every command prints otherwise."""

from __future__ import annotations

import io

import pytest

from flows.commands.printing import Screen, as_table, harmless

COMMANDS = ["\x1b]0;title\x1b\\", "\x1b[2J", "\x9b31m", "\x07", "\u202eabc", "\x00"]


@pytest.mark.parametrize("nasty", COMMANDS)
def test_what_a_terminal_obeys_is_not_printed(nasty: str) -> None:
    out = io.StringIO()
    screen = Screen(file=out, force_terminal=False, width=80)
    screen.print(f"before {nasty} after", markup=False)
    screen.print(as_table("Said", ("by", "words"), [("somebody", f"before {nasty} after")]))
    said = out.getvalue()
    assert said.count("before") == said.count("after") == 2
    assert not {c for c in said if ord(c) < 32 and c != "\n"} & set(nasty)
    assert "\x9b" not in said
    assert "\u202e" not in said


def test_words_of_every_language_and_line_breaks_stay() -> None:
    assert harmless("闪退 вылетает café\n👍") == "闪退 вылетает café\n👍"
