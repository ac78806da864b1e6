"""Flow: tell the exposed users: freeze each due wave, send its chunks, show how far it is.

Add here when the order of telling changes; rather in `tasks/notify.py` when it is about who is told.
"""

from prefect import flow

from configs.effects import EffectKind
from integrations.toolbox import open_toolbox
from tasks.act import perform_due
from tasks.notify import freeze_due
from tasks.run import all_of, name_run
from tasks.show import show_notices, show_progress


@flow(name="notification", flow_run_name=name_run)
def notify(app: str = "") -> dict[str, int]:
    """Freezes every wave whose time has come and sends what waits, each notice once.

    Args:
        app: Id of one app of the settings; empty for all of them.
    """
    tools = open_toolbox()
    done: dict[str, int] = {}
    all_of(
        lambda: done.update(waves=len(freeze_due(tools, app))),
        lambda: done.update(chunks=len(perform_due(tools, EffectKind.SEND_NOTICES))),
        lambda: show_notices(tools, app),
        lambda: show_progress(tools, app),
    )
    return done
