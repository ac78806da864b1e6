"""The command line: `recall`. Commands live in `flows/commands`, and are imported only when they are run.

Add here when every command must start or fail otherwise; rather in `flows/commands/arguments.py` when there is a new one.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import io
import logging
import os
import sys
from collections.abc import Callable, Sequence

from flows.commands.arguments import add_commands

EXIT_CODES = """\
exit status:
  0  done
  1  a check failed: the journal does not verify, the demo did not end well
  2  the command line cannot be understood
  3  bad input: a file, a setting, a policy, an id
  4  refused by a rule: signature, transition, brake, wording
  5  a neighbour did not answer; trying again can help
  6  the ledger is not available
  130  stopped by Ctrl-C
  141  whoever read the output stopped reading
"""

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
"""A failed write names no file."""

INTERRUPTED, PIPE_CLOSED = 130, 141
"""As a shell counts: 128 and the number of the signal."""


def build_parser() -> argparse.ArgumentParser:
    """The parser of every command; reading it imports nothing but argparse."""
    parser = argparse.ArgumentParser(
        prog="recall",
        description="Recalls a bad release of a mobile app: from the first bad signal to the last user who is safe again.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_commands(parser.add_subparsers(dest="command", required=True, metavar="COMMAND"))
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file's odd name must not stop the command that shows it
    try:
        status = _run(build_parser().parse_args(argv))
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains when it flushes at the end
        return PIPE_CLOSED
    return status


def _run(args: argparse.Namespace) -> int:
    for quiet in ("recall", "stamina"):  # what fails is told once, below; `tick` opens a log of its own
        logging.getLogger(quiet).addHandler(logging.NullHandler())
    module, _, name = str(args.run).partition(":")
    from configs.errors import BadInput, RecallError

    try:
        run: Callable[[argparse.Namespace], int] = getattr(importlib.import_module(module), name)
        return run(args)
    except RecallError as err:
        return _told(args.command, err.message, err.exit_status)
    except KeyboardInterrupt:
        return _told(args.command, "stopped", INTERRUPTED)
    except BrokenPipeError:
        raise
    except OSError as err:
        if err.filename is None and err.errno not in NO_ROOM:
            raise
        sentence = f"{err.filename or 'a file'}: {err.strerror}; check the path, its permissions and the room on its disk"
        return _told(args.command, sentence, BadInput.exit_status)


def _told(command: str, sentence: str, status: int) -> int:
    print(f"recall {command}: {sentence}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
