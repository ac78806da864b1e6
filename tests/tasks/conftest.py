"""Rehearsals that stand at some point of a recall, for tests of steps: each test gets a copy of its own.

Add here when several files need a recall at another point; rather in `homes.py` when it is a plain value or function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path

import pytest
import stamina

from configs.effects import EffectKind
from integrations.toolbox import Toolbox
from tasks.act import perform_due
from tasks.decide import propose_due
from tasks.poll import poll_app
from tasks.score import score_app
from tasks.step import ATTEMPTS
from tests.integrations.ledger.conftest import empty_postgres_url, postgres_server, postgres_url  # noqa: F401  # fixtures
from tests.tasks.homes import APP, EVERYONE, START, Play, copy_home, make_home, reopened

_numbers = count(1)


@pytest.fixture(autouse=True)
def own_surroundings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The environment is put back, and nothing waits between two tries."""
    monkeypatch.setenv("RECALL_CONFIG", "")
    monkeypatch.delenv("RECALL_LEDGER", raising=False)
    with stamina.set_testing(True, attempts=ATTEMPTS):
        yield


@pytest.fixture(scope="session")
def fresh_home(quick_folder: Path) -> Path:
    """Nothing has happened yet; the first hours are over."""
    return make_home(quick_folder / "steps-fresh")


@pytest.fixture(scope="session")
def proposed_home(quick_folder: Path, fresh_home: Path) -> Path:
    """A recall is proposed and everyone was asked."""
    home = copy_home(fresh_home, quick_folder / "steps-proposed")
    play = Play(reopened(home))
    play.wait(hours=6, minutes=5)
    bring_to_proposal(play.tools)
    play.tools.book.close()
    return home


@pytest.fixture(scope="session")
def approved_home(quick_folder: Path, proposed_home: Path) -> Path:
    """Everyone has signed; what follows is queued and nothing of it done."""
    home = copy_home(proposed_home, quick_folder / "steps-approved")
    play = Play(reopened(home))
    question = play.question()
    for person, role in EVERYONE:
        play.sign(person, role, question=question)
    play.tools.book.close()
    return home


def bring_to_proposal(tools: Toolbox) -> None:
    """Polls, judges, proposes, asks."""
    now = tools.clock.now()
    poll_app(tools, APP, now)
    score_app(tools, app=APP, until=now)
    propose_due(tools, APP)
    perform_due(tools, EffectKind.ASK_SIGNATURE, EffectKind.TELL_OPERATORS)


@pytest.fixture
def played(quick_folder: Path) -> Iterator[Callable[[Path], Play]]:
    """Opens copies of homes; every one is closed after the test."""
    opened: list[Play] = []

    def play(home: Path) -> Play:
        opened.append(Play(reopened(copy_home(home, quick_folder / f"played-{next(_numbers)}"))))
        return opened[-1]

    yield play
    for one in opened:
        one.tools.book.close()


@pytest.fixture
def fresh(played: Callable[[Path], Play], fresh_home: Path) -> Play:
    """Nothing was read yet; six hours are over."""
    play = played(fresh_home)
    play.wait(hours=6, minutes=5)
    return play


@pytest.fixture
def proposed(played: Callable[[Path], Play], proposed_home: Path) -> Play:
    """Everyone was asked, nobody has signed."""
    return played(proposed_home)


@pytest.fixture
def approved(played: Callable[[Path], Play], approved_home: Path) -> Play:
    """Everyone has signed; nothing is carried out."""
    return played(approved_home)


@pytest.fixture
def anew(quick_folder: Path) -> Iterator[Callable[..., Play]]:
    """Makes a home with a policy or settings of its own; closed after the test."""
    opened: list[Play] = []

    def make(policy: Mapping[str, Mapping[str, object]] | None = None, **given: object) -> Play:
        home = quick_folder / f"anew-{next(_numbers)}"
        options = given if policy is None else {**given, "policy": policy}
        opened.append(Play(reopened(make_home(home, **options))))  # type: ignore[arg-type]  # settings by name
        opened[-1].world.advance(START)
        return opened[-1]

    yield make
    for one in opened:
        one.tools.book.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def asked(request: pytest.FixtureRequest, anew: Callable[..., Play]) -> Play:
    """A proposal that waits for its signatures, on each database."""
    if request.param == "sqlite":
        return request.getfixturevalue("proposed")  # type: ignore[no-any-return]
    play = anew(ledger=str(request.getfixturevalue("postgres_url")))
    play.wait(hours=6, minutes=5)
    bring_to_proposal(play.tools)
    return play
