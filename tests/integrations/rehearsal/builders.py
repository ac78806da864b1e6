"""Small worlds for tests. Add here when two test files need it; rather in the test file when one does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from configs.effects import Message
from configs.settings import Adapter, App
from configs.terms import Platform
from integrations.contracts import Surroundings
from integrations.rehearsal.scenario import Scenario
from integrations.rehearsal.world import FILE_NAME, RehearsalClock, World

START = datetime(2026, 3, 2, tzinfo=UTC)
APP = "com.example.app"
SMALL = Scenario(app=APP, seed=11, start=START, users=3000, steps=((0, 0.1), (24, 0.2), (48, 0.5), (72, 1.0)))


def a_world(home: Path, **changes: object) -> World:
    """A world of 3 000 users in that home, with these parameters changed."""
    return World.create(home / FILE_NAME, Scenario.model_validate(SMALL.model_dump() | changes))


def hours(number: float) -> datetime:
    """So many hours after the start."""
    return START + timedelta(hours=number)


def around(home: Path, app: str = APP, platform: Platform = Platform.ANDROID) -> Surroundings:
    """The surroundings of an adapter of that app in that home."""
    simulator = Adapter(kind="simulator")
    mine = App(id=app, title="App", platform=platform, store="shop", sources=(simulator,), contacts=Adapter(kind="simulated"))
    return Surroundings(folder=home, home=home, clock=RehearsalClock.at(home), env={}, app=mine)


def a_message(key: str = "k1", to: str = "someone@mail.example", text: str = "please update") -> Message:
    """One message."""
    return Message(key=key, to=to, subject="Product safety recall", text=text, html="<p>x</p>")
