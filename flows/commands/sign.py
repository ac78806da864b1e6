"""`recall sign`: a signature from a shell; the same step as the form in the Prefect UI.

Add here when the command asks for something else; rather in `tasks/decide.py` when a signature does something else.
"""

from __future__ import annotations

import argparse
import getpass
import sys

from configs.errors import BadInput
from configs.terms import Verdict


def run(args: argparse.Namespace) -> int:
    """Signs and says what is still missing; the next tick carries out what was decided."""
    from flows.commands.printing import console, print_json
    from integrations.toolbox import open_toolbox
    from tasks.decide import sign
    from tasks.rules.signoff import OutcomeState

    signed = sign(
        open_toolbox(),
        proposal_id=args.proposal,
        person=args.person,
        role=args.role,
        verdict=Verdict(args.verdict),
        reason=args.reason,
        code=args.code or asked_code(),
    )
    if args.json:
        print_json({"proposal": signed.proposal_id, "state": signed.state.value, "missing": signed.missing})
        return 0
    wanted = ", ".join(f"{n} × {role}" for role, n in signed.missing.items()) if signed.state is OutcomeState.WAITING else ""
    console().print(f"signed; {signed.proposal_id} is {signed.state.value}{f', still needs {wanted}' if wanted else ''}", markup=False)
    return 0


def asked_code() -> str:
    """The code, typed where nobody sees it. Raises BadInput where there is nobody to type it."""
    if not sys.stdin.isatty():
        raise BadInput("no --code, and nobody to ask for it; the code is in your own message")
    return getpass.getpass("one-time code: ")
