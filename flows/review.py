"""Flow: every night, ask of each recall whether it worked, and close the ones that did.

Add here when the order of reviewing changes; rather in `tasks/rules/effectiveness.py` when "it worked" means something else.
"""

from prefect import flow

from configs.effects import EffectKind
from integrations.toolbox import open_toolbox
from tasks.act import perform_due
from tasks.advance import advance_going
from tasks.file import write_dossier, write_dossiers
from tasks.learn import learn_due
from tasks.poll import poll_app
from tasks.review import review_going
from tasks.run import all_of, name_run, reported
from tasks.show import show_review
from tasks.track import mark_reports


@flow(name="review", flow_run_name=name_run)
@reported("review")
def review(app: str = "") -> dict[str, str]:
    """Reads the newest counts, reconciles the installed base of every recall, judges the fix, closes what is proven.

    What healthy releases teach the detectors is learnt first.

    Args:
        app: Id of one app of the settings; empty for all of them.
    """
    tools = open_toolbox()
    verdicts: dict[str, str] = {}
    all_of(
        lambda: [poll_app(tools, one.id, tools.clock.now()) for one in tools.apps(app)],
        lambda: learn_due(tools, app),
        lambda: verdicts.update({found.recall_id: found.verdict.value for found in review_going(tools, app)}),
        lambda: [show_review(tools, recall_id) for recall_id in verdicts],
        lambda: advance_going(tools, app),
        lambda: perform_due(tools, EffectKind.TELL_OPERATORS),
        lambda: [write_dossier(tools, one.recall_id) for one in (mark_reports(tools, app) if write_dossiers(tools, app) else ())],
    )
    return verdicts
