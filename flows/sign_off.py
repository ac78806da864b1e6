"""Flow: the form a person signs with.

Add here when the form asks for something else; rather in `tasks/rules/signoff.py` when it is about whether a signature counts.
"""

from typing import Annotated, Literal

from prefect import flow
from pydantic import Field

from configs.errors import KeyReused, SignatureRefused
from configs.terms import Verdict
from flows.recall import recall
from integrations.toolbox import open_toolbox
from tasks.decide import sign
from tasks.run import name_run, refused_run, ticked


@flow(name="sign-off", flow_run_name=name_run)
def sign_off(
    proposal: Annotated[str, Field(min_length=3, max_length=80, pattern=r"^[A-Za-z0-9-]+$")],
    person: Annotated[str, Field(min_length=1, max_length=80)],
    role: Annotated[str, Field(min_length=1, max_length=40)],
    verdict: Literal["approve", "reject"],
    reason: Annotated[str, Field(min_length=1, max_length=2000)],
    code: Annotated[str, Field(min_length=4, max_length=40)],
) -> dict[str, str]:
    """Signs a proposal. The last signature that is needed starts the recall at once. A run that ends as "Not signed" changed nothing.

    Args:
        proposal: The proposal's id, as in your message and in the memo (P-...).
        person: Your name as the policy knows it.
        role: The role you sign in: product, tech or legal.
        verdict: approve or reject; one rejection by anyone declines the proposal.
        reason: Why, in a sentence. It goes into the journal, so name nobody's private details.
        code: The one-time code from your own message. It is worth nothing afterwards.
    """
    tools = open_toolbox()
    try:
        signed = sign(tools, proposal_id=proposal, person=person, role=role, verdict=Verdict(verdict), reason=reason, code=code)
    except (SignatureRefused, KeyReused) as err:
        ended: dict[str, str] = refused_run(err, "Not signed")
        return ended
    if not signed.missing:
        ticked(recall)
    return {"state": signed.state.value} | {role: f"{n} more" for role, n in signed.missing.items()}
