"""The demo's story: what happens when, told from the journal as it happens.

Add here when the story has another chapter; rather in `flows` when the product does something else.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from prefect import tags
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from configs.errors import RecallError
from configs.terms import Recall, RecallState
from flows.attest import attest
from flows.commands.demo_home import APP, START
from flows.monitor import monitor
from flows.recall import recall
from flows.review import review
from flows.sign_off import sign_off
from integrations.ledger.cases import recalls_in
from integrations.ledger.journal import entries_after
from integrations.ledger.signing import open_proposals
from integrations.rehearsal.world import FILE_NAME, World, world_at
from integrations.toolbox import Toolbox
from tasks.timeline import in_words

STEP = timedelta(hours=6)
QUIET = timedelta(days=1)
"""Virtual time in which too few users have the release for anyone to notice."""

LAST_DAY = 14
"""Virtual days after which the demo gives up: by then something is wrong."""

CODE = re.compile(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b")
REASONS = {"product": "Users cannot work; stop it.", "tech": "Crash confirmed in the new build.", "legal": "Duty to inform; agreed."}
CHAPTERS = ("rolling out", "deciding", "carrying out", "reviewing", "closed")


@dataclass
class Story:
    """One demo going on. `now` is virtual."""

    tools: Toolbox
    world: World
    screen: Console
    interactive: bool
    settle: Callable[[], None] = lambda: None
    """Called before anyone can be asked to sign: the forms must be there for the memo to link to them."""
    told: int = 0
    progress: Progress = field(init=False)

    def __post_init__(self) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[now]}"), TimeElapsedColumn())
        self.progress = Progress(*columns, console=self.screen, transient=True)
        self.bar = self.progress.add_task(CHAPTERS[0], total=len(CHAPTERS) - 1, now="")

    @classmethod
    def open(cls, tools: Toolbox, screen: Console, settle: Callable[[], None], *, interactive: bool) -> Story:
        """A story about the toolbox's rehearsal world."""
        return cls(tools, world_at(tools.settings.home_folder / FILE_NAME), screen, interactive, settle)

    def forward(self, to: datetime) -> None:
        """Lets virtual time pass."""
        self.world.advance(to)
        self.progress.update(self.bar, now=f"day {(to - START).days + 1} {to:%H:%M}")

    def chapter(self, number: int) -> None:
        """Moves the bar on."""
        self.progress.update(self.bar, completed=number, description=CHAPTERS[number])

    def tell(self) -> None:
        """Prints what the journal has since the last time."""
        with self.tools.book.read() as txn:
            entries = entries_after(txn, self.told)
        for entry in entries:
            self.told = entry.seq
            if said := in_words(entry):
                self.progress.console.print(f"  day {(entry.at - START).days + 1:>2} {entry.at:%H:%M}  {said}", markup=False)

    def recall(self) -> Recall | None:
        """The recall this story is about, once there is one."""
        with self.tools.book.read() as txn:
            return next(iter(recalls_in(txn)), None)

    @contextmanager
    def going(self) -> Iterator[None]:
        """Shows the bar meanwhile."""
        with self.progress:
            yield


def play(story: Story) -> Recall | None:
    """Plays it to the end; returns the recall as it stands then. Heartbeats are off: each would hold its run for a second at the end."""
    with story.going(), tags("app-recall", APP), temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        _watch(story)
        _decide(story)
        _carry_out(story)
        _review(story)
        attest()
        story.tell()
    return story.recall()


def _watch(story: Story) -> None:
    while story.recall() is None and _may_go_on(story):
        story.forward(story.world.now() + STEP)
        if story.world.now() >= START + QUIET:
            story.settle()
        monitor(app=APP)
        story.tell()


def _decide(story: Story) -> None:
    story.chapter(1)
    with story.tools.book.read() as txn:
        proposal = next(iter(open_proposals(txn)), None)
    if proposal is None:
        return
    if story.interactive:
        _wait_for_people(story, proposal.id)
        return
    for person, known in story.tools.policy.signoff.people.items():
        for role in known.roles:
            code = _code(story, known.addresses["email"], role)
            sign_off(proposal=proposal.id, person=person, role=role, verdict="approve", reason=REASONS.get(role, "Agreed."), code=code)
            story.tell()


def _code(story: Story, address: str, role: str) -> str:
    """The code as the person would read it in their own mail."""
    for message in reversed(story.world.messages_to(address)):
        found = CODE.search(message.text)
        if found and role in f"{message.subject} {message.text}":
            return found[0]
    raise RecallError(f"nobody asked {address} to sign as {role}; see `recall status`")


def _wait_for_people(story: Story, proposal_id: str) -> None:
    """Prints each person's message and waits until the form in the UI was used; the only waiting there is, and it is the demo's."""
    for name, known in story.tools.policy.signoff.people.items():
        for message in story.world.messages_to(known.addresses["email"]):
            story.progress.console.print(f"\nmail to {name}: {message.subject}\n{message.text}", markup=False)
    shell = f"RECALL_CONFIG={story.tools.settings.home_folder / 'recall.yaml'} recall sign {proposal_id} ..."
    story.progress.console.print(f"\nSign in the UI with these codes, or with `{shell}`; the story goes on by itself.\n", markup=False)
    while (recall_now := story.recall()) is not None and recall_now.state is RecallState.PROPOSED:
        time.sleep(1)
        story.tell()


def _carry_out(story: Story) -> None:
    story.chapter(2)
    while _state(story) is RecallState.APPROVED and _may_go_on(story):
        story.forward(story.world.now() + STEP)
        recall(app=APP)
        story.tell()


def _review(story: Story) -> None:
    story.chapter(3)
    while _state(story) is RecallState.REVIEWING and _may_go_on(story):
        night = (story.world.now() + timedelta(days=1)).replace(hour=2)
        story.forward(night)
        recall(app=APP)
        review(app=APP)
        story.tell()
    story.chapter(4)


def _state(story: Story) -> RecallState | None:
    found = story.recall()
    return found.state if found else None


def _may_go_on(story: Story) -> bool:
    return story.world.now() < START + timedelta(days=LAST_DAY)
