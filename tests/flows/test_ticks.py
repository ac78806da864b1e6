"""Ticks without a Prefect server: the same recall on each database, harmless when they come twice, late or to nothing.

Add here when a tick must be harmless in another way; rather in `test_crash_sweep.py` when it is about being killed.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from configs.effects import EffectKind, EffectState
from configs.terms import IssueKind, IssueState, RecallState
from flows.attest import attest
from flows.brake import brake
from flows.minutes import minutes
from flows.monitor import monitor
from flows.notify import notify
from flows.recall import recall
from flows.review import review
from flows.sign_off import sign_off
from flows.update import update
from integrations.ledger.cases import move_recall, the_recall
from integrations.links import dossier_path
from tasks.file import write_dossiers
from tasks.plan_lines import plan_lines
from tasks.run import ticked
from tasks.stop import ask_release
from tests.flows.conftest import Clean
from tests.flows.driver import drive, ending, state_of
from tests.integrations.ledger.conftest import empty_postgres_url, postgres_server, postgres_url  # noqa: F401  # fixtures
from tests.tasks.homes import APP, BAD, COUNSEL, EAGER, EVERYONE, PRODUCT, REASON, TECH, Play, copy_home, make_home, reopened

TICKS = (monitor, recall, notify, update, review)


def test_recall_on_postgresql_ends_as_on_sqlite(clean: Clean, quick_folder: Path, request: pytest.FixtureRequest) -> None:
    home = make_home(quick_folder / "postgresql", ledger=str(request.getfixturevalue("postgres_url")))
    shutil.copytree(clean.homes[1] / "keys", home / "keys")  # the same secret makes the same keys of notices
    drive(home)
    assert not ending(home).differs(clean.endings[-1])


@pytest.mark.parametrize("slot", [1, 2, 3])
def test_every_tick_twice_changes_nothing(clean: Clean, quick_folder: Path, slot: int) -> None:
    home = copy_home(clean.homes[slot], quick_folder / f"twice-{slot}")
    play = Play(reopened(home))
    for tick in TICKS:
        ticked(tick, app=APP)
    effects, told, moves = play.effects(), play.outbox(), play.world.moves()
    for tick in TICKS:
        ticked(tick, app=APP)
    assert (play.effects(), play.outbox(), play.world.moves()) == (effects, told, moves)


def test_ticks_of_an_empty_ledger_do_nothing(quick_folder: Path) -> None:
    play = Play(reopened(make_home(quick_folder / "empty")))
    for tick in (recall, notify, update, review):
        ticked(tick, app=APP)
    assert play.effects() == ()
    assert ticked(recall) == {}


def test_monitor_asks_people_for_what_no_proposal_carries_out(quick_folder: Path) -> None:
    mild = {"risk": {"harm_of_kind": dict.fromkeys(IssueKind, 1), "propose_from": "serious"}}
    play = Play(reopened(make_home(quick_folder / "urged", policy=EAGER | mild)))
    play.wait(hours=6, minutes=5)
    ticked(monitor, app=APP)
    assert play.issue().state is IssueState.OPEN
    assert any("asks for: halt the roll-out in the store" in message.text for message in play.world.messages_to("operators"))


def test_ticks_after_the_end_change_nothing(clean: Clean, quick_folder: Path) -> None:
    home = copy_home(clean.homes[-1], quick_folder / "over")
    drive(home, clean.last)
    play = Play(reopened(home))
    before = play.effects(), play.recall()
    play.wait(days=7)
    for tick in (recall, notify, update, review):
        ticked(tick, app=APP)
    assert (play.effects(), play.recall()) == before
    assert state_of(play.tools) is RecallState.CLOSED


def test_monitor_that_was_away_for_a_day_opens_the_same_issue(clean: Clean, quick_folder: Path) -> None:
    play = Play(reopened(copy_home(clean.homes[0], quick_folder / "late")))
    play.wait(days=1)
    opened = ticked(monitor, app=APP)[APP]
    assert [opened[0]] == [play.issue().id] == [clean.endings[0].ids[0][0]]


def test_attest_proves_the_journal_of_the_day(clean: Clean, quick_folder: Path) -> None:
    play = Play(reopened(copy_home(clean.homes[1], quick_folder / "attested")))
    proof = ticked(attest)
    assert proof["entries"] == len(play.entries()) - 1


@pytest.fixture
def asked(clean: Clean, quick_folder: Path, request: pytest.FixtureRequest) -> Play:
    """The monitor has run, and everyone was asked."""
    play = Play(reopened(copy_home(clean.homes[0], quick_folder / request.node.name)))
    play.wait(hours=6, minutes=5)
    ticked(monitor, app=APP)
    return play


def fill_in(play: Play, person: str, role: str, question: str) -> dict[str, str]:
    """The person fills in the form."""
    code = play.code(person, role, question)
    return ticked(sign_off, proposal=question, person=person, role=role, verdict="approve", reason=REASON, code=code)


def test_last_form_filled_in_carries_the_recall_out_at_once(asked: Play) -> None:
    question = asked.question()
    assert fill_in(asked, *PRODUCT, question) == {"state": "waiting", "tech": "1 more", "legal": "1 more"}
    assert fill_in(asked, *TECH, question) == {"state": "waiting", "legal": "1 more"}
    assert fill_in(asked, *COUNSEL, question) == {"state": "approved"}
    assert [e.state for e in asked.effects(EffectKind.HALT_ROLLOUT)] == [EffectState.DONE]
    assert {e.state for e in asked.effects(EffectKind.SEND_NOTICES)} == {EffectState.DONE}


def test_minutes_form_keeps_what_was_said(asked: Play) -> None:
    question, said = asked.question(), {"arguments": ["The rate tripled."], "decision": "Recall everyone."}
    done = ticked(minutes, proposal=question, person="counsel", attended=["counsel", "tech-lead"], **said)
    assert done == {"proposal": question, "entry": "1"}
    (path,) = write_dossiers(asked.tools)
    assert "Recall everyone." in path.read_text(encoding="utf-8")


def test_monitor_tick_invites_everyone_and_the_last_signature_takes_it_back(asked: Play) -> None:
    question = asked.question()
    assert [e.state for e in asked.effects(EffectKind.INVITE)] == [EffectState.DONE] * len(EVERYONE)
    for person, role in EVERYONE:
        fill_in(asked, person, role, question)
    assert [e.state for e in asked.effects(EffectKind.INVITE)] == [EffectState.DONE] * 2 * len(EVERYONE)


def test_the_last_dossier_says_that_the_report_is_written(asked: Play) -> None:
    question = asked.question()
    for person, role in EVERYONE:
        fill_in(asked, person, role, question)
    with asked.tools.book.write() as txn:
        for state in (RecallState.REVIEWING, RecallState.CLOSED):
            move_recall(txn, the_recall(txn, asked.recall_id_in(txn)), state)
    ticked(review, app=APP)
    with asked.tools.book.read() as txn:
        (report,) = (line for line in plan_lines(txn, the_recall(txn, asked.recall_id_in(txn))) if line.name == "report")
    assert report.standing == "reached"
    page = dossier_path(asked.home, asked.recall().id).read_text(encoding="utf-8")
    assert f'<td class="t">{report.reached}</td><td class="good">reached</td>' in page.partition("<td>report</td>")[2][:300]


def test_brake_form_halts_what_is_rolling_out_and_tells_nobody_outside(asked: Play) -> None:
    before = asked.outbox()
    done = ticked(brake, person="tech-lead", reason="The store hands out a broken build.")
    assert done["brake"] == "1"
    assert [m.version for m in asked.world.moves() if m.kind == "halted"] == [BAD]
    question = asked.question()
    for person, role in EVERYONE:
        fill_in(asked, person, role, question)
    assert {e.state for e in asked.effects(EffectKind.SEND_NOTICES)} == {EffectState.QUEUED}
    contacts = {a for c in asked.tools.contacts[APP].exposed(asked.recall().scope) for a in c.addresses.values()}
    assert not contacts & {address for key, (address, _) in asked.outbox().items() if key not in before}


def test_recall_goes_on_where_the_brake_held_it_once_everyone_has_released_it(asked: Play) -> None:
    ticked(brake, person="tech-lead", reason="The store hands out a broken build.")
    question = asked.question()
    for person, role in EVERYONE:
        fill_in(asked, person, role, question)
    release = ask_release(asked.tools, person="product-lead", reason="The store was mended; go on.", request="r1")
    ticked(recall, app=APP)
    for person, role in EVERYONE:
        fill_in(asked, person, role, release)
    ticked(recall, app=APP)
    assert {e.state for e in asked.effects(EffectKind.SEND_NOTICES)} == {EffectState.DONE}
