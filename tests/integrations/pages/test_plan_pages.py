"""Plan and minutes on pages: planned beside actual, corrections beside what counts, strangers' text as text."""

from dataclasses import replace

from configs.terms import Minutes
from integrations.pages.dossier import dossier
from integrations.pages.facts import PlanChange, PlanLine
from integrations.pages.milestones import plan_section
from integrations.pages.minutes import corrected, in_force, minutes_section
from integrations.pages.progress import progress_page
from tests.integrations.pages.builders import START, a_recall
from tests.integrations.pages.dossier_builders import dossier_facts, some_effects

LINES = (
    PlanLine("halt", "tech", "2026-03-02 07:15 UTC", "2026-03-02 07:04 UTC", "reached", False),
    PlanLine("fix", "tech", "2026-03-03 07:00 UTC", "", "late", True),
    PlanLine("report", "legal", "2026-03-16 07:00 UTC", "", "waits", False),
)
FIRST = Minutes("REC-1", "P-1", 1, START, "counsel", ("counsel", "tech-lead"), ("It <b>crashes</b>.",), "Recall [nobody](x).")
SECOND = replace(FIRST, number=2, decision="Recall everyone.", correction="Misheard.")
OTHER = replace(FIRST, proposal_id="P-2", decision="Wait.")


def test_a_plan_shows_what_is_late() -> None:
    heading, table = plan_section(LINES)
    assert heading == "## The plan"
    assert "| fix | tech | 2026-03-03 07:00 UTC | – | **late** |" in table
    assert plan_section(()) == []


def test_progress_shows_the_plan_and_what_is_late() -> None:
    page = progress_page(a_recall(), some_effects(), (), plan=LINES)
    assert page.index("## The plan") < page.index("**late**") < page.index("## Notices")
    assert "## The plan" not in progress_page(a_recall(), some_effects(), ())


def test_the_last_entry_about_each_proposal_counts_and_the_others_stay() -> None:
    assert in_force((FIRST, SECOND, OTHER)) == (SECOND, OTHER)
    assert corrected((FIRST, SECOND, OTHER)) == (FIRST,)


def test_minutes_show_strangers_words_as_words() -> None:
    page = "\n\n".join(minutes_section((FIRST, SECOND)))
    assert "Decided: **Recall everyone.**" in page
    assert "Entries that were corrected" in page
    assert "\\<b\\>crashes" in page
    assert "[nobody](x)" not in page
    assert minutes_section(()) == []


def test_the_dossier_has_planned_and_actual_with_history_and_minutes() -> None:
    history = (PlanChange(START, "tech-lead", "The store is <slow>.", ("fix due 2 d after the verdict instead of 1 d",)),)
    page = dossier(replace(dossier_facts(), plan=LINES, plan_history=history, minutes=(FIRST, SECOND)))
    for expected in (
        "Plan: planned and actual",
        "2026-03-02 07:04 UTC",
        "fix due 2 d",
        "&lt;slow&gt;",
        "Recall everyone.",
        "Misheard.",
        "&lt;b&gt;crashes",
    ):
        assert expected in page
    assert "This recall has no plan." in dossier(dossier_facts())
    assert 'id="minutes"' not in dossier(dossier_facts())
