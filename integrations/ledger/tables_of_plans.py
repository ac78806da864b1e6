"""The tables of what is agreed beside a decision: plans, what became of their milestones, meetings, minutes.

Add here when something about a plan or a meeting must survive a restart; rather in `tables_of_recalls.py` when it is about the decision.
"""

from sqlmodel import Field, SQLModel


class PlanRow(SQLModel, table=True):
    """One version of a recall's plan; the highest number is the one in force, the others are its history."""

    __tablename__ = "plans"
    recall_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    revision: int
    at: str
    person: str
    reason: str
    digest: str
    by_hand: int
    plan_json: str


class MilestoneRow(SQLModel, table=True):
    """What became of a milestone under a revision of the recall. `reminded_for`, `late_for`: the due times its owner was told of."""

    __tablename__ = "milestones"
    recall_id: str = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    name: str = Field(primary_key=True)
    reached_at: str | None = None
    reminded_for: str | None = None
    late_for: str | None = None


class MeetingRow(SQLModel, table=True):
    __tablename__ = "meetings"
    recall_id: str = Field(primary_key=True)
    uid: str
    sequence: int
    state: str
    starts_at: str
    ends_at: str
    proposal_id: str
    digest: str


class MinutesRow(SQLModel, table=True):
    """One entry of a meeting's minutes; the highest number is the one that counts."""

    __tablename__ = "minutes"
    proposal_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    recall_id: str = Field(index=True)
    at: str
    person: str
    attended_json: str
    arguments_json: str
    decision: str
    correction: str
