"""Real history instead of the present: the same sources, steps and rules, tick by tick in virtual time, with a ledger that is thrown away.

One tick a day and app, at midnight UTC, without a server: years of polls cannot each be a run. Every tick reads what had arrived by
then and judges it, so nothing is known before its day.

Add here when history is driven otherwise; rather in `tasks/poll.py` or `tasks/score.py` when a step changes, for these are the live ones.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from multiprocessing.queues import SimpleQueue
from pathlib import Path

from configs.errors import FileMalformed, LedgerFull
from configs.policies import load_policy
from configs.policy import Policy
from configs.settings import Adapter, App, Settings
from configs.terms import Issue, Platform, Signal
from integrations.contracts import Source, Surroundings
from integrations.ledger.book import Book
from integrations.ledger.cases import issues_in
from integrations.ledger.checkpoints import CheckpointKeeper
from integrations.ledger.migrations import migrate
from integrations.sources.columns import What
from integrations.sources.files import FilesSource, load_releases, load_signals
from integrations.toolbox import Toolbox
from integrations.truth_file import load_truth
from tasks.poll import poll_app
from tasks.rules.truth import Comparison, compare
from tasks.score import score_app

DAY = timedelta(days=1)

MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108
"""Where Linux keeps files in memory: the ledger is thrown away, so nothing is lost that a disk would keep. Else the temporary folder."""

ROOM_BYTES = 2 << 30
"""Free space a folder must have before the ledger is put there; some 30 KB a tick are written, of which the states are most."""

TELL_EVERY = 50
"""Ticks between two reports of progress."""

REPORT_SECONDS = 0.2
"""How often reports of other processes are looked for."""

Progress = Callable[[int, int], None]
"""Called with ticks done and ticks in all."""


@dataclass(frozen=True, slots=True)
class History:
    """What is to be replayed: files, and under which policy (a built-in name or a path)."""

    reviews: tuple[Path, ...]
    releases: tuple[Path, ...] = ()
    truth: Path | None = None
    policy: str = "default"


@dataclass(frozen=True, slots=True)
class Replayed:
    """`issues`: what would have been opened, oldest first. `comparison`: with what is known of these apps; None without a truth file."""

    issues: tuple[Issue, ...]
    apps: tuple[str, ...]
    reviews: int
    rejected: int
    ticks: int
    comparison: Comparison | None


@dataclass(slots=True)
class VirtualClock:
    """A clock that shows what it was set to."""

    at: datetime

    def now(self) -> datetime:
        """The virtual now."""
        return self.at


@dataclass(frozen=True, slots=True)
class _Cast:
    """One app of the files: its settings, how many reviews it has, and between which moments."""

    app: App
    reviews: int
    first: datetime
    last: datetime

    @property
    def work(self) -> float:
        """About how long it takes: a tick costs as much as six reviews."""
        return self.reviews + 6.0 * (self.last - self.first).days

    def ticks(self) -> Iterator[datetime]:
        """The midnights after every day from the first review to the last."""
        tick = datetime.combine(self.first.date(), time(), self.first.tzinfo)
        while tick <= self.last:
            tick += DAY
            yield tick


def replay(history: History, progress: Progress | None = None, processes: int | None = None) -> Replayed:
    """Runs history through poll and score, all apps side by side, over as many processes as there are cores (and apps).

    Raises:
        FileMalformed: a file cannot be read, or holds no review; names it.
        PolicyInvalid: as `load_policy`.
    """
    truth = load_truth(history.truth) if history.truth else None
    load_policy(history.policy)
    actors, rejected = _cast(history)
    groups = _shared_out(actors, processes or os.cpu_count() or 1)
    ticks = sum(1 for actor in actors for _ in actor.ticks())
    told = _Told(progress, ticks)
    played = [_played(history, groups[0], told.add)] if len(groups) == 1 else _in_processes(history, groups, told)
    issues = tuple(sorted((issue for group in played for issue in group), key=lambda i: (i.opened_at, i.id)))
    apps = tuple(actor.app.id for actor in actors)
    return Replayed(
        issues=issues,
        apps=apps,
        reviews=sum(actor.reviews for actor in actors),
        rejected=rejected,
        ticks=ticks,
        comparison=None if truth is None else compare(issues, [e for e in truth if e.app in apps]),
    )


def _played(history: History, actors: Sequence[_Cast], tell: Callable[[int], None]) -> tuple[Issue, ...]:
    due = sorted((tick, n) for n, actor in enumerate(actors) for tick in actor.ticks())
    with _stage(history, load_policy(history.policy), actors) as (tools, clock):
        for done, (tick, n) in enumerate(due, 1):
            clock.at = tick
            poll_app(tools, actors[n].app.id, tick)
            score_app(tools, app=actors[n].app.id, until=tick)
            if done % TELL_EVERY == 0 or done == len(due):
                tell(TELL_EVERY if done % TELL_EVERY == 0 else done % TELL_EVERY)
        with tools.book.read() as txn:
            return issues_in(txn)


# --- side by side -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Told:
    """Adds up what the processes report."""

    progress: Progress | None
    ticks: int
    done: int = 0

    def add(self, more: int) -> None:
        """So many more ticks are done."""
        self.done += more
        if self.progress:
            self.progress(self.done, self.ticks)


def _shared_out(actors: Sequence[_Cast], processes: int) -> list[list[_Cast]]:
    """The apps in at most so many groups of about the same work: ticks and reviews both cost."""
    groups: list[list[_Cast]] = [[] for _ in range(max(1, min(processes, len(actors))))]
    for actor in sorted(actors, key=lambda a: -a.work):
        min(groups, key=lambda group: sum(a.work for a in group)).append(actor)
    return groups


def _in_processes(history: History, groups: Sequence[Sequence[_Cast]], told: _Told) -> list[tuple[Issue, ...]]:
    context = multiprocessing.get_context("spawn")  # a forked child would inherit this process's threads' locks
    reports = context.SimpleQueue()
    with ProcessPoolExecutor(len(groups), context, _report_to, (reports,)) as pool:
        futures = [pool.submit(_played_there, history, tuple(group)) for group in groups]
        pending: set[Future[tuple[Issue, ...]]] = set(futures)
        while pending:
            _, pending = wait(pending, timeout=REPORT_SECONDS)
            while not reports.empty():
                told.add(reports.get())
        return [future.result() for future in futures]


_reports: list[SimpleQueue[int]] = []


def _report_to(reports: SimpleQueue[int]) -> None:
    _reports.append(reports)


def _played_there(history: History, actors: Sequence[_Cast]) -> tuple[Issue, ...]:
    return _played(history, actors, _reports[-1].put)


# --- who plays ----------------------------------------------------------------------------------------------------------


def _cast(history: History) -> tuple[list[_Cast], int]:
    """Every app the review files hold, and how many rows of all files could not be used."""
    found: dict[tuple[str, Platform], list[tuple[Path, tuple[Signal, ...]]]] = {}
    rejected = sum(len(load_releases(path).rejected) for path in history.releases)
    for path in history.reviews:
        loaded = load_signals(path)
        rejected += len(loaded.rejected)
        if not loaded.values:
            why = f"; the first, {loaded.rejected[0].place}: {loaded.rejected[0].reason}" if loaded.rejected else ""
            raise FileMalformed(
                f"{path}: holds no usable review ({len(loaded.rejected)} rows rejected{why}); check that it is a file of reviews"
            )
        for key, signals in _by_app(loaded.values).items():
            found.setdefault(key, []).append((path, signals))
    names = [name for name, _ in found]
    return [_actor(history, name, platform, files, names.count(name) > 1) for (name, platform), files in found.items()], rejected


def _by_app(signals: Sequence[Signal]) -> dict[tuple[str, Platform], tuple[Signal, ...]]:
    grouped: dict[tuple[str, Platform], list[Signal]] = {}
    for signal in signals:
        grouped.setdefault((signal.app, signal.platform), []).append(signal)
    return {key: tuple(found) for key, found in grouped.items()}


def _actor(history: History, name: str, platform: Platform, files: Sequence[tuple[Path, Sequence[Signal]]], is_twin: bool) -> _Cast:
    reviews = [_adapter(f"reviews-{n}", What.REVIEWS, path, name) for n, (path, _) in enumerate(files, 1)]
    releases = [_adapter(f"releases-{n}", What.RELEASES, path, name) for n, path in enumerate(history.releases, 1)]
    app = App(
        id=f"{name}-{platform.value}" if is_twin else name,
        title=name,
        platform=platform,
        store="none",
        sources=(*releases, *reviews),
        contacts=Adapter(kind="none"),
    )
    times = [s.at for _, signals in files for s in signals]
    return _Cast(app, len(times), min(times), max(times))


def _adapter(label: str, what: What, path: Path, app: str) -> Adapter:
    return Adapter(kind="files", name=label, options={"path": str(path.resolve()), "what": what.value, "app": app})


# --- the stage ----------------------------------------------------------------------------------------------------------


@contextmanager
def _stage(history: History, policy: Policy, actors: Sequence[_Cast]) -> Iterator[tuple[Toolbox, VirtualClock]]:
    """A toolbox over a ledger of its own, with nobody to tell and nothing to halt: replaying is looking, not acting."""
    with tempfile.TemporaryDirectory(prefix="recall-replay-", dir=_roomy()) as folder:
        home = Path(folder)
        settings = Settings(
            folder=home,
            home=Path("."),
            policy=history.policy,
            apps=tuple(a.app for a in actors),
            channels={},
            stores={"none": Adapter(kind="none")},
        )
        clock = VirtualClock(min(actor.first for actor in actors))
        url = f"sqlite:///{home / 'ledger.db'}"
        migrate(url)
        around = Surroundings(folder=home, home=home, clock=clock, env={})
        with Book.open(url, clock=clock) as book:
            yield _toolbox(settings, policy, clock, book, around), clock


def _toolbox(settings: Settings, policy: Policy, clock: VirtualClock, book: Book, around: Surroundings) -> Toolbox:
    return Toolbox(
        settings=settings,
        policy=policy,
        clock=clock,
        book=book,
        keeper=CheckpointKeeper.at(around.home, (), policy.journal),
        secret=os.urandom(32),
        holder="replay",
        sources={app.id: _sources(app, around) for app in settings.apps},
        contacts={},
        channels={},
        stores={},
    )


def _sources(app: App, around: Surroundings) -> dict[str, Source]:
    beside = Surroundings(folder=around.folder, home=around.home, clock=around.clock, env=around.env, app=app)
    return {adapter.label: FilesSource.build(adapter.label, adapter.options, beside) for adapter in app.sources}


def _roomy() -> Path | None:
    """A folder in memory with room enough, else None for the system's temporary folder. Raises LedgerFull when that has none either."""
    for folder in (MEMORY_FOLDER, Path(tempfile.gettempdir())):
        if folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > ROOM_BYTES:
            return folder
    raise LedgerFull(f"{tempfile.gettempdir()} has less than {ROOM_BYTES >> 30} GB free for the replay's ledger; make room or set TMPDIR")
