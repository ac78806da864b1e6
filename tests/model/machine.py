"""The parts' moves by number: every value a part can come to in a section, and for each what may follow.

Add here when parts touch each other in another place; rather in `parts.py` when one of them has another move.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.model.parts import AGREED, Brake, Case, Roles, brake_moves, case_moves, others_sign, roles_moves, settled_case
from tests.model.question import Move, Table

CASE, BRAKE, ROLES = range(3)
SECTIONS = (0, 1)
Value = Case | Brake | Roles
State = tuple[int, int, int, int]
"""Numbers of recall, brake and question, and which section is in force."""

Step = tuple[int, str, str]
"""Number of the value that follows, the move's name, and the judge's objection."""

AGREES = -1
"""What follows an agreement: the other section is in force."""


@dataclass
class Machine:
    """Numbers of all values, by part and section, and the moves from each."""

    table: Table
    values: dict[tuple[int, int], list[Value]] = field(default_factory=lambda: {(p, at): [] for p in range(3) for at in SECTIONS})
    numbers: dict[tuple[int, int, Value], int] = field(default_factory=dict)
    moves: dict[tuple[int, int, int, bool], list[Step]] = field(default_factory=dict)
    voided: dict[tuple[int, int, int], int] = field(default_factory=dict)

    first = (0, 0, 0, 0)

    @classmethod
    def closed(cls, table: Table) -> Machine:
        """With every value that a part can come to, whatever the other two do."""
        machine = cls(table)
        machine.number(CASE, 0, settled_case(table, Case(), 0))
        machine.number(BRAKE, 0, Brake())
        for at in SECTIONS:
            machine.number(ROLES, at, Roles())
        asked = dict.fromkeys(machine.values, 0)
        while open_ones := [key for key, values in machine.values.items() if asked[key] < len(values)]:
            for part, at in open_ones:
                machine._ask(part, at, asked[part, at])
                asked[part, at] += 1
        return machine

    def number(self, part: int, at: int, value: object) -> int:
        """The number of a value in a section, a new one where it was not met before."""
        assert isinstance(value, Value)
        if (part, at, value) not in self.numbers:
            self.numbers[part, at, value] = len(self.values[part, at])
            self.values[part, at].append(value)
        return self.numbers[part, at, value]

    def _ask(self, part: int, at: int, one: int) -> None:
        """Asks the rules for the moves from a value, braked and not, and what an agreement makes of it."""
        value = self.values[part, at][one]
        for braked in (False, True) if part == CASE else (False,):
            found = {self._step(part, at, one, move): None for move in self._moves(value, at, braked)}
            self.moves[part, at, one, braked] = list(found)
        if isinstance(value, Case):
            self.voided[part, at, one] = self.number(part, 1 - at, others_sign(self.table, value, Brake(), 1 - at)[0])
        if isinstance(value, Brake):
            self.voided[part, at, one] = self.number(part, 1 - at, others_sign(self.table, Case(), value, 1 - at)[1])

    def _step(self, part: int, at: int, one: int, move: Move) -> Step:
        """What the judge objects to leads nowhere: it is wrong enough."""
        if move.against:
            return one, move.label, move.against
        return AGREES if move.to == AGREED else self.number(part, at, move.to), move.label, move.against

    def _moves(self, value: Value, at: int, braked: bool) -> Iterator[Move]:
        if isinstance(value, Case):
            return case_moves(self.table, value, at, braked)
        return brake_moves(self.table, value, at) if isinstance(value, Brake) else roles_moves(self.table, value, at)

    # --- what the search asks -----------------------------------------------------------------------------------------------

    def sizes(self, at: int) -> tuple[int, int, int]:
        """How many values recall, brake and question can have in a section."""
        return len(self.values[CASE, at]), len(self.values[BRAKE, at]), len(self.values[ROLES, at])

    def of(self, part: int, at: int, one: int, braked: bool = False) -> list[Step]:
        return self.moves[part, at, one, braked and part == CASE]

    def is_braked(self, at: int, brake: int) -> bool:
        value = self.values[BRAKE, at][brake]
        return isinstance(value, Brake) and value.engaged

    def agrees(self, at: int, roles: int) -> bool:
        return any(to == AGREES for to, _, _ in self.of(ROLES, at, roles))

    def steps(self, state: State) -> Iterator[tuple[State, str]]:
        """Every state that follows, with the move's name."""
        case, brake, roles, at = state
        yield from (((to, brake, roles, at), label) for to, label, _ in self.of(CASE, at, case, self.is_braked(at, brake)))
        yield from (((case, to, roles, at), label) for to, label, _ in self.of(BRAKE, at, brake))
        agreed = (self.voided[CASE, at, case], self.voided[BRAKE, at, brake], 0, 1 - at)
        yield from ((agreed if to == AGREES else (case, brake, to, at), label) for to, label, _ in self.of(ROLES, at, roles))

    def objections(self) -> Iterator[tuple[int, int, int, bool, str]]:
        """(part, section, value, brake, what is wrong) of every move the judge objects to, and every value without a way to stop."""
        for (part, at, one, braked), moves in self.moves.items():
            yield from ((part, at, one, braked, f"{label}  <- {against}") for _, label, against in moves if against)
            if part == BRAKE and not any(self.is_braked(at, to) and "engages" in label for to, label, _ in moves):
                yield part, at, one, braked, "nobody can stop everything in one action"
