"""Which version may be taken as the fix of a recalled one without anybody naming it.

| policy `fix.taken_by_itself` | 2.1.0 recalled, store has | taken |
|---|---|---|
| none | anything | nothing: a person names it |
| patch | 2.1.1 | 2.1.1 |
| patch | 2.2.0 | nothing: it brings more than the remedy |
| newest | 2.1.1, 2.2.0 | 2.2.0 |

A version that a person names must be newer than the recalled one, and that is all.

Add here when a remedy is recognised in another way; rather in `tasks/mend.py` when it is looked for elsewhere.
"""

from __future__ import annotations

import re

from configs.policy import Fix, Taken
from tasks.rules.detection import is_older


def may_be_taken(version: str, recalled: str, fix: Fix) -> bool:
    """Whether this newer version is taken as the fix by itself."""
    if fix.taken_by_itself is Taken.NEWEST:
        return is_older(recalled, version)
    return fix.taken_by_itself is Taken.PATCH and is_patch_of(version, recalled)


def is_patch_of(version: str, recalled: str) -> bool:
    """Whether it is newer and shares every number but the last: 2.1.1 of 2.1.0, 4.2.1.1 of 4.2.1. One number alone says nothing."""
    new, old = (re.findall(r"\d+", v) for v in (version, recalled))
    return len(old) > 1 and new[: len(old) - 1] == old[:-1] and is_older(recalled, version)
