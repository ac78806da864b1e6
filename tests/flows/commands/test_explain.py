"""`recall explain` says why an issue has its level: for people, and for machines."""

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


def test_an_unknown_issue_is_named_with_the_way_out(recall: Recall, proposed: Play) -> None:
    for more in ([], ["--json"]):
        said = recall("explain", "ISS-nope", *more)
        assert (said.status, said.out) == (3, "")
        assert said.err == "recall explain: no issue 'ISS-nope'; `recall status` lists them\n"
