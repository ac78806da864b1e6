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
from tasks.stop import engage_brake


@flow(name="brake", flow_run_name=name_run)
def brake(
    person: Annotated[str, Field(min_length=1, max_length=80)],
    reason: Annotated[str, Field(min_length=1, max_length=2000)],
) -> dict[str, str]:
    """Stops everything at once: halts every roll-out in progress, holds every notice and every fix. Starting again needs all signatures.

    Args:
        person: Your name as the policy knows it; you must be permitted to brake.
        reason: Why, in a sentence. It goes into the journal.
    """
    tools = open_toolbox()
    braked = engage_brake(tools, person=person, reason=reason, request=run_id())
    halts = perform_due(tools, EffectKind.HALT_ROLLOUT)
    return {"brake": str(braked.brake_id), "halts": str(len(halts)), "unread": ", ".join(braked.unread)}
