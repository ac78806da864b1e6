"""The tables of single events: streams, words, chunks, keys, counters, and how far files were read.

Add here when another thing about events is kept; rather in `tables.py` when it is about counts, words of people, or the journal.
"""

from sqlalchemy import BigInteger, Index, LargeBinary
from sqlmodel import Field, SQLModel


class EventStreamRow(SQLModel, table=True):
    """One source's events of one app on one platform. `salt` is mixed into every key; `kinds` are those ever seen, as bits."""

    __tablename__ = "event_streams"
    source: str = Field(primary_key=True)
    app: str = Field(primary_key=True)
    platform: str = Field(primary_key=True)
    id: int
    salt: int = Field(sa_type=BigInteger)
    kinds: int = 0


class EventWordRow(SQLModel, table=True):
    """What the numbers in the other tables stand for. `room`: version, device, os or country."""

    __tablename__ = "event_words"
    stream: int = Field(primary_key=True)
    room: str = Field(primary_key=True)
    code: int = Field(primary_key=True)
    word: str


class EventChunkRow(SQLModel, table=True):
    """Events as they came, in compressed columns; dropped once they are older than `events.keep_days`."""

    __tablename__ = "event_chunks"
    __table_args__ = (Index("event_chunks_by_age", "stream", "received_last"),)
    stream: int = Field(primary_key=True)
    number: int = Field(primary_key=True)
    received_last: int = Field(sa_type=BigInteger)
    events: int
    columns: bytes = Field(sa_type=LargeBinary)


class EventTextRow(SQLModel, table=True):
    """Digest of a stretch of text whose every event the ledger has, so that it is not parsed again."""

    __tablename__ = "event_texts"
    stream: int = Field(primary_key=True)
    digest: bytes = Field(primary_key=True, sa_type=LargeBinary)


class EventKeyRow(SQLModel, table=True):
    """A block of a sorted run of keys. `space` 0: ids of events; else the day whose counted users these are."""

    __tablename__ = "event_keys"
    stream: int = Field(primary_key=True)
    space: int = Field(primary_key=True)
    run: int = Field(primary_key=True)
    first: int = Field(primary_key=True, sa_type=BigInteger)
    last: int = Field(sa_type=BigInteger)
    level: int
    number: int
    keys: bytes = Field(sa_type=LargeBinary)


class EventCounterRow(SQLModel, table=True):
    """What one chunk added to the counters, in compressed columns, and the buckets it touches."""

    __tablename__ = "event_counters"
    stream: int = Field(primary_key=True)
    number: int = Field(primary_key=True)
    first_bucket: int
    last_bucket: int
    columns: bytes = Field(sa_type=LargeBinary)


class EventFileRow(SQLModel, table=True):
    """How far a file of events has been read: bytes, lines, its size on disk then, and a digest of what came before."""

    __tablename__ = "event_files"
    stream: int = Field(primary_key=True)
    file: str = Field(primary_key=True)
    offset_bytes: int = Field(sa_type=BigInteger)
    lines: int = Field(sa_type=BigInteger)
    size: int = Field(sa_type=BigInteger)
    tail: bytes = Field(sa_type=LargeBinary)
