"""`recall explain` says why an issue has its level: for people, and for machines."""

from pathlib import Path

from tests.flows.commands.conftest import Recall
from tests.tasks.homes import APP, BAD, Play, reopened, write_policy


def test_people_read_level_inputs_and_policy(recall: Recall, proposed: Play) -> None:
    said = recall("explain", proposed.issue().id)
    assert said.status == 0
    for word in (
        f"crash in {APP} {BAD}",
        "Level serious",
        "harmed",
        "Evidence",
        "degraded",
        "opened by crash",
        "no issue yet",
        proposed.tools.policy.fingerprint,
    ):
        assert word in said.out
    assert "today's policy" not in said.out


def test_people_read_what_is_to_come_and_what_would_change_the_level(recall: Recall, proposed: Play) -> None:
    said = recall("explain", proposed.issue().id).out
    assert "Still harmed before the next decision, at most: " in said
    assert "Would be high with harm class 1 instead of 2" in said
    assert "Level serious on this evidence asks for: halt the roll-out and recall" in said


def test_people_are_shown_the_way_to_the_memo(recall: Recall, proposed: Play) -> None:
    issue = proposed.issue().id
    assert f"What the signers decide on: recall memo {issue}\n" in recall("explain", issue).out


def test_json_carries_every_input(recall: Recall, proposed: Play) -> None:
    told = recall("explain", proposed.issue().id, "--json").json
    assert set(told) == {"issue", "assessment", "evidence", "policy_fingerprint", "history", "covered_by"}
    assert [(line["change"], line["metric"], line["source"]) for line in told["history"]] == [("opened", "crash", "vitals")]
    assert told["covered_by"] == ""
    assert (told["issue"]["id"], told["assessment"]["level"]) == (proposed.issue().id, "serious")
    assert {e["metric"] for e in told["evidence"]} >= {"crash"}
    assert told["policy_fingerprint"] == proposed.tools.policy.fingerprint


def test_a_policy_changed_since_is_said(recall: Recall, proposed: Play) -> None:
    write_policy(proposed.home, {"reviewing": {"min_hours": 7}})
    reopened(proposed.home)
    assert "today's policy is another one" in recall("explain", proposed.issue().id).out


def test_the_page_holds_the_chart_and_everything_else(recall: Recall, proposed: Play, tmp_path: Path) -> None:
    page = tmp_path / "why.html"
    said = recall("explain", proposed.issue().id, "--page", str(page))
    assert said.status == 0
    assert str(page) in said.out.replace("\n", "")
    written = page.read_text(encoding="utf-8")
    for part in ("data:image/png;base64,", "at level serious", "How bad it is", "The evidence", proposed.tools.policy.fingerprint):
        assert part in written


def test_a_page_that_cannot_be_written_says_where(recall: Recall, proposed: Play, tmp_path: Path) -> None:
    said = recall("explain", proposed.issue().id, "--page", str(tmp_path / "none" / "why.html"))
    assert said.status == 3
    assert "why.html: No such file or directory" in said.err


def test_an_unknown_issue_is_named_with_the_way_out(recall: Recall, proposed: Play) -> None:
    for more in ([], ["--json"]):
        said = recall("explain", "ISS-nope", *more)
        assert (said.status, said.out) == (3, "")
        assert said.err == "recall explain: no issue 'ISS-nope'; `recall status` lists them\n"
