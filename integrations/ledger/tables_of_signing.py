"""The tables of signing that grew later; `proposals` and `signatures` are in `tables_of_recalls.py`.

Add here when something about how people sign must survive a restart; rather in `tables_of_recalls.py` when it is about the recall itself.
"""

from sqlmodel import Field, SQLModel


class CodeAttemptRow(SQLModel, table=True):
    """Wrong codes by question and person ("" for attempts that no code could answer)."""

    __tablename__ = "code_attempts"
    question_id: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    wrong: int = 0
    total: int = 0
    lockouts: int = 0
    locked_until: str | None = None
    refused: int = 0
    summed_at: str | None = None
