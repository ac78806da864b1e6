"""Flow: advance every recall by what is due, from the proposal to the closed case.

Add here when the order of recalling changes; rather in `tasks/rules/lifecycle.py` when a state waits for something else.
"""

from prefect import flow

from configs.effects import EffectKind
from flows.notify import notify
from flows.update import update
from integrations.toolbox import open_toolbox
from tasks.act import due_effects, perform_due
from tasks.advance import advance_going
from tasks.decide import propose_again, propose_due
from tasks.mend import is_fix_due
from tasks.notify import due_waves
from tasks.run import name_run, reported, ticked
from tasks.show import show_memo
from tasks.stop import halt_unread


@flow(name="recall-decision", flow_run_name=name_run)
@reported("advance")
def recall(app: str = "") -> dict[str, str]:
    """Puts due proposals before the signers, carries out what they approved, and moves each recall on.

    Nothing waits in here: signatures arrive as runs of `sign-off`, and the next tick takes up what they allow.

    Args:
        app: Id of one app of the settings; empty for all of them.
    """
    tools = open_toolbox()
    for proposed in (*propose_due(tools, app), *propose_again(tools, app)):
        show_memo(tools, proposed.recall_id)
    halt_unread(tools)
    perform_due(tools, EffectKind.HALT_ROLLOUT)
    perform_due(tools, EffectKind.ASK_SIGNATURE, EffectKind.TELL_OPERATORS)
    if due_waves(tools, app) or due_effects(tools, EffectKind.SEND_NOTICES):
        ticked(notify, app=app)
    if is_fix_due(tools, app):
        ticked(update, app=app)
    return {moved.recall_id: moved.state.value for moved in advance_going(tools, app)}
