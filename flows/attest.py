"""Flow: every day, prove that the journal is whole.

Add here when the order of proving changes; rather in `tasks/attest.py` when the proof must cover more.
"""

from prefect import flow

from integrations.toolbox import open_toolbox
from tasks.attest import attest_journal
from tasks.run import name_run, reported


@flow(name="attest", flow_run_name=name_run)
@reported("attest")
def attest() -> dict[str, str | int]:
    """Recomputes the hash chain against its signed checkpoints and writes the result down; a broken chain fails the run."""
    tools = open_toolbox()
    proof = attest_journal(tools, at=tools.clock.now())
    return {"entries": proof.entries, "head": proof.head, "checkpoints": proof.checkpoints}
