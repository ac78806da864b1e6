"""The table of forecasts: what was predicted with a proposal, and how well it fitted. `tables.py`'s sign holds here too.

Add here when more of a prediction must survive a restart; rather in `tables_of_recalls.py` when it is about the decision itself.
"""

from sqlmodel import Field, SQLModel


class ForecastRow(SQLModel, table=True):
    """One proposal's forecast; `score_json` once its recall is closed."""

    __tablename__ = "forecasts"
    proposal_id: str = Field(primary_key=True)
    recall_id: str
    app: str = Field(index=True)
    at: str
    forecast_json: str
    scored_at: str | None = None
    score_json: str | None = None
