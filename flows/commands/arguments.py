"""What every command takes: its name, its arguments, and what each means. Reading this imports nothing but argparse.

Add here when there is a new command or option; rather in the command's own file when it does something else.
"""

from __future__ import annotations

import argparse

Commands = argparse._SubParsersAction  # the only name argparse has for it


def _command(commands: Commands[argparse.ArgumentParser], name: str, help_text: str, json: bool = False) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help_text, description=help_text[0].upper() + help_text[1:] + ".")
    parser.set_defaults(run=f"flows.commands.{name}:run")
    if json:
        parser.add_argument("--json", action="store_true", help="print JSON for machines instead of text")
    return parser


def _demo(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "demo", "recall a simulated bad release, from the first crash to the closed case")
    parser.add_argument("--seed", type=int, default=7, help="seed of the simulation (default 7)")
    parser.add_argument("--home", default=".recall-demo", help="folder to work in; its contents are replaced (default .recall-demo)")
    parser.add_argument("--interactive", action="store_true", help="you sign in the Prefect UI instead of the simulated people")
    parser.add_argument("--keep", action="store_true", help="leave server and UI running until Ctrl-C")


def _up(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "up", "run server, deployments and worker until Ctrl-C")
    parser.add_argument("--port", type=_port, default=4200, help="port of API and UI, 1 to 65535 (default 4200)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; another than loopback needs authentication")
    parser.add_argument("--no-auth", action="store_true", help="no password on the UI; on loopback only")


def _web(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "web", "serve the pages of signed links alone, until Ctrl-C; `recall up` does when the settings say `web`")
    parser.add_argument("--port", type=_port, default=0, help="port to listen on (default: `web.port` of the settings, 4280)")
    parser.add_argument("--host", default="", help="address to listen on (default: `web.host` of the settings, loopback)")


def _port(given: str) -> int:
    if given.isdecimal() and 0 < int(given) < 65536:
        return int(given)
    raise argparse.ArgumentTypeError(f"{given!r} is no port; give a number from 1 to 65535")


def _init(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "init", "write a commented recall.yaml and policy.yaml, and make the ledger")
    parser.add_argument("--folder", default=".", help="where to (default: here); existing files are kept")


def _tick(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "tick", "do what the schedules do, now and without a Prefect server", json=True)
    parser.add_argument("what", nargs="?", choices=("all", "monitor", "advance", "review", "attest"), default="all", help="which tick")
    parser.add_argument("--app", default="", help="one app only")


def _status(commands: Commands[argparse.ArgumentParser]) -> None:
    _command(commands, "status", "show sources, issues, recalls, effects and the brake at a glance", json=True)


def _explain(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "explain", "say why an issue has its level, from which inputs, under which policy", json=True)
    parser.add_argument("issue", help="the issue's id (ISS-...)")
    parser.add_argument("--page", default="", metavar="FILE", help="also write it with the chart as one HTML file")


def _memo(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "memo", "show what the signers decide on: the options, what each leads to, and why", json=True)
    parser.add_argument("about", help="the id of a proposal (P-...), an issue (ISS-...) or a recall (REC-...)")
    parser.add_argument("--language", choices=("en", "zh", "ru"), default="", help="default: as your terminal is set (LANG), else English")
    parser.add_argument("--page", default="", metavar="FILE", help="also write it with the chart as one HTML file")


KINDS = ("crash", "hang", "breakage", "data_loss", "payment", "account", "privacy", "safety", "displeasure")
"""The kinds of `configs.terms.IssueKind`; importing the glossary would cost every command's start."""


def _merge(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "merge", "say that an issue is the same problem as another one, for good", json=True)
    parser.add_argument("issue", help="the issue's id (ISS-...)")
    parser.add_argument("into", help="the id of the issue that takes it, of the same release")
    parser.add_argument("--person", required=True, help="your name as the policy knows it")
    parser.add_argument("--reason", required=True, help="why, in a sentence; goes into the journal")


def _split(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "split", "say that a part of an issue is another problem, for good", json=True)
    parser.add_argument("issue", help="the issue's id (ISS-...)")
    part = parser.add_mutually_exclusive_group(required=True)
    part.add_argument("--kind", choices=KINDS, default="", help="evidence of that kind is split off")
    part.add_argument(
        "--scope",
        action="append",
        default=[],
        metavar="DIMENSION=VALUE",
        help="evidence of these users: device=, os=, country= (repeatable)",
    )
    parser.add_argument("--person", required=True, help="your name as the policy knows it")
    parser.add_argument("--reason", required=True, help="why, in a sentence; goes into the journal")


def _sign(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "sign", "sign a proposal, or the release of the brake", json=True)
    parser.add_argument("proposal", help="the proposal's id (P-...), or brake-N")
    parser.add_argument("--person", required=True, help="your name as the policy knows it")
    parser.add_argument("--role", required=True, help="the role you sign in")
    parser.add_argument("--verdict", choices=("approve", "reject"), required=True)
    parser.add_argument("--reason", required=True, help="why, in a sentence; goes into the journal")
    parser.add_argument("--code", default="", help="your one-time code; asked for when not given")


def _amend(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "amend", "change the text of an open proposal; every signature on it becomes void", json=True)
    parser.add_argument("proposal", help="the proposal's id (P-...)")
    parser.add_argument("--person", required=True, help="your name as the policy knows it")
    parser.add_argument("--reason", required=True, help="why, in a sentence; goes into the journal")
    parser.add_argument("--action", choices=("partial", "full"), default=None, help="recall a part of the users, or all")
    for name, what in (("countries", "DE,CN"), ("os", "14,15"), ("devices", '"Pixel 9"')):
        parser.add_argument(f"--{name}", default=None, metavar="A,B", help=f'those concerned, as in {what}; "" for all')
    parser.add_argument("--note", default=None, help='a sentence for the signers; "" for none')
    parser.add_argument("--not-before", default=None, metavar="TIME", help="earliest start: 20:00 or 2026-03-02T20:00 (UTC), or now")
    parser.add_argument("--code", default="", help="your one-time code; asked for when not given")


def _withdraw(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "withdraw", "take back a question that is not decided, or your own signature on it", json=True)
    parser.add_argument("question", help="the proposal's id (P-...), brake-N or roles-N")
    parser.add_argument("--person", required=True, help="your name as the policy knows it")
    parser.add_argument("--reason", required=True, help="why, in a sentence; goes into the journal")
    parser.add_argument("--signature", action="store_true", help="only your own signature; the question stays")


def _roles(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "roles", "show who signs, or ask the signers to agree on others", json=True)
    parser.add_argument("what", nargs="?", choices=("show", "propose", "restore"), default="show", help="show is the default")
    parser.add_argument("--person", default="", help="your name; needed to propose or restore")
    parser.add_argument("--reason", default="", help="why, in a sentence; needed to propose or restore")


def _minutes(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "minutes", "enter the minutes of the meeting about a proposal, once", json=True)
    parser.add_argument("proposal", help="the proposal's id (P-...)")
    parser.add_argument("--person", required=True, help="your name as the policy knows it")
    parser.add_argument("--attended", required=True, metavar="NAME,NAME", help="who was there, by their names in the policy")
    parser.add_argument("--argument", action="append", required=True, metavar="TEXT", help="one argument, in a sentence (repeatable)")
    parser.add_argument("--decision", required=True, help="what was decided, in a sentence")
    parser.add_argument("--correct", default="", metavar="REASON", help="replace what was entered before, and say why")


def _plan(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "plan", "show a recall's plan and its history, or change a milestone", json=True)
    parser.add_argument("recall", help="the recall's id (REC-...)")
    parser.add_argument("what", nargs="?", choices=("show", "set"), default="show", help="show it (default), or set a milestone")
    parser.add_argument("milestone", nargs="?", default="", help="the milestone to set")
    parser.add_argument("--due", default="", metavar="+TIME", help="so long after the verdict: +30m, +6h, +2d")
    parser.add_argument("--owner", default="", help="who sees to it: a role, or a person of the policy")
    parser.add_argument("--person", default="", help="your name as the policy knows it; needed to set")
    parser.add_argument("--reason", default="", help="why, in a sentence; needed to set; goes into the journal")


def _notices(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "notices", "show what would be sent, in every language and form, before it is", json=True)
    parser.add_argument("what", choices=("preview",), help="show it, and what keeps it from being sent")
    parser.add_argument("recall", help="the recall's id (REC-...)")
    parser.add_argument(
        "--out", default="", metavar="FOLDER", help="write it as files instead: .txt, .html, .short, .push, .findings a language"
    )
    parser.add_argument("--profile", choices=("recall", "outage"), default="recall", help="recall notice (default), or outage messages")


def _fix(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "fix", "name the version that mends a recalled one", json=True)
    parser.add_argument("recall", help="the recall's id (REC-...)")
    parser.add_argument("version", help="a newer version that lies ready in the store")
    parser.add_argument("--person", required=True, help="your name as the policy knows it")
    parser.add_argument("--reason", required=True, help="why, in a sentence; goes into the journal")


def _admit(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "admit", "take in, or drop, old rows that a source brought too many of at once", json=True)
    parser.add_argument("source", help="the source's name; `recall status` lists what is held")
    parser.add_argument("--app", default="", help="one app only")
    parser.add_argument("--person", required=True, help="your name as the policy knows it")
    parser.add_argument("--reason", required=True, help="why, in a sentence; goes into the journal")
    parser.add_argument("--drop", action="store_true", help="leave them out for good instead; they stay readable")


def _forget(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "forget", "erase a person from the ledger", json=True)
    parser.add_argument("subject", help="their id in your list of contacts")
    parser.add_argument("--person", required=True, help="your name as the policy knows it")
    parser.add_argument("--reason", required=True, help="why, in a sentence; goes into the journal, so name nobody in it")


def _brake(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "brake", "stop everything at once, show the proof, or ask for the release", json=True)
    parser.add_argument("--person", default="", help="your name as the policy knows it")
    parser.add_argument("--reason", default="", help="why, in a sentence; goes into the journal")
    parser.add_argument("--wait", type=float, default=8.0, metavar="SECONDS", help="how long to keep trying here (default: %(default)s)")
    parser.add_argument("--release", action="store_true", help="ask every role to sign the release instead")
    parser.add_argument("--show", action="store_true", help="only show who braked, why, and what each surface says")


def _verify(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "verify", "prove the journal against its signed checkpoints; works offline", json=True)
    parser.add_argument(
        "--checkpoints", action="append", default=[], metavar="FILE", help="a copy of the checkpoints kept elsewhere (repeatable)"
    )
    parser.add_argument("--keys", default="", metavar="FILE", help="the public keys as an auditor keeps them (default: beside the ledger)")


def _replay(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "replay", "run real history through the same sources, steps and rules", json=True)
    parser.add_argument("--reviews", action="append", required=True, metavar="FILE", help="CSV, JSONL (also .gz) or Parquet; repeatable")
    parser.add_argument("--releases", action="append", default=[], metavar="FILE", help="release lists; other apps in them are ignored")
    parser.add_argument("--truth", default="", metavar="FILE", help="labelled episodes to compare with")
    parser.add_argument("--policy", default="default", help="built-in policy or file (default: default)")


def add_commands(commands: Commands[argparse.ArgumentParser]) -> None:
    """Every command, in the order of `recall --help`."""
    watching = (_demo, _up, _web, _init, _tick, _status, _explain, _memo, _merge, _split)
    deciding = (_sign, _amend, _withdraw, _roles, _minutes, _plan, _notices, _fix, _admit, _forget)
    for add in (*watching, *deciding, _brake, _verify, _replay):
        add(commands)
