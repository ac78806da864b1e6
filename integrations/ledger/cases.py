"""Issues and recalls in the ledger: opening, reading, and moving by compare-and-swap on the row's version.

Add here when a case's row changes; rather in `tasks/rules/lifecycle.py` when it is about which move is allowed.
"""

from __future__ import annotations

from configs.errors import NotFound, TransitionRefused
from configs.terms import Action, Assessment, Evidence, Issue, IssueKind, IssueState, Level, Platform, Proposal, Recall, RecallState, Scope
from integrations.ledger.book import Row, Txn
from integrations.ledger.records import dumped, loaded
from integrations.ledger.times import as_text, as_time

ISSUE_COLUMNS = "id, app, platform, version, kind, state, level, opened_at, reason, scope_json, row_version"
RECALL_COLUMNS = (
    "id, issue_id, app, platform, version, revision, state, level, action, scope_json, opened_at, fixed_version, approved_at, row_version"
)


def _issue(row: Row) -> Issue:
    return Issue(
        id=str(row["id"]),
        app=str(row["app"]),
        platform=Platform(row["platform"]),
        version=str(row["version"]),
        kind=IssueKind(row["kind"]),
        state=IssueState(row["state"]),
        level=Level(row["level"]),
        opened_at=as_time(str(row["opened_at"])),
        reason=str(row["reason"]),
        scope=loaded(Scope, str(row["scope_json"])),
        row_version=int(row["row_version"]),
    )


def _recall(row: Row) -> Recall:
    return Recall(
        id=str(row["id"]),
        issue_id=str(row["issue_id"]),
        app=str(row["app"]),
        platform=Platform(row["platform"]),
        version=str(row["version"]),
        revision=int(row["revision"]),
        state=RecallState(row["state"]),
        level=Level(row["level"]),
        action=Action(row["action"]),
        scope=loaded(Scope, str(row["scope_json"])),
        opened_at=as_time(str(row["opened_at"])),
        fixed_version=str(row["fixed_version"]),
        approved_at=as_time(str(row["approved_at"])) if row["approved_at"] else None,
        row_version=int(row["row_version"]),
    )


def open_issue(txn: Txn, issue: Issue, evidence: tuple[Evidence, ...], assessment: Assessment, fingerprint: str) -> bool:
    """Adds the issue; False when one of that id is there already."""
    return bool(
        txn.run(
            "INSERT INTO issues (id, app, platform, version, kind, state, level, opened_at, reason, scope_json, evidence_json,"
            " assessment_json, policy_fingerprint, row_version) VALUES (:id, :app, :platform, :version, :kind, :state, :level, :opened_at,"
            " :reason, :scope, :evidence, :assessment, :fingerprint, 0) ON CONFLICT (id) DO NOTHING",
            id=issue.id,
            app=issue.app,
            platform=issue.platform.value,
            version=issue.version,
            kind=issue.kind.value,
            state=issue.state.value,
            level=issue.level.value,
            opened_at=as_text(issue.opened_at),
            reason=issue.reason,
            scope=dumped(issue.scope),
            evidence=_evidence_text(evidence),
            assessment=dumped(assessment),
            fingerprint=fingerprint,
        )
    )


def reassess_issue(txn: Txn, issue: Issue, evidence: tuple[Evidence, ...], assessment: Assessment, fingerprint: str) -> None:
    """Writes a newer judgement over an issue that is still open; its level, scope, reason and inputs change, its state does not."""
    changed = txn.run(
        "UPDATE issues SET level = :level, reason = :reason, scope_json = :scope, evidence_json = :evidence, assessment_json = :assessment,"
        " policy_fingerprint = :fingerprint, row_version = row_version + 1 WHERE id = :id AND row_version = :row_version",
        level=assessment.level.value,
        reason=issue.reason,
        scope=dumped(issue.scope),
        evidence=_evidence_text(evidence),
        assessment=dumped(assessment),
        fingerprint=fingerprint,
        id=issue.id,
        row_version=issue.row_version,
    )
    _swapped(changed, issue.id)


def _evidence_text(evidence: tuple[Evidence, ...]) -> str:
    return "[" + ",".join(dumped(e) for e in evidence) + "]"


def find_issue(txn: Txn, issue_id: str) -> Issue | None:
    """The issue of that id."""
    row = txn.one(f"SELECT {ISSUE_COLUMNS} FROM issues WHERE id = :id", id=issue_id)
    return None if row is None else _issue(row)


def the_issue(txn: Txn, issue_id: str) -> Issue:
    """The issue of that id. Raises NotFound naming how to list them."""
    found = find_issue(txn, issue_id)
    if found is None:
        raise NotFound(f"no issue {issue_id!r}; `recall status` lists them")
    return found


def judgement_of(txn: Txn, issue_id: str) -> tuple[tuple[Evidence, ...], Assessment, str]:
    """Evidence, assessment and policy fingerprint behind an issue's level."""
    row = txn.one("SELECT evidence_json, assessment_json, policy_fingerprint FROM issues WHERE id = :id", id=issue_id)
    if row is None:
        raise NotFound(f"no issue {issue_id!r}; `recall status` lists them")
    evidence = loaded(tuple[Evidence, ...], str(row["evidence_json"]))
    return evidence, loaded(Assessment, str(row["assessment_json"])), str(row["policy_fingerprint"])


def issues_in(txn: Txn, *states: IssueState, app: str = "") -> tuple[Issue, ...]:
    """Issues in one of these states (all when none is given), oldest first."""
    rows = txn.rows(f"SELECT {ISSUE_COLUMNS} FROM issues WHERE (:app = '' OR app = :app) ORDER BY opened_at, id", app=app)
    return tuple(issue for issue in map(_issue, rows) if not states or issue.state in states)


def move_issue(txn: Txn, issue: Issue, state: IssueState) -> None:
    """Compare-and-swap to another state. Raises TransitionRefused when somebody else moved it first."""
    changed = txn.run(
        "UPDATE issues SET state = :state, row_version = row_version + 1 WHERE id = :id AND row_version = :row_version",
        state=state.value,
        id=issue.id,
        row_version=issue.row_version,
    )
    _swapped(changed, issue.id)


def open_recall(txn: Txn, recall: Recall) -> None:
    """Adds a recall, in its first state."""
    txn.run(
        "INSERT INTO recalls (id, issue_id, app, platform, version, revision, state, level, action, scope_json, opened_at, fixed_version,"
        " row_version) VALUES (:id, :issue_id, :app, :platform, :version, :revision, :state, :level, :action, :scope, :opened_at, '', 0)",
        id=recall.id,
        issue_id=recall.issue_id,
        app=recall.app,
        platform=recall.platform.value,
        version=recall.version,
        revision=recall.revision,
        state=recall.state.value,
        level=recall.level.value,
        action=recall.action.value,
        scope=dumped(recall.scope),
        opened_at=as_text(recall.opened_at),
    )


def find_recall(txn: Txn, recall_id: str) -> Recall | None:
    """The recall of that id."""
    row = txn.one(f"SELECT {RECALL_COLUMNS} FROM recalls WHERE id = :id", id=recall_id)
    return None if row is None else _recall(row)


def the_recall(txn: Txn, recall_id: str) -> Recall:
    """The recall of that id. Raises NotFound naming how to list them."""
    found = find_recall(txn, recall_id)
    if found is None:
        raise NotFound(f"no recall {recall_id!r}; `recall status` lists them")
    return found


def recalls_in(txn: Txn, *states: RecallState, app: str = "") -> tuple[Recall, ...]:
    """Recalls in one of these states (all when none is given), oldest first."""
    rows = txn.rows(f"SELECT {RECALL_COLUMNS} FROM recalls WHERE (:app = '' OR app = :app) ORDER BY opened_at, id", app=app)
    return tuple(recall for recall in map(_recall, rows) if not states or recall.state in states)


def move_recall(txn: Txn, recall: Recall, state: RecallState) -> None:
    """Compare-and-swap to another state, stamping approval and closing times. Raises TransitionRefused when it was moved meanwhile."""
    now = as_text(txn.now)
    changed = txn.run(
        "UPDATE recalls SET state = :state, row_version = row_version + 1, approved_at = coalesce(:approved_at, approved_at),"
        " closed_at = coalesce(:closed_at, closed_at) WHERE id = :id AND row_version = :row_version",
        state=state.value,
        approved_at=now if state is RecallState.APPROVED else None,
        closed_at=now if state is RecallState.CLOSED else None,
        id=recall.id,
        row_version=recall.row_version,
    )
    _swapped(changed, recall.id)


def put_forward(txn: Txn, recall: Recall, proposal: Proposal) -> None:
    """The recall waits for signatures on this proposal now, and is what it says. Raises TransitionRefused when it was moved meanwhile."""
    changed = txn.run(
        "UPDATE recalls SET revision = :revision, state = :state, level = :level, action = :action, scope_json = :scope,"
        " row_version = row_version + 1 WHERE id = :id AND row_version = :row_version",
        revision=proposal.revision,
        state=RecallState.PROPOSED.value,
        level=proposal.level.value,
        action=proposal.action.value,
        scope=dumped(proposal.scope),
        id=recall.id,
        row_version=recall.row_version,
    )
    _swapped(changed, recall.id)


def name_fix(txn: Txn, recall_id: str, version: str) -> None:
    """Notes which version is this recall's remedy."""
    txn.run("UPDATE recalls SET fixed_version = :version, row_version = row_version + 1 WHERE id = :id", version=version, id=recall_id)


def _swapped(changed: int, case_id: str) -> None:
    if changed != 1:
        raise TransitionRefused(f"{case_id} was changed by somebody else at the same moment; the next tick looks again")
