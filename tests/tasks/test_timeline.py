"""The journal in sentences. Add here when a new kind of entry is told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from integrations.ledger.journal import Told
from tasks.timeline import TELLERS, in_words
from tests.tasks.homes import Play


def an_entry(kind: str, subject: str = "thing", /, **facts: object) -> Told:
    return Told(1, datetime(2026, 3, 2, tzinfo=UTC), kind, subject, "someone", facts, "00")


OPENED = {"change": "opened", "issue": "ISS-2", "metric": "crash", "kind": "crash", "source": "vitals", "reason": "none yet"}
CONFIRMED = {
    "change": "confirmed",
    "issue": "ISS-1",
    "metric": "complaint",
    "kind": "hang",
    "source": "reviews",
    "reason": "the same cause",
}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (an_entry("release.scored", opened=["ISS-1"]), "issue ISS-1 opened"),
        (an_entry("release.scored", opened=[]), ""),
        (
            an_entry("release.scored", opened=[], told=[CONFIRMED, OPENED]),
            "complaint confirms ISS-1 as hang: the same cause",
        ),
        (
            an_entry("release.scored", opened=["ISS-2"], told=[OPENED, {"change": "widened", "issue": "ISS-1", "reason": "from a to b"}]),
            "issue ISS-2 opened; ISS-1 widened from a to b",
        ),
        (an_entry("source.failed", "vitals", reason="down"), "source vitals could not be read: down"),
        (
            an_entry("signature.given", verdict="approve", person="p", role="tech", reason="why"),
            "p approved for tech: why",
        ),
        (an_entry("signature.given", verdict="reject", person="p", role="tech", reason="why"), "p rejected for tech: why"),
        (an_entry("effect.done", kind="halt_rollout", target="app 2.1.0"), "roll-out halted: app 2.1.0"),
        (an_entry("effect.done", kind="send_notices", target="wave 0 chunk 0"), ""),
        (an_entry("effect.failed", kind="halt_rollout", target="x", receipt={"reason": "no"}), "halt_rollout x failed: no"),
        (an_entry("notices.frozen", wave=0, notices=1200, unreachable=3), "first notices: 1,200 people, 3 without an address"),
        (an_entry("notices.frozen", wave=2, notices=7, unreachable=0), "follow-up 2: 7 people, 0 without an address"),
        (an_entry("issue.merged", "ISS-2", into="ISS-1", reason="the same bug"), "ISS-2 merged into ISS-1: the same bug"),
        (
            an_entry("issue.split", "ISS-1", part="ISS-3", of="kind hang", reason="another bug"),
            "ISS-3 split off from ISS-1 (kind hang): another bug",
        ),
        (an_entry("source.read", rows={}), ""),
        (an_entry("never.heard.of"), ""),
    ],
    ids=lambda value: value.kind if isinstance(value, Told) else "",
)
def test_entry_is_told_in_a_sentence_or_left_to_the_auditor(entry: Told, said: str) -> None:
    assert in_words(entry) == said


@pytest.mark.parametrize("kind", TELLERS)
def test_entry_that_lacks_its_facts_is_still_told_without_failing(kind: str) -> None:
    assert isinstance(in_words(an_entry(kind)), str)


def test_recall_so_far_reads_as_a_story(approved: Play) -> None:
    told = [said for entry in approved.entries() if (said := in_words(entry))]
    assert [line.split()[0] for line in told] == ["issue", "full", "product-lead", "tech-lead", "counsel"]
