"""Flow: publish the remedy: look for the fixed version in the store, roll it out with the highest priority.

Add here when the order of publishing changes; rather in `tasks/mend.py` when it is about which version mends what.
"""

from prefect import flow

from configs.effects import EffectKind
from integrations.toolbox import open_toolbox
from tasks.act import perform_due
from tasks.mend import queue_fixes
from tasks.run import name_run


@flow(name="update", flow_run_name=name_run)
def update(app: str = "") -> list[str]:
    """For every approved recall: finds a newer version that is ready in the store, and publishes it.

    Args:
        app: Id of one app of the settings; empty for all of them.
    """
    tools = open_toolbox()
    queue_fixes(tools, app)
    return [done.detail or done.state.value for done in perform_due(tools, EffectKind.PUBLISH_FIX)]
