"""The dossier: written whole, complete, and with nobody's address in it. Add here when it must show another fact."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from configs.effects import EffectKind
from configs.terms import Verdict
from integrations.links import dossier_link, dossier_path
from tasks.act import perform_due
from tasks.decide import propose_again
from tasks.file import dossier_facts, write_dossier, write_dossiers
from tasks.notify import freeze_due
from tests.tasks.homes import APP, EVERYONE, PRODUCT, Play

ELSEWHERE = re.compile(r"""(?:src|href)\s*=\s*["'](?!data:|#|mailto:)([^"']+)["']|@import|url\((?!["']?data:)""", re.IGNORECASE)


@pytest.fixture
def told(approved: Play) -> Play:
    """Halted and told."""
    perform_due(approved.tools, EffectKind.HALT_ROLLOUT)
    freeze_due(approved.tools, APP)
    perform_due(approved.tools, EffectKind.SEND_NOTICES)
    return approved


@pytest.fixture
def page(told: Play) -> str:
    return write_dossier(told.tools, told.recall().id).read_text(encoding="utf-8")


def test_dossier_is_one_private_file_where_its_link_points(told: Play) -> None:
    (path,) = write_dossiers(told.tools, APP)
    assert path == dossier_path(told.home, told.recall().id)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert dossier_link(told.home, told.recall().id) == path.as_uri()
    assert list(path.parent.iterdir()) == [path], "no draft is left behind"


def test_dossier_needs_nothing_from_elsewhere(page: str) -> None:
    found = [link for link in ELSEWHERE.findall(page) if not link.startswith("https://support.recall.example")]
    assert found == []
    assert "<script" not in page.lower()


def test_dossier_shows_every_signature_with_its_reason(told: Play, page: str) -> None:
    for person, role in EVERYONE:
        assert person in page
        assert role in page
    assert page.count("Seen in the charts; stop it.") >= len(EVERYONE)


def test_dossier_shows_recall_issue_proposal_and_the_journals_head(told: Play, page: str) -> None:
    facts = dossier_facts(told.tools, told.recall().id)
    for shown in (told.recall().id, told.issue().id, facts.proposal.id, facts.journal.head_hash[:16]):
        assert shown in page
    assert facts.journal.is_good
    assert facts.timeline


def test_no_contact_address_is_in_the_dossier(told: Play, page: str) -> None:
    addresses = {address for address, _ in told.outbox().values() if "@" in address}
    assert len(addresses) > 100
    assert not [address for address in addresses if address in page]
    assert "user-0" not in page


def test_dossier_of_a_touched_journal_says_so(told: Play) -> None:
    from tests.tasks.test_attest import tamper

    tamper(told, "UPDATE journal SET at = '2026-03-01T00:00:00.000000Z' WHERE seq = 4")
    facts = dossier_facts(told.tools, told.recall().id)
    assert not facts.journal.is_good
    assert "4" in facts.journal.verified


def test_dossier_is_written_at_every_stage(proposed: Play) -> None:
    assert "proposed" in write_dossier(proposed.tools, proposed.recall().id).read_text(encoding="utf-8").lower()
    question = proposed.question()
    proposed.sign(*PRODUCT, verdict=Verdict.REJECT, question=question)
    assert "declined" in write_dossier(proposed.tools, proposed.recall().id).read_text(encoding="utf-8").lower()


def test_dossier_of_a_renewed_proposal_keeps_the_earlier_signatures_in_its_timeline(proposed: Play) -> None:
    proposed.sign(*PRODUCT)
    proposed.wait(hours=5)
    propose_again(proposed.tools, APP)
    facts = dossier_facts(proposed.tools, proposed.recall().id)
    assert facts.proposal.revision == 2
    assert facts.signatures == ()
    assert any("product-lead approved" in line.what for line in facts.timeline)


def test_newer_dossier_replaces_the_older_in_one_go(told: Play, played: Callable[[Path], Play]) -> None:
    first = write_dossier(told.tools, told.recall().id)
    inode = first.stat().st_ino
    again = write_dossier(told.tools, told.recall().id)
    assert again == first
    assert again.stat().st_ino != inode
