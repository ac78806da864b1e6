"""The tables of issues, recalls and what is done about them; the others are in `tables.py`, whose sign holds here too.

Add here when something about a recall must survive a restart; rather in `tables.py` when it is about watching, or the ledger itself.
"""

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from integrations.ledger.tables import SERIAL


class IssueRow(SQLModel, table=True):
    __tablename__ = "issues"
    id: str = Field(primary_key=True)
    app: str = Field(index=True)
    platform: str
    version: str
    kind: str
    state: str
    level: str
    opened_at: str
    reason: str
    scope_json: str
    evidence_json: str
    assessment_json: str
    policy_fingerprint: str
    row_version: int = 0


class IssueEventRow(SQLModel, table=True):
    """One line of an issue's history. `seq` orders the lines of all issues; `other` is the issue that was merged, or split off."""

    __tablename__ = "issue_events"
    seq: int = Field(primary_key=True, sa_type=SERIAL)
    issue_id: str = Field(index=True)
    change: str
    at: str
    reason: str
    metric: str | None = None
    kind: str | None = None
    scope_json: str | None = None
    source: str = ""
    other: str = ""
    person: str = ""


class RecallRow(SQLModel, table=True):
    __tablename__ = "recalls"
    id: str = Field(primary_key=True)
    issue_id: str = Field(index=True)
    app: str
    platform: str
    version: str
    revision: int
    state: str
    level: str
    action: str
    scope_json: str
    opened_at: str
    fixed_version: str = ""
    approved_at: str | None = None
    closed_at: str | None = None
    row_version: int = 0


class ProposalRow(SQLModel, table=True):
    """`open` is 1 for the one open proposal of a recall, NULL otherwise: the unique constraint refuses a second."""

    __tablename__ = "proposals"
    __table_args__ = (UniqueConstraint("recall_id", "open"),)
    id: str = Field(primary_key=True)
    recall_id: str
    revision: int
    digest: str
    body_json: str
    opened_at: str
    expires_at: str
    open: int | None = 1


class SignatureRow(SQLModel, table=True):
    """One person signs a proposal once, whatever the role."""

    __tablename__ = "signatures"
    proposal_id: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    role: str
    digest: str
    verdict: str
    reason: str
    at: str
    void: int = 0


class EffectRow(SQLModel, table=True):
    """The outbox: what is to be done outside, once. `in_doubt` 1: a call may have happened, so the neighbour is read before the next."""

    __tablename__ = "effects"
    __table_args__ = (Index("effects_due", "state", "not_before"),)
    key: str = Field(primary_key=True)
    recall_id: str = Field(index=True)
    kind: str
    target: str
    revision: int
    body_json: str
    state: str
    in_doubt: int = 0
    fence: int = Field(default=0, sa_type=BigInteger)
    holder: str = ""
    claimed_until: str | None = None
    attempts: int = 0
    not_before: str | None = None
    receipt_json: str | None = None


class SubjectRow(SQLModel, table=True):
    """Which contact a pseudonym stands for. Erasing a person deletes this row; everything else keeps the pseudonym."""

    __tablename__ = "subjects"
    pseudonym: str = Field(primary_key=True)
    contact_id: str


class DeliveryRow(SQLModel, table=True):
    """One notice to one subject (a pseudonym) by one channel. `sealed`: the address, encrypted, until the provider has answered."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("deliveries_by_chunk", "recall_id", "revision", "wave", "chunk"),)
    key: str = Field(primary_key=True)
    recall_id: str
    revision: int
    wave: int
    chunk: int
    subject: str
    channel: str
    locale: str
    state: str
    provider_id: str = ""
    detail: str = ""
    sealed: bytes | None = None


class DraftRow(SQLModel, table=True):
    """A delivery of a wave that is being frozen, in portions; all become deliveries in one transaction, or none."""

    __tablename__ = "delivery_drafts"
    key: str = Field(primary_key=True)
    recall_id: str
    revision: int
    wave: int
    number: int
    subject: str
    contact_id: str
    channel: str
    locale: str
    sealed: bytes


class NoticeRow(SQLModel, table=True):
    """The words of a wave in one language, frozen before the first is sent: what was checked is what goes out."""

    __tablename__ = "notices"
    recall_id: str = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    wave: int = Field(primary_key=True)
    locale: str = Field(primary_key=True)
    subject: str
    text: str
    html: str
    short: str
    digest: str


class ReviewRow(SQLModel, table=True):
    __tablename__ = "reviews"
    recall_id: str = Field(primary_key=True)
    night: str = Field(primary_key=True)
    at: str
    verdict: str
    review_json: str
