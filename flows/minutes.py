"""Flow: the form for the minutes of a meeting.

Add here when the form asks for something else; rather in `tasks/meet.py` when entering minutes does something else.
"""

from typing import Annotated

from prefect import flow
from pydantic import Field

from integrations.toolbox import open_toolbox
from tasks.meet import enter_minutes
from tasks.run import name_run


@flow(name="minutes", flow_run_name=name_run)
def minutes(
    proposal: Annotated[str, Field(min_length=3, max_length=80, pattern=r"^[A-Za-z0-9-]+$")],
    person: Annotated[str, Field(min_length=1, max_length=80)],
    attended: Annotated[list[str], Field(min_length=1, max_length=100)],
    arguments: Annotated[list[str], Field(min_length=1, max_length=50)],
    decision: Annotated[str, Field(min_length=1, max_length=2000)],
    correction: Annotated[str, Field(max_length=2000)] = "",
) -> dict[str, str]:
    """Enters what was said and decided in the meeting about a proposal; memo and dossier show it. It decides nothing: signatures do.

    Args:
        proposal: The proposal's id, as in the invitation and in the memo (P-...).
        person: Your name as the policy knows it.
        attended: Who was there, by their names in the policy.
        arguments: What was said for and against, a sentence each.
        decision: What was decided, in a sentence.
        correction: Only to replace what was entered before: why. The earlier entry stays readable.
    """
    tools = open_toolbox()
    entered = enter_minutes(
        tools,
        proposal_id=proposal,
        person=person,
        attended=tuple(attended),
        arguments=tuple(arguments),
        decision=decision,
        correction=correction,
    )
    return {"proposal": entered.proposal_id, "entry": str(entered.number)}
