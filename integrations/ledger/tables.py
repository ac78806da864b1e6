"""All tables of the ledger, declared with SQLModel. Migrations are made from these; hot paths use plain SQL over the same names.

Money of the design: state changes and their journal entry commit together; keys are deterministic; no address, name or other contact
detail has a column here (a `subject` is a keyed pseudonym). Times are stored as UTC ISO 8601 text with microseconds and "Z": sorts as
text, reads by eye, and is the same in SQLite and PostgreSQL. `*_json` columns hold canonical JSON text.

Add here when something must survive a restart; rather in an artifact when it can be computed again.
"""

from sqlalchemy import BigInteger, Index, Integer, LargeBinary
from sqlmodel import Field, SQLModel

SERIAL = BigInteger().with_variant(Integer, "sqlite")
"""64 bits in both; in SQLite only INTEGER PRIMARY KEY is the row's own number, and so costs no second index."""


class JournalRow(SQLModel, table=True):
    """One entry of the hash chain. `body` is the canonical JSON exactly as hashed; the other columns are copies for searching.

    No index but the number's: every entry would pay for it, and who reads the journal reads it by number.
    """

    __tablename__ = "journal"
    seq: int = Field(primary_key=True, sa_type=SERIAL)
    at: str
    kind: str
    subject: str
    body: bytes = Field(sa_type=LargeBinary)
    hash: bytes = Field(sa_type=LargeBinary)


class JournalHeadRow(SQLModel, table=True):
    """The one row (id 1) every writer locks first: head of the chain, and the clock's high-water mark."""

    __tablename__ = "journal_head"
    id: int = Field(primary_key=True)
    seq: int = Field(sa_type=BigInteger)
    hash: bytes = Field(sa_type=LargeBinary)
    at: str


class CheckpointRow(SQLModel, table=True):
    """A signed head, also appended outside the database; `id` counts from 1."""

    __tablename__ = "checkpoints"
    id: int = Field(primary_key=True)
    seq: int = Field(sa_type=BigInteger)
    at: str
    line: str


class StepRow(SQLModel, table=True):
    """What has been done once: a step's key, a digest of its arguments, and its recorded result."""

    __tablename__ = "steps"
    key: str = Field(primary_key=True)
    name: str
    subject: str
    arguments_digest: str
    result_json: str
    at: str


class LeaseRow(SQLModel, table=True):
    """Mutual exclusion with a fencing number that only grows."""

    __tablename__ = "leases"
    name: str = Field(primary_key=True)
    holder: str
    fence: int = Field(sa_type=BigInteger)
    until: str


class BrakeRow(SQLModel, table=True):
    """The emergency stop: the row with the highest id counts. `engaged` 1 holds every effect."""

    __tablename__ = "brake"
    id: int = Field(primary_key=True)
    engaged: int
    person: str
    reason: str
    at: str


class BrakeSurfaceRow(SQLModel, table=True):
    """One app in its store as last read back under one stop. `still_since` is NULL while it does not stand still."""

    __tablename__ = "brake_surfaces"
    brake_id: int = Field(primary_key=True)
    app: str = Field(primary_key=True)
    platform: str
    store: str
    standing: str
    running_json: str
    detail: str
    looks: int
    looked_at: str
    still_since: str | None = None


class SourceRow(SQLModel, table=True):
    """How far each source has been read, and how it is."""

    __tablename__ = "sources"
    name: str = Field(primary_key=True)
    app: str = Field(primary_key=True)
    read_until: str
    fresh_until: str | None = None
    health: str
    warning: str = ""
    changed_at: str


class SignalRow(SQLModel, table=True):
    """One person's words; kept to be quoted in the memo. No author."""

    __tablename__ = "signals"
    __table_args__ = (Index("signals_by_app", "app", "platform", "at"),)
    source: str = Field(primary_key=True)
    app: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    kind: str
    platform: str
    at: str
    stars: int | None = None
    version: str = ""
    language: str = ""
    country: str = ""
    os_version: str = ""
    device: str = ""
    title: str = ""
    body: str = ""


class CountRow(SQLModel, table=True):
    """One bucket of one metric, folded in once."""

    __tablename__ = "counts"
    __table_args__ = (Index("counts_by_release", "app", "platform", "metric", "start"),)
    source: str = Field(primary_key=True)
    app: str = Field(primary_key=True)
    platform: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    metric: str = Field(primary_key=True)
    dimension: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    start: str = Field(primary_key=True)
    end: str
    events: int = Field(sa_type=BigInteger)
    exposure: int = Field(sa_type=BigInteger)


class ReleaseRow(SQLModel, table=True):
    __tablename__ = "releases"
    app: str = Field(primary_key=True)
    platform: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    released_at: str
    notes: str = ""


class InstalledRow(SQLModel, table=True):
    """The installed base's last known counts, one row a cell; older ones are in the reviews and the journal."""

    __tablename__ = "installed"
    source: str = Field(primary_key=True)
    app: str = Field(primary_key=True)
    platform: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    country: str = Field(primary_key=True)
    os_version: str = Field(primary_key=True)
    at: str
    exposed: int = Field(sa_type=BigInteger)
    fixed: int | None = Field(default=None, sa_type=BigInteger)
    blocked: int | None = Field(default=None, sa_type=BigInteger)
    uninstalled: int | None = Field(default=None, sa_type=BigInteger)
    dormant: int | None = Field(default=None, sa_type=BigInteger)


class ProbeRow(SQLModel, table=True):
    __tablename__ = "probes"
    source: str = Field(primary_key=True)
    app: str = Field(primary_key=True)
    target: str = Field(primary_key=True)
    at: str = Field(primary_key=True)
    health: str
    latency_ms: float | None = None
    detail: str = ""


class RejectedRow(SQLModel, table=True):
    """Quarantine: rows that could not be used, each once."""

    __tablename__ = "rejected"
    source: str = Field(primary_key=True)
    app: str = Field(primary_key=True)
    place: str = Field(primary_key=True)
    reason: str
    excerpt: str = ""
    at: str


class DetectorRow(SQLModel, table=True):
    """A detector's state for one release and metric, as canonical JSON, and how far it has folded."""

    __tablename__ = "detectors"
    app: str = Field(primary_key=True)
    platform: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    metric: str = Field(primary_key=True)
    folded_until: str
    state_json: str


class EvidenceRow(SQLModel, table=True):
    """What the detector said, look by look: the health chart and `recall explain` are drawn from here."""

    __tablename__ = "evidence"
    app: str = Field(primary_key=True)
    platform: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    metric: str = Field(primary_key=True)
    at: str = Field(primary_key=True)
    log_evidence: float
    evidence_json: str
