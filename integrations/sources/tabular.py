"""What a file and a query have in common: which table of which app they bring, under which column names, and how late.

Add here when every table takes one more option; rather in `integrations/sources/files.py` or `sql.py` when only that one does.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from configs.settings import App
from integrations.options import Options
from integrations.sources.columns import What, check_renamed
from integrations.sources.history import STALE_AFTER, Pace
from integrations.sources.options import Hours
from integrations.sources.records import Owner


class TableOptions(Options):
    """Options of a source that brings a table.

    Attributes:
        what: reviews, tickets, counts, installed or releases.
        app: the app's name in the table, where it is not the app's id; rows of other apps are left out.
        columns: their column name -> ours, or "" to leave one out.
        stale_after_hours: how old the newest row may be before the data count as stale.
        late_by_hours: how long after its own time a row may still be added (an export every night: 24 and more). A row counts as arrived
            that much later, so that none is missed; 0 means that rows are there at once.
    """

    what: What = What.REVIEWS
    app: str | None = Field(None, min_length=1)
    columns: dict[str, str] = Field(default_factory=dict)
    stale_after_hours: Hours | None = None
    late_by_hours: Annotated[float, Field(ge=0, le=24 * 60, allow_inf_nan=False)] = 0

    @model_validator(mode="after")
    def _named(self) -> Self:
        check_renamed(self.what, self.columns)
        return self

    @property
    def pace(self) -> Pace:
        """How late rows come, and when there are none for too long."""
        given = self.stale_after_hours
        return Pace(STALE_AFTER[self.what] if given is None else timedelta(hours=given), timedelta(hours=self.late_by_hours))

    def owner(self, name: str, app: App) -> Owner:
        """Whose rows are read, by that source for that app."""
        return Owner(name, self.app or app.id, app.id, app.platform)
