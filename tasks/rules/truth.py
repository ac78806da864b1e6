"""How the issues a replay opened compare with what is known to have happened.

An episode expected to be recalled is hit by an issue of its app that opened within its window, two days after its end at the
latest. One that must not be recalled is clean without such an issue. One to investigate may have an issue or none. Every other
issue is a further alarm, counted per app and year: real history has troubles that nobody labelled, so it is a rate to look at.

Add here when issues are compared with known history in another way; rather in `integrations/truth_file.py` when the file changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from configs.terms import Episode, Expected, Issue

GRACE = timedelta(hours=48)
"""How long after the last day of an episode's window an issue still counts as raised for it."""


class Outcome(StrEnum):
    """What became of an episode: hit or missed (recall), clean or false alarm (no recall), raised or quiet (investigate: both right)."""

    HIT = "hit"
    MISSED = "missed"
    CLEAN = "clean"
    FALSE_ALARM = "false_alarm"
    RAISED = "raised"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Compared:
    """One episode, its outcome, and the first issue opened for it."""

    episode: Episode
    outcome: Outcome
    issue: Issue | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`further`: issues outside every episode, oldest first; `further_by_year`: how many, by app and year."""

    episodes: tuple[Compared, ...]
    further: tuple[Issue, ...]
    further_by_year: dict[tuple[str, int], int]

    def count(self, outcome: Outcome) -> int:
        """Episodes with that outcome."""
        return sum(c.outcome is outcome for c in self.episodes)


def compare(issues: Sequence[Issue], episodes: Sequence[Episode]) -> Comparison:
    """Every episode with its outcome, in the order given, and the issues that belong to none."""
    in_order = sorted(issues, key=lambda i: (i.opened_at, i.id))
    compared = tuple(_compared(in_order, episode) for episode in episodes)
    further = tuple(i for i in in_order if not any(covers(e, i) for e in episodes))
    return Comparison(compared, further, dict(Counter((i.app, i.opened_at.year) for i in further)))


def covers(episode: Episode, issue: Issue) -> bool:
    """Whether the issue was opened for this episode: same app, within the window and its grace."""
    begin = datetime.combine(episode.first_day, time(), UTC)
    end = datetime.combine(episode.last_day + timedelta(days=1), time(), UTC) + GRACE
    return issue.app == episode.app and begin <= issue.opened_at <= end


def _compared(issues: Sequence[Issue], episode: Episode) -> Compared:
    first = next((i for i in issues if covers(episode, i)), None)
    raised, silent = {
        Expected.RECALL: (Outcome.HIT, Outcome.MISSED),
        Expected.NO_RECALL: (Outcome.FALSE_ALARM, Outcome.CLEAN),
        Expected.INVESTIGATE: (Outcome.RAISED, Outcome.QUIET),
    }[episode.expected]
    return Compared(episode, raised if first else silent, first)
