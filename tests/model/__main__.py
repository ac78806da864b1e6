"""`make model-check`: visits every state of every company, says how many there were, and how something wrong came about.

Add here when the result is shown otherwise; rather in `people.py` when there is another company.
"""

from __future__ import annotations

from tests.model.explore import Found, explore
from tests.model.people import COMPANIES


def main() -> int:
    """0 when nothing that must not be can be reached; 1 when it can, with the way to it."""
    broken = 0
    for company in COMPANIES:
        found = explore(company)
        print(told(found), flush=True)
        broken += bool(found.broken)
    return 1 if broken else 0


def told(found: Found) -> str:
    """One line, and the way to what is wrong, a move a line."""
    said = (
        f"{found.company}: {found.states:,} states, {found.transitions:,} transitions, {found.refused:,} kinds of attempts refused, "
        f"depth {found.depth}, {found.seconds:.1f} s"
    )
    if not found.broken:
        return f"{said}: nothing goes out or on without the signatures, and everything can be stopped in one action"
    return "\n".join([f"{said}: WRONG", *(f"  {number}. {move}" for number, move in enumerate(found.path, 1))])


if __name__ == "__main__":
    raise SystemExit(main())
