"""Flow: read every source of an app, judge its releases, watch what is unknown, and call the decision when a recall is due for something.

Add here when the order of watching changes; rather in `flows/recall.py` when the order of recalling does.
"""

from functools import partial

from prefect import flow

from flows.recall import recall
from integrations.toolbox import open_toolbox
from tasks.due import is_recall_due
from tasks.poll import poll_app
from tasks.run import all_of, name_run, reported, ticked
from tasks.score import score_app
from tasks.show import show_health
from tasks.urge import urge_people
from tasks.watch import watch_unknown


@flow(name="monitor", flow_run_name=name_run)
@reported("monitor")
def monitor(app: str = "") -> dict[str, list[str]]:
    """Reads every source, judges the newest releases, opens or renews issues, tells people what is unknown for too long or asks for them.

    A source that fails is marked unknown and costs the others nothing. Running it twice, late or in parallel is harmless.

    Args:
        app: Id of one app of the settings; empty for all of them.
    """
    tools = open_toolbox()

    def watch(one: str) -> list[str]:
        now = tools.clock.now()
        poll_app(tools, one, now)
        scored = score_app(tools, app=one, until=now)
        if scored.opened:
            show_health(tools, one)
        all_of(
            lambda: watch_unknown(tools, one, now),
            lambda: urge_people(tools, one),
            lambda: ticked(recall, app=one) if is_recall_due(tools, one) else None,
        )
        return [*scored.opened, *scored.renewed]

    ids = [one.id for one in tools.apps(app)]
    return dict(zip(ids, all_of(*(partial(watch, one) for one in ids)), strict=True))
