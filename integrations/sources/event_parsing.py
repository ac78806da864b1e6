"""Stretches of event files into blocks, in order, some of them parsed ahead in other threads.

Add here when parsing is spread otherwise; rather in `event_columns.py` when a stretch becomes another block.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from configs.terms import Rejected
from integrations.event_blocks import EventBlock, Mark, no_events
from integrations.sources.event_columns import Sifted, Window, sifted
from integrations.sources.event_files import Stretch, marked, stretches
from integrations.sources.event_names import their_names
from integrations.sources.event_rows import Naming, rows_of
from integrations.sources.records import Owner

AT_ONCE = 2
"""Stretches parsed at the same time; with the one that is being stored, these are what is in memory."""

WORTH_A_DIGEST = 256 * 1024
"""Bytes from which a digest is kept: less is parsed in milliseconds, and polls would leave a hundred thousand a year."""
WORTH_A_THREAD = 1024**2
"""Bytes from which another thread is worth its start; a usual poll brings less."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the files of one poll. `known`: digests of stretches the ledger has."""

    owner: Owner
    window: Window
    renamed: Mapping[str, str]
    known: Collection[bytes]

    def blocks(self, path: Path, place: str, mark: Mark | None) -> Iterator[EventBlock]:
        """The file's blocks behind the mark, up to the first stretch that was received wholly after the window.

        Once a row was received after the window, no later block moves the mark: it is read again by a later poll.
        """
        with ThreadPoolExecutor(AT_ONCE, "events") as pool:
            jobs = ((stretch, self._begun(stretch, place, pool)) for stretch in stretches(path, place, mark))
            may_move = True
            for stretch, parsed in _ahead(jobs):
                found = parsed.result()
                may_move = may_move and not found.early
                yield replace(found.block, mark=marked(path, place, stretch)) if may_move else found.block
                if found.early and not len(found.block):
                    return

    def _begun(self, stretch: Stretch, place: str, pool: ThreadPoolExecutor) -> Future[Sifted]:
        if len(stretch.text) >= WORTH_A_THREAD:
            return pool.submit(self._parsed, stretch, place)
        done: Future[Sifted] = Future()
        done.set_result(self._parsed(stretch, place))
        return done

    def _parsed(self, stretch: Stretch, place: str) -> Sifted:
        if stretch.problem:
            line = f"{place}:{stretch.first_line}"
            bad = Rejected(self.owner.source, line, stretch.problem)
            return Sifted(no_events((bad,)), 0, is_whole=True)
        digest = stretch.digest if len(stretch.text) >= WORTH_A_DIGEST else b""
        if digest and digest in self.known:
            return Sifted(no_events(digest=digest, is_repeat=True), 0, is_whole=True)
        theirs = their_names(stretch.text, self.renamed, place, is_first=stretch.first_line == 1)
        naming = Naming(theirs, self.owner.source, place)
        found = sifted(rows_of(stretch.text, stretch.first_line, naming), naming, self.owner, self.window)
        return replace(found, block=replace(found.block, digest=digest)) if found.is_whole else found


def _ahead(jobs: Iterator[tuple[Stretch, Future[Sifted]]]) -> Iterator[tuple[Stretch, Future[Sifted]]]:
    """The jobs in their order, `AT_ONCE` of them begun before they are asked for."""
    begun: deque[tuple[Stretch, Future[Sifted]]] = deque()
    for job in jobs:
        begun.append(job)
        if len(begun) > AT_ONCE:
            yield begun.popleft()
    yield from begun
