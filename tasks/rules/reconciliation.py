"""The product's one number: exposed = fixed + blocked + uninstalled + dormant + unreached, for a cell and for all cells together.

Unknown is never fixed: what a source cannot tell is unreached. Contradictory parts (more than were exposed) are cut, the claims of
safety first: dormant is kept before uninstalled, uninstalled before blocked, blocked before fixed, so that an error never makes a
recall look better than it is. Effectiveness-check levels are those of the FDA (21 CFR 7.42(b)(3)).

Add here when the base is counted otherwise; rather in `effectiveness.py` when it is whether the count is good enough.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import StrEnum

from configs.terms import InstalledBase, Reconciliation

KEPT_FIRST = ("dormant", "uninstalled", "blocked", "fixed")
"""In this order parts are granted while installs remain; what is cut becomes unreached or vanishes, never negative."""


def reconcile(cell: InstalledBase) -> Reconciliation:
    """One cell's installs by what became of them. Warnings name the cell and what was contradictory or unknown."""
    left, granted, warnings = max(0, cell.exposed), dict.fromkeys(KEPT_FIRST, 0), []
    where = f"{cell.version} {cell.country or 'any country'} {cell.os_version or 'any OS'}"
    if cell.exposed < 0:
        warnings.append(f"{where}: exposed {cell.exposed} is negative, counted as 0")
    for part in KEPT_FIRST:
        claimed = _claimed(cell, part)
        granted[part] = min(max(0, claimed or 0), left)
        left -= granted[part]
        warnings.extend(_warning(where, part, claimed, granted[part]))
    return Reconciliation(exposed=max(0, cell.exposed), **granted, unreached=left, warnings=tuple(warnings))


def _claimed(cell: InstalledBase, part: str) -> int | None:
    parts = {"fixed": cell.fixed, "blocked": cell.blocked, "uninstalled": cell.uninstalled, "dormant": cell.dormant}
    return parts[part]


def _warning(where: str, part: str, claimed: int | None, granted: int) -> Iterable[str]:
    if claimed is None:
        yield f"{where}: {part} is unknown, counted as unreached"
    elif claimed < 0:
        yield f"{where}: {part} {claimed} is negative, counted as 0"
    elif claimed > granted:
        yield f"{where}: {part} {claimed} is more than the {granted} installs left, counted as {granted}"


def total(cells: Iterable[InstalledBase]) -> Reconciliation:
    """The sum over cells, each reconciled by itself; every warning once.

    A cell given more than once (by time, or by two sources) counts once, at its newest: its installs are the same installs.
    """
    done = [reconcile(cell) for cell in _newest(cells)]
    return Reconciliation(
        exposed=sum(r.exposed for r in done),
        fixed=sum(r.fixed for r in done),
        blocked=sum(r.blocked for r in done),
        uninstalled=sum(r.uninstalled for r in done),
        dormant=sum(r.dormant for r in done),
        unreached=sum(r.unreached for r in done),
        warnings=tuple(dict.fromkeys(warning for r in done for warning in r.warnings)),
    )


def _newest(cells: Iterable[InstalledBase]) -> Iterable[InstalledBase]:
    newest: dict[tuple[str, ...], InstalledBase] = {}
    for cell in cells:
        key = (cell.app, cell.platform, cell.version, cell.country, cell.os_version)
        if key not in newest or (cell.at, cell.source) >= (newest[key].at, newest[key].source):
            newest[key] = cell
    return newest.values()


def reach(done: Reconciliation) -> float | None:
    """Share of the exposed that is off the bad build: fixed, blocked or uninstalled. None when nobody is known to be exposed."""
    return (done.fixed + done.blocked + done.uninstalled) / done.exposed if done.exposed else None


def accounted(done: Reconciliation) -> float | None:
    """Share of the exposed whose fate is known, dormant installs included. None when nobody is known to be exposed."""
    return (done.exposed - done.unreached) / done.exposed if done.exposed else None


# --- effectiveness checks -----------------------------------------------------------------------------------------------


class CheckLevel(StrEnum):
    """How many of those who were told are asked whether they received, understood and followed the notice."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"


def checks_needed(level: CheckLevel, told: int) -> int:
    """The least number to verify: A everyone, B more than a tenth, C a tenth, D a fiftieth (rounded up), E nobody."""
    needed = {
        CheckLevel.A: told,
        CheckLevel.B: min(told, told // 10 + 1) if told else 0,
        CheckLevel.C: math.ceil(told / 10),
        CheckLevel.D: math.ceil(told / 50),
        CheckLevel.E: 0,
    }
    return needed[level]


def open_checks(level: CheckLevel, told: int, verified: int) -> int:
    """Checks still open. Verified, not merely contacted: who is silent is open."""
    return max(0, checks_needed(level, told) - verified)
