"""One chunk handed over at once, on several connections: after a kill at most one notice a connection is in doubt.

What is about to go out is not marked row by row but traced in a file (`integrations/trace.py`); the ledger keeps that, and on which
machine, before the first word leaves. Whoever takes the chunk over on the same boot of the same machine reads the file; elsewhere the file
is not to be had, so the whole chunk is in doubt.

Add here when an interrupted fan-out is resolved otherwise; rather in `tasks/send.py` when it is about every chunk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from configs.effects import DeliveryState, Effect, EffectState, Message, Receipt
from configs.errors import NotFound, Transient, TransitionRefused
from integrations.contracts import FanOut
from integrations.holder import machine_of
from integrations.ledger import outbox
from integrations.ledger.deliveries import Waiting, intend
from integrations.trace import FileTrace, Traced, read_trace
from tasks.step import Work

RENEWALS = 4
"""How often a lease is renewed within its own length while a batch goes out."""

FOLDER = "outbox"
"""Of traces, in the home folder."""

SETTLED = (EffectState.DONE, EffectState.FAILED, EffectState.CANCELLED)
DOUBT = "in doubt after an interruption; ask the relay"
Messages = Callable[[Sequence[Waiting], list[Receipt]], Iterator[Message]]


@dataclass(frozen=True)
class Claim:
    """A claimed effect while its chunk goes out: the lease is renewed, and lost when another has taken over."""

    work: Work
    effect: Effect
    renewed: list[datetime] = field(default_factory=list)

    def renew(self, keys: Sequence[str] = (), receipt: Mapping[str, object] | None = None) -> None:
        """Shows that the claim is ours, with these notices as the next to go out; `receipt`: what whoever takes over must know.

        Raises:
            TransitionRefused: another tick has taken the chunk over; nothing more may be sent from here.
        """
        with self.work.write() as txn:
            if not outbox.renew(txn, self.effect, self.work.tools.policy.effects.lease_seconds):
                raise TransitionRefused(
                    f"chunk {self.effect.target} took longer than its lease and is no longer ours; the rest is left to the other"
                )
            intend(txn, keys)
            if receipt is not None:
                outbox.note(txn, self.effect, receipt)
            self.renewed[:] = [txn.now]

    def keep(self) -> None:
        """Renews where it is time to."""
        since = self.work.tools.clock.now() - self.renewed[0]
        if since.total_seconds() > self.work.tools.policy.effects.lease_seconds / RENEWALS:
            self.renew()


def hand_over(
    claim: Claim,
    channel: FanOut,
    rows: Sequence[Waiting],
    messages: Messages,
    receipts: list[Receipt],
    trouble: list[str],
    *,
    in_doubt: bool,
) -> None:
    """Sends these notices; their answers go to `receipts`, and what keeps the channel from sending to `trouble`."""
    tools = claim.work.tools
    path, machine = tools.settings.home_folder / FOLDER / f"{claim.effect.key}.trace", machine_of(tools.holder)
    receipts += _resolved(claim, channel, rows, path, machine, in_doubt=in_doubt)
    known = {receipt.key for receipt in receipts}
    waiting = [row for row in rows if row.key not in known] if known else rows
    _sweep(claim.work, path.parent)
    claim.renew(receipt={"tracing": machine})
    gone: list[Receipt] = []
    with FileTrace(path, machine) as trace:
        try:
            for answered in channel.fan_out(messages(waiting, gone), trace):
                receipts += answered
                claim.keep()
        except Transient as err:
            trouble.append(err.message)
            told = {receipt.key for receipt in (*receipts, *gone)}
            receipts += [Receipt(row.key, DeliveryState.DEFERRED, detail=err.message) for row in waiting if row.key not in told]
    receipts += gone


def _resolved(claim: Claim, channel: FanOut, rows: Sequence[Waiting], path: Path, machine: str, *, in_doubt: bool) -> list[Receipt]:
    """What became of the notices an earlier try may have sent: as traced, by the provider's word, or UNKNOWN where it cannot be asked."""
    unknown = {row.key for row in rows if row.state in (DeliveryState.UNKNOWN, DeliveryState.INTENDED)}
    if in_doubt and _tracing(claim):
        traced = read_trace(path, machine) or Traced(in_doubt=frozenset(row.key for row in rows))
        ours = {row.key for row in rows}
        answered = [receipt for key, receipt in traced.answered.items() if key in ours and receipt.state is not DeliveryState.DEFERRED]
        unknown = (unknown | traced.in_doubt) & ours - {receipt.key for receipt in answered}
    else:
        answered = []
    if unknown and channel.can_lookup:
        return answered + list(channel.lookup(sorted(unknown)).values())
    return answered + [Receipt(key, DeliveryState.UNKNOWN, detail=DOUBT) for key in sorted(unknown)]


def _tracing(claim: Claim) -> bool:
    """Whether an earlier try had begun to send."""
    with claim.work.read() as txn:
        return bool((outbox.receipt_of(txn, claim.effect.key) or {}).get("tracing"))


def _sweep(work: Work, folder: Path) -> None:
    """Removes the traces of chunks that are settled: all they told is in the ledger."""
    for path in sorted(folder.glob("*.trace")):
        with work.read() as txn, suppress(NotFound):
            if outbox.state_of(txn, path.stem) in SETTLED:
                path.unlink(missing_ok=True)
