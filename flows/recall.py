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
from tasks.chase import chase_due
from tasks.decide import propose_again, propose_due
from tasks.follow import start_due
from tasks.meet import meet_due
from tasks.mend import is_fix_due
from tasks.notify import due_waves
from tasks.roles import settle_roles
from tasks.run import all_of, name_run, reported, ticked
from tasks.show import show_memo, show_progress, show_standstill
from tasks.standstill import watch_surfaces
from tasks.track import track_plans
from tasks.widen import widen_due

MESSAGES = (EffectKind.ASK_SIGNATURE, EffectKind.INVITE, EffectKind.REMIND, EffectKind.TELL_OPERATORS)
"""To our own people."""


@flow(name="recall-decision", flow_run_name=name_run)
@reported("advance")
def recall(app: str = "") -> dict[str, str]:
    """Puts due proposals before the signers, carries out what they approved, and moves each recall on.

    Nothing waits in here: signatures arrive as runs of `sign-off`, and the next tick takes up what they allow.

    Args:
        app: Id of one app of the settings; empty for all of them.
    """
    tools = open_toolbox()
    moved: dict[str, str] = {}
    all_of(
        lambda: settle_roles(tools),
        lambda: [show_memo(tools, widened.recall_id) for widened in widen_due(tools, app)],
        lambda: [show_memo(tools, proposed.recall_id) for proposed in propose_due(tools, app)],
        lambda: [show_memo(tools, proposed.recall_id) for proposed in propose_again(tools, app)],
        lambda: chase_due(tools, app),
        lambda: start_due(tools, app),
        lambda: show_standstill(tools) if watch_surfaces(tools) else None,
        lambda: perform_due(tools, EffectKind.HALT_ROLLOUT),
        lambda: meet_due(tools, app),
        lambda: perform_due(tools, *MESSAGES, EffectKind.SEND_HOLDING),
        lambda: ticked(notify, app=app) if due_waves(tools, app) or due_effects(tools, EffectKind.SEND_NOTICES) else None,
        lambda: ticked(update, app=app) if is_fix_due(tools, app) else None,
        lambda: moved.update({one.recall_id: one.state.value for one in advance_going(tools, app)}),
        lambda: (perform_due(tools, *MESSAGES), show_progress(tools, app)) if track_plans(tools, app) else None,
    )
    return moved
