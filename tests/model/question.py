"""What happens to any open question: people answer it, take their answer back, or take the question back. Every way to try is tried.

Add here when people can do something else with every kind of question; rather in `parts.py` when with one kind only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeVar

from configs.errors import BadInput, Refused
from configs.policy import Signoff
from configs.terms import Signature, Verdict
from tasks.rules.signoff import Asked, OutcomeState
from tests.model.judge import Answer, is_covered
from tests.model.people import MACHINE, NO_ROLE, STRANGER, Company
from tests.model.rules import Rules

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SIGNED = OPENED + timedelta(hours=1)
WHY = "Seen in the charts; stop it."
OLD_TEXT = "0" * 64

Answers = tuple[Answer, ...]
T = TypeVar("T")


class Move(NamedTuple):
    """One transaction: what it is called, what it leads to, and what the judge has against it ("" for nothing)."""

    label: str
    to: object
    against: str = ""


@dataclass
class Table:
    """Where a model is played: the rules, the people, and a count of what was refused."""

    rules: Rules
    company: Company
    refused: set[str] = field(default_factory=set)
    kept: dict[object, list[tuple[str, Answers, OutcomeState, str]]] = field(default_factory=dict)

    def signoff(self, at: int) -> Signoff:
        return self.company.sections[at]

    def tried(self, label: str, attempt: Callable[[], T]) -> T | None:
        """What the rules say; None when they refuse."""
        try:
            return attempt()
        except (Refused, BadInput):
            self.refused.add(label)
            return None

    # --- who is like whom ---------------------------------------------------------------------------------------------------

    def settled(self, at: int, answers: Answers, authors: tuple[str, ...]) -> tuple[Answers, tuple[str, ...]]:
        """The same answers and authors by those of the people alike who come first: one state stands for all that differ in names only."""
        by_person = {person: (role, approves) for person, role, approves in answers}
        names: dict[str, str] = {}
        for alike in self._alike(at):
            ranked = sorted(alike, key=lambda p: (p not in by_person, by_person.get(p, ("", False)), p not in authors))
            names |= dict(zip(ranked, alike, strict=True))
        return tuple(sorted((names[p], r, v) for p, r, v in answers)), tuple(sorted(names[p] for p in authors))

    def those_who_differ(self, at: int, answers: Answers, authors: tuple[str, ...]) -> list[str]:
        """One person of all who are alike and have done the same so far."""
        by_person = {person: (role, approves) for person, role, approves in answers}
        found: dict[object, str] = {}
        for alike in self._alike(at):
            for person in alike:
                found.setdefault((alike[0], by_person.get(person), person in authors), person)
        return list(found.values())

    def _alike(self, at: int) -> list[list[str]]:
        groups: dict[object, list[str]] = {}
        for person in sorted(self.company.everyone):
            groups.setdefault(self.company.like(at, person), []).append(person)
        return list(groups.values())

    # --- moves that every question knows ------------------------------------------------------------------------------------

    def answers(
        self, at: int, question: Asked, given: Answers, authors: tuple[str, ...], now: datetime, is_open: bool
    ) -> Iterator[tuple[str, Answers, OutcomeState, str]]:
        """Every answer that is let through: how it is called, all answers then, what they amount to, and what the judge says."""
        key = (at, question.digest, given, authors, now, is_open)
        if key not in self.kept:
            self.kept[key] = list(self._answers(at, question, given, authors, now, is_open))
        yield from self.kept[key]

    def _answers(
        self, at: int, question: Asked, given: Answers, authors: tuple[str, ...], now: datetime, is_open: bool
    ) -> Iterator[tuple[str, Answers, OutcomeState, str]]:
        before = _signatures(question, given)
        for person in self.those_who_differ(at, given, authors):
            for role in (*self.signoff(at).roles, NO_ROLE):
                for verdict in Verdict:
                    for digest in (question.digest, OLD_TEXT):
                        label = (
                            f"{person} signs {_name(question)} as {role}: {verdict}{'' if digest == question.digest else ', an old text'}"
                        )
                        signature = Signature(question.id, digest, person, role, verdict, WHY, now)
                        if self.tried(label, lambda s=signature: self._taken(question, before, s, at, now, is_open)) is None:
                            continue
                        after = tuple(sorted((*given, (person, role, verdict is Verdict.APPROVE))))
                        state = self.rules.outcome(question, [*before, signature], self.signoff(at), now).state
                        yield label, after, state, self._against(at, question, after, authors, now, is_open, digest, state)

    def _taken(self, question: Asked, before: list[Signature], signature: Signature, at: int, now: datetime, is_open: bool) -> bool:
        self.rules.check_signature(question, before, signature, self.signoff(at), now, is_open=is_open)
        return True

    def _against(
        self,
        at: int,
        question: Asked,
        after: Answers,
        authors: tuple[str, ...],
        now: datetime,
        is_open: bool,
        digest: str,
        state: OutcomeState,
    ) -> str:
        late = question.expires_at is not None and now >= question.expires_at
        if not is_open or late or digest != question.digest:
            return "a signature was taken on a text that is not open"
        people = [person for person, _, _ in after]
        known = self.signoff(at).people
        held = all(person in known and person != MACHINE and role in known[person].roles for person, role, _ in after)
        if len(set(people)) < len(people) or not held:
            return "a signature was taken of somebody who has signed, or may not"
        if state is OutcomeState.APPROVED and not is_covered(self.signoff(at), after, authors):
            return "approved without the required signatures"
        return ""

    def taken_back(
        self, at: int, question: Asked, given: Answers, authors: tuple[str, ...], now: datetime, is_open: bool
    ) -> Iterator[tuple[str, Answers]]:
        """Every signature that its signer may take back, and the answers without it."""
        before = _signatures(question, given)
        for person in self.those_who_differ(at, given, authors):
            label = f"{person} takes their signature on {_name(question)} back"

            def attempt(person: str = person) -> bool:
                self.rules.check_unsigning(question, before, person, WHY, self.signoff(at), now, is_open=is_open)
                return True

            if self.tried(label, attempt):
                yield label, tuple(answer for answer in given if answer[0] != person)

    def withdrawals(self, at: int, question: Asked, given: Answers, authors: tuple[str, ...], *, waits: bool) -> Iterator[tuple[str, str]]:
        """Everyone who may take the question back, and what the judge says."""
        for person in self.those_who_differ(at, given, authors):
            label = f"{person} withdraws {_name(question)}"

            def attempt(person: str = person) -> bool:
                self.rules.check_withdrawal(question, person, WHY, self.signoff(at), waits=waits)
                return True

            if self.tried(label, attempt):
                wrong = person in (STRANGER, MACHINE) and person not in authors
                yield label, "withdrawn by nobody of ours" if wrong else ("" if waits else "withdrawn after it was decided")


def _signatures(question: Asked, given: Answers) -> list[Signature]:
    return [
        Signature(question.id, question.digest, person, role, Verdict.APPROVE if approves else Verdict.REJECT, WHY, SIGNED)
        for person, role, approves in given
    ]


def _name(question: Asked) -> str:
    return {"P": "the proposal", "b": "the release", "r": "the change of signers"}[question.id[0]]
