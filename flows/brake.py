"""Flow: the emergency stop.

Add here when the form of the stop changes; rather in `tasks/stop.py` when stopping must do more.
"""

from typing import Annotated

from prefect import flow
from pydantic import Field

from configs.effects import EffectKind
from integrations.toolbox import open_toolbox
from tasks.act import perform_due
from tasks.run import name_run, run_id
from tasks.show import show_standstill
from tasks.standstill import until_still
from tasks.stop import engage_brake


@flow(name="brake", flow_run_name=name_run)
def brake(
    person: Annotated[str, Field(min_length=1, max_length=80)],
    reason: Annotated[str, Field(min_length=1, max_length=2000)],
    wait: Annotated[float, Field(ge=0, le=300)] = 8.0,
) -> dict[str, str]:
    """Stops everything at once: halts every roll-out in progress, holds every notice and every fix. Starting again needs all signatures.

    Args:
        person: Your name as the policy knows it; you must be permitted to brake.
        reason: Why, in a sentence. It goes into the journal.
        wait: Seconds to keep trying what does not stand still at once; afterwards every tick tries on.
    """
    tools = open_toolbox()
    number = engage_brake(tools, person=person, reason=reason, request=run_id())
    seen = {surface.app: surface.standing.value for surface in until_still(tools, number, wait)}
    show_standstill(tools)
    perform_due(tools, EffectKind.TELL_OPERATORS)
    return {"brake": str(number)} | seen
