"""The tables of who signs and of what no longer counts; the others are in `tables_of_recalls.py`.

`signoff_sections` holds the addresses of our own signers, for where a code goes is a part of who signs; they are sealed (`sealed.py`).

Add here when something about signing must survive a restart; rather in `tables_of_recalls.py` when it is about the recall itself.
"""

from sqlmodel import Field, SQLModel


class SectionRow(SQLModel, table=True):
    """A signoff section that was agreed on or asked about, by the digest that questions and journal name."""

    __tablename__ = "signoff_sections"
    digest: str = Field(primary_key=True)
    section_json: str


class AgreementRow(SQLModel, table=True):
    """Which section is in force: the row with the highest number. `manner`: founded, signed or restored."""

    __tablename__ = "signoff_agreed"
    number: int = Field(primary_key=True)
    digest: str
    manner: str
    question: str = ""
    at: str


class SignoffFileRow(SQLModel, table=True):
    """The one row (id 1) that says how the policy file was found: which section, under which agreement, what it changes, since when."""

    __tablename__ = "signoff_file"
    id: int = Field(primary_key=True)
    digest: str
    agreement: int
    changes: str
    at: str


class VoidSignatureRow(SQLModel, table=True):
    """A signature that counts no longer, as it was given; `turn` is the person's on that question, `why` and `voided_by` say how."""

    __tablename__ = "void_signatures"
    proposal_id: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    turn: int = Field(primary_key=True)
    role: str
    digest: str
    verdict: str
    reason: str
    at: str
    voided_at: str
    voided_by: str
    why: str


class SpentCodeRow(SQLModel, table=True):
    """One turn of one person on one question that is over: its codes open nothing any more."""

    __tablename__ = "spent_codes"
    question_id: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    turn: int = Field(primary_key=True)
    why: str
    at: str
