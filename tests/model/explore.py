"""Breadth-first search over everything that recall, brake and signers can come to together, until nothing new is found.

The three parts touch each other in two places only: the brake holds effects and starts, and an agreement on other signers voids every
signature. So each part's moves are asked of the rules once for each of its values, and the search walks the product of the three: one
level at a time, the states of a level as a table of bits over (recall, brake, question), a part's moves as a sparse matrix. People who
are alike change places freely, in each part for itself, for no part looks at another's signatures.

Add here when the search must do something else; rather in `parts.py` when there is something else to search.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from tests.model.machine import AGREES, BRAKE, CASE, ROLES, SECTIONS, Machine, State
from tests.model.people import Company
from tests.model.question import Table
from tests.model.rules import Rules

Bits = NDArray[np.bool_]
Ways = list[NDArray[np.int16]]
UNSEEN = np.int16(-1)


@dataclass(frozen=True)
class Found:
    """What a search came to. `broken`: the nearest thing that must not be, with the way to it; "" when there is none."""

    company: str
    states: int
    transitions: int
    refused: int
    depth: int
    seconds: float
    parts: tuple[tuple[int, int, int], tuple[int, int, int]]
    moves: frozenset[str]
    broken: str = ""
    path: tuple[str, ...] = ()


def explore(company: Company, rules: Rules | None = None) -> Found:
    """Visits every state that can be reached."""
    began = time.monotonic()
    machine = Machine.closed(Table(rules or Rules(), company))
    steps = _Steps(machine)
    depths: Ways = [np.full(machine.sizes(at), UNSEEN) for at in SECTIONS]
    level = [np.zeros(machine.sizes(at), bool) for at in SECTIONS]
    case, brake, roles, at = machine.first
    level[at][case, brake, roles] = True
    depth = 0
    while any(bits.any() for bits in level):
        for found, bits in zip(depths, level, strict=True):
            found[bits] = depth
        level = [bits & (found == UNSEEN) for bits, found in zip(steps.after(level), depths, strict=True)]
        depth += 1
    state, against = _nearest(machine, depths)
    return Found(
        company=company.name,
        states=int(sum((found != UNSEEN).sum() for found in depths)),
        transitions=steps.count(depths),
        refused=len(machine.table.refused),
        depth=depth - 1,
        seconds=time.monotonic() - began,
        parts=(machine.sizes(0), machine.sizes(1)),
        moves=frozenset(label for moves in machine.moves.values() for _, label, _ in moves),
        broken=against,
        path=(*_path(machine, depths, state), against) if state else (),
    )


class _Steps:
    """Every part's moves as matrices: row from, column to."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.case = {(at, braked): self._matrix(CASE, at, braked) for at in SECTIONS for braked in (False, True)}
        self.brake = [self._matrix(BRAKE, at) for at in SECTIONS]
        self.roles = [self._matrix(ROLES, at) for at in SECTIONS]
        self.agreeing = [np.array([machine.agrees(at, one) for one in range(machine.sizes(at)[ROLES])], dtype=bool) for at in SECTIONS]
        self.braked = [np.array([machine.is_braked(at, one) for one in range(machine.sizes(at)[BRAKE])], dtype=bool) for at in SECTIONS]

    def _matrix(self, part: int, at: int, braked: bool = False) -> csr_matrix:
        size = self.machine.sizes(at)[part]
        pairs = [(one, to) for one in range(size) for to, _, _ in self.machine.of(part, at, one, braked) if to != AGREES]
        ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        return csr_matrix((np.ones(len(ends), np.float32), (ends[:, 0], ends[:, 1])), shape=(size, size))

    def after(self, level: list[Bits]) -> list[Bits]:
        """Everything one move away."""
        found = [np.zeros_like(bits) for bits in level]
        for at, bits in enumerate(level):
            if not bits.any():
                continue
            for braked in (False, True):
                chosen = self.braked[at] == braked
                found[at][:, chosen] |= _moved(self.case[at, braked], bits[:, chosen], CASE)
            found[at] |= _moved(self.brake[at], bits, BRAKE)
            found[at] |= _moved(self.roles[at], bits, ROLES)
            self._agree(bits, at, found[1 - at])
        return found

    def _agree(self, bits: Bits, at: int, other: Bits) -> None:
        for case, brake in zip(*np.nonzero(bits[:, :, self.agreeing[at]].any(axis=2)), strict=True):
            other[self.machine.voided[CASE, at, int(case)], self.machine.voided[BRAKE, at, int(brake)], 0] = True

    def count(self, depths: Ways) -> int:
        """Moves from all states that were found."""
        total = 0.0
        for at, found in enumerate(depths):
            seen = found != UNSEEN
            for braked in (False, True):
                total += float(_row_sums(self.case[at, braked]) @ seen[:, self.braked[at] == braked].sum(axis=(1, 2)))
            total += float(_row_sums(self.brake[at]) @ seen.sum(axis=(0, 2)))
            total += float((_row_sums(self.roles[at]) + self.agreeing[at]) @ seen.sum(axis=(0, 1)))
        return int(total)


def _row_sums(matrix: csr_matrix) -> NDArray[np.float64]:
    return np.asarray(matrix.sum(axis=1), dtype=np.float64).ravel()


def _moved(matrix: csr_matrix, bits: Bits, part: int) -> Bits:
    """Where the moves of one part lead, the other two staying as they are."""
    first = np.moveaxis(bits, part, 0)
    flat = first.reshape(first.shape[0], -1)
    busy = flat.any(axis=0)
    found = np.zeros_like(flat)
    found[:, busy] = matrix.T @ flat[:, busy].astype(np.float32) > 0
    return np.moveaxis(found.reshape(first.shape), 0, part)


# --- what is wrong, and the way to it -------------------------------------------------------------------------------------


def _nearest(machine: Machine, depths: Ways) -> tuple[State | None, str]:
    """The reached state, nearest to the first, from which something must not be done that can be, or cannot be that must."""
    never = np.iinfo(np.int16).max
    best: tuple[int, State, str] | None = None
    for part, at, value, braked, against in machine.objections():
        seen = np.where(depths[at] == UNSEEN, never, depths[at])
        if part == CASE:
            seen[:, [one for one in range(machine.sizes(at)[BRAKE]) if machine.is_braked(at, one) != braked]] = never
        line = np.take(seen, value, axis=part)
        if line.min() < never and (best is None or line.min() < best[0]):
            others = [int(n) for n in np.unravel_index(int(line.argmin()), line.shape)]
            others.insert(part, value)
            best = int(line.min()), (others[0], others[1], others[2], at), against
    return (None, "") if best is None else (best[1], best[2])


def _path(machine: Machine, depths: Ways, state: State) -> tuple[str, ...]:
    """The names of the moves on a shortest way to a state."""
    names: list[str] = []
    while depths[state[3]][state[:3]] > 0:
        state, label = next(_before(machine, depths, state))
        names.append(label)
    return tuple(reversed(names))


def _before(machine: Machine, depths: Ways, state: State) -> Iterator[tuple[State, str]]:
    """States one level nearer that lead here, with the move's name."""
    wanted = depths[state[3]][state[:3]] - 1
    for at in SECTIONS:
        for found in np.argwhere(depths[at] == wanted):
            earlier = (int(found[0]), int(found[1]), int(found[2]), at)
            yield from ((earlier, label) for to, label in machine.steps(earlier) if to == state)
