"""Ten real kills while a recall is carried out and reviewed: it goes on by itself within a minute, and ends as if nothing had happened.

Add here when `recall up` can be killed at another moment; rather in `test_crash_sweep.py` when a step can be interrupted elsewhere.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from configs.effects import EffectKind, EffectState
from configs.terms import RecallState
from flows.monitor import monitor
from integrations.rehearsal.pen import Fault, Mode
from integrations.rehearsal.world import FILE_NAME, World
from tasks.run import ticked
from tests.flows.driver import ending, is_over, people_sign, slot_time
from tests.flows.upkeep import Upkeep, is_alive, kill
from tests.tasks.homes import APP, BAD, FIX, Play, make_home, reopened

pytestmark = [
    pytest.mark.server,
    pytest.mark.slow,
    pytest.mark.alone,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finding the processes to kill needs /proc"),
]

GOES_ON_SECONDS = 60
READY_SECONDS = 120
"""A first start also migrates the server's database where no seed is."""

POLICY: Mapping[str, Mapping[str, object]] = {
    "reviewing": {"target_reach": 0.7, "effective_ratio": 5.0, "min_hours": 20},
    "notices": {"chunk_size": 6, "follow_up_after_days": (0.4,)},
}
"""Many chunks, so that sending can be interrupted again and again; two nights until it is proven; leases as everybody has them."""

SETTLED = (EffectState.DONE, EffectState.FAILED, EffectState.CANCELLED)
ADVANCE, REVIEW = "recall-decision/advance", "review/review"


@dataclass
class Story:
    """A recall carried out by `recall up`, in virtual time that passes as real time does, and the kills it has survived."""

    play: Play
    up: Upkeep
    taken: list[tuple[str, float]] = field(default_factory=list)

    def until(self, what: Callable[[], object], seconds: float, *, time_passes: bool = True, pause: float = 0.1) -> float:
        """Seconds until it was so; fails when it was not in time."""
        start, before = time.monotonic(), time.monotonic()
        while not what():
            now = time.monotonic()
            assert now - start < seconds, f"not within {seconds} s; so far {self.taken}; {self.standing()}\n{self.up.log()}"
            if time_passes and now - before >= 1:
                self.play.wait(seconds=now - before)
                before = now
            threading.Event().wait(pause)
        return time.monotonic() - start

    @contextmanager
    def neighbours_hang(self) -> Iterator[None]:
        """Store and channels take nothing meanwhile: who calls them stays in the call."""
        world = World.open(self.play.home / FILE_NAME)
        try:
            with world.writing():
                yield
        finally:
            world.close()

    # --- what is seen of the recall ---------------------------------------------------------------------------------------------

    def count(self, kind: EffectKind, *states: EffectState) -> int:
        return sum(e.state in states for e in self.play.effects(kind))

    def said(self, kind: str) -> int:
        return len(self.play.entries(kind))

    def standing(self) -> dict[str, int]:
        """How far the recall is: its effects by kind and state, and its own journal entries."""
        effects = Counter(f"{e.kind.value} {e.state.value}" for e in self.play.effects())
        about = self.play.recall().id
        return dict(effects) | dict(Counter(e.kind for e in self.play.entries() if about in e.subject))

    def progress(self) -> int:
        """Grows with every effect settled and every journal entry about the recall."""
        return sum(n for what, n in self.standing().items() if not what.endswith((" queued", " claimed", " unknown")))

    # --- what is done to it -----------------------------------------------------------------------------------------------------

    def begin(self, deployment: str) -> None:
        """Requests a run, as the schedule will or a person in the UI does, and waits until one is at work."""
        self.up.ask(deployment)
        self.until(lambda: self.up.flow_of(deployment.rpartition("/")[2]), GOES_ON_SECONDS, pause=0.5)

    def kill_flows(self) -> None:
        kill(self.up.flows())

    def kill_worker(self) -> None:
        """The worker alone; the runs it had started are orphans, and end in their own time."""
        kill([self.up.worker()])

    def kill_worker_and_flows(self) -> None:
        """As when the machine has no memory left."""
        kill([self.up.worker(), *self.up.flows()])

    def kill_server(self) -> None:
        kill([self.up.server()])

    def kill_all(self) -> None:
        kill(self.up.everything())
        assert self.up.process
        self.up.process.wait()
        self.up.start()

    def goes_on(self, after: str) -> None:
        """By itself, in time."""
        before = self.progress()
        seconds = self.until(lambda: self.progress() > before, GOES_ON_SECONDS)
        self.taken.append((after, round(seconds, 1)))
        print(*self.taken[-1], "s", flush=True)

    def interrupted(self, how: Callable[[], None], kind: EffectKind, after: str) -> None:
        """Kills between an effect's claim and its receipt, when the call is under way and nobody knows whether it happened."""
        with self.neighbours_hang():
            self.until(lambda: self.count(kind, EffectState.CLAIMED), GOES_ON_SECONDS, time_passes=False, pause=0.02)
            how()
        self.goes_on(after)


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """A recall that waits for signatures, and `recall up` on its home."""
    home = make_home(tmp_path / "home", policy=POLICY)
    play = Play(reopened(home))
    play.world.advance(slot_time(0))
    ticked(monitor, app=APP)
    assert play.recall().state is RecallState.PROPOSED
    made = Story(play, Upkeep.on(home))
    made.up.start()
    made.until(made.up.is_ready, READY_SECONDS)
    yield made
    kill(made.up.everything())


def test_a_recall_goes_on_after_every_kill_and_ends_as_if_nothing_had_happened(story: Story) -> None:
    carry_out(story)
    review(story)
    assert len(story.taken) == 10, story.taken
    leave_cleanly(story)
    check_ending(story)


def carry_out(story: Story) -> None:
    """Kills before and while halting, before and while sending, while publishing."""
    people_sign(story.play)
    story.begin(ADVANCE)
    with story.neighbours_hang():
        story.kill_flows()
        story.taken.append(("flow, before halting", round(story.until(lambda: halting(story), GOES_ON_SECONDS, time_passes=False), 1)))
        story.kill_worker_and_flows()
        assert halting(story)
    story.goes_on("worker with its run, while halting")
    story.until(lambda: story.said("notices.frozen"), GOES_ON_SECONDS, pause=0.02)
    story.kill_server()
    story.goes_on("server, before sending")
    story.interrupted(story.kill_flows, EffectKind.SEND_NOTICES, "flow, while sending")
    story.interrupted(story.kill_all, EffectKind.SEND_NOTICES, "everything, while sending")
    story.interrupted(story.kill_worker, EffectKind.SEND_NOTICES, "worker, while sending")
    stop_and_start(story)
    story.until(lambda: not story.count(EffectKind.SEND_NOTICES, EffectState.QUEUED, EffectState.CLAIMED), GOES_ON_SECONDS)
    publish(story)


def publish(story: Story) -> None:
    """The store refuses the first try, so that the second can be waited for and interrupted."""
    story.play.world.plan(Fault("store", Mode.FAIL_BEFORE, "publish"))
    story.play.wait(hours=6)
    story.up.ask(ADVANCE)
    story.until(lambda: story.count(EffectKind.PUBLISH_FIX, EffectState.QUEUED), GOES_ON_SECONDS, time_passes=False)
    story.until(lambda: not story.up.flows(), GOES_ON_SECONDS, time_passes=False)
    story.play.wait(minutes=1)
    story.up.ask(ADVANCE)
    story.interrupted(story.kill_flows, EffectKind.PUBLISH_FIX, "flow, while publishing")


def halting(story: Story) -> int:
    return story.count(EffectKind.HALT_ROLLOUT, EffectState.CLAIMED)


def review(story: Story) -> None:
    """Kills before the follow-up, and in both nights."""
    story.until(lambda: story.said("recall.reviewing"), GOES_ON_SECONDS)
    story.play.wait(hours=6)
    story.kill_server()
    story.goes_on("server, before the follow-up")
    story.until(story.up.is_ready, GOES_ON_SECONDS)
    for night, how in ((3, story.kill_flows), (4, story.kill_worker)):
        story.play.world.advance(slot_time(0).replace(day=night, hour=2, minute=15))
        story.begin(REVIEW)
        how()
        story.goes_on(f"{how.__name__}, night {night}")
        story.until(lambda wanted=night - 2: story.said("recall.reviewed") >= wanted, GOES_ON_SECONDS)  # type: ignore[misc]
    story.until(lambda: is_over(story.play.tools), 2 * GOES_ON_SECONDS)


def stop_and_start(story: Story) -> None:
    """TERM while a run is at work: all ends, nothing is held, the schedules stay on."""
    story.until(lambda: story.up.flow_of("advance"), GOES_ON_SECONDS)
    leave_cleanly(story)
    assert not story.count(EffectKind.SEND_NOTICES, EffectState.CLAIMED)
    story.up.start()
    story.until(story.up.is_ready, READY_SECONDS)
    schedules, pools = story.up.planned()
    assert schedules == {"monitor": [True], "advance": [True], "review": [True], "attest": [True]}
    assert pools == [False]


def leave_cleanly(story: Story) -> None:
    everything = story.up.everything()
    assert story.up.stop(60) == 0, story.up.log()
    story.until(lambda: not any(is_alive(pid) for pid in everything), 10)


def check_ending(story: Story) -> None:
    """Nothing lost, nothing done twice."""
    end = ending(story.play.home)
    assert end.moves["halted", BAD] == end.moves["published", FIX] == 1
    assert set(end.effects.values()) == {"done"}
    assert set(end.deliveries.values()) == {"accepted", "bounced"}
    assert set(end.deliveries) < set(end.told)
    assert set(end.once.values()) == {1}
    assert {states for ids in end.ids for states in ids} >= {RecallState.CLOSED.value}
    done = Counter(str(e.facts["effect"]) for e in story.play.entries("effect.done"))
    assert {name.split()[-1] for name in end.effects} <= set(done), "news of the issue itself is no effect of the recall"
    assert set(done.values()) == {1}
