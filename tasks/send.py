"""Sends one chunk of notices: says which are about to go out, sends them, writes down what became of each.

    queued --intend--> intended --send--> accepted / bounced / deferred / unknown

After a crash only the chunk's intended notices are in doubt. Whoever sends shows before each batch, and while it goes out, that the claim
is still theirs: a sender slower than its lease stops where another has taken over. A channel that can be asked is asked, and what it does
not have is sent again under the same key; where nobody can be asked they stay `unknown` and are listed for a person. Nothing is sent
blindly twice.

Add here when a chunk is sent in another way; rather in `tasks/notify.py` when it is about who is in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from configs.effects import Contact, DeliveryState, Effect, EffectState, Message, Receipt
from configs.errors import Ambiguous, BadInput, Transient, TransitionRefused
from configs.notice import RenderedNotice
from configs.terms import Recall
from integrations.contracts import Channel
from integrations.ledger import outbox
from integrations.ledger.book import Txn
from integrations.ledger.cases import the_recall
from integrations.ledger.deliveries import Delivery, deliveries_in, intend, settle_deliveries
from integrations.ledger.wordings import frozen_notices
from tasks.outcome import Outcome
from tasks.step import Work

Chunk = Sequence[tuple[Delivery, str]]
SENDABLE = (DeliveryState.QUEUED, DeliveryState.DEFERRED)
IN_DOUBT = (DeliveryState.INTENDED, DeliveryState.UNKNOWN)

RENEWALS = 4
"""How often a lease is renewed within its own length while a batch goes out."""


def send_notices(work: Work, effect: Effect, in_doubt: bool) -> Outcome:
    """Sends what of the chunk is not settled yet; DONE once no notice of it waits."""
    recall, chunk = _loaded(work, effect)
    for name, _ in _by_channel(chunk):
        _channel(work, name)  # one that is missing refuses the chunk before anything of it goes out
    receipts = [*_resolved(work, chunk)]
    known = {r.key for r in receipts}
    still = [(d, c) for d, c in chunk if d.key not in known and d.state in (*SENDABLE, *IN_DOUBT)]
    trouble: list[str] = []
    receipts += _sent(work, effect, recall, still, trouble)
    return _outcome(work, chunk, receipts, trouble)


def _loaded(work: Work, effect: Effect) -> tuple[Recall, Chunk]:
    wave, number = int(str(effect.body["wave"])), int(str(effect.body["chunk"]))
    with work.read() as txn:
        return the_recall(txn, effect.recall_id), deliveries_in(txn, effect.recall_id, effect.revision, wave, number)


def _resolved(work: Work, chunk: Chunk) -> Iterator[Receipt]:
    """What became of the notices an earlier try may have sent: the provider's word, or UNKNOWN where it cannot be asked."""
    for name, part in _by_channel((d, c) for d, c in chunk if d.state in IN_DOUBT):
        channel = _channel(work, name)
        keys = [d.key for d, _ in part]
        if channel.can_lookup:
            yield from channel.lookup(keys).values()
        else:
            yield from (Receipt(key, DeliveryState.UNKNOWN, detail="in doubt after an interruption; ask the relay") for key in keys)


def _sent(work: Work, effect: Effect, recall: Recall, part: Chunk, trouble: list[str]) -> Iterator[Receipt]:
    if not part:
        return
    notices = _notices(work, recall, part[0][0].wave)
    contacts = work.tools.contacts[recall.app].find([c for _, c in part if c])
    for name, rows in _by_channel(part):
        messages = [m for d, c in rows if (m := _message(d, contacts.get(c), notices[d.locale])) is not None]
        ready = {m.key for m in messages}
        yield from (Receipt(d.key, DeliveryState.BOUNCED, detail="no such contact any more") for d, _ in rows if d.key not in ready)
        yield from _handed_over(work, effect, _channel(work, name), messages, trouble)


def _notices(work: Work, recall: Recall, wave: int) -> dict[str, RenderedNotice]:
    with work.read() as txn:
        return frozen_notices(txn, recall.id, recall.revision, wave)


def _message(delivery: Delivery, contact: Contact | None, notice: RenderedNotice) -> Message | None:
    address = contact.addresses.get(delivery.channel) if contact else None
    if not address:
        return None
    return Message(delivery.key, address, notice.subject, notice.text, notice.html, locale=delivery.locale, urgent=True)


def _handed_over(work: Work, effect: Effect, channel: Channel, messages: Sequence[Message], trouble: list[str]) -> Iterator[Receipt]:
    """Writes the intent, then sends; whatever has no receipt when the connection breaks is in doubt. `trouble`: the channel is down."""
    renewed = _renewed(work, effect, [m.key for m in messages])
    open_keys = {m.key for m in messages}
    try:
        for receipt in channel.send(messages):
            open_keys.discard(receipt.key)
            yield receipt
            if (work.tools.clock.now() - renewed).total_seconds() > work.tools.policy.effects.lease_seconds / RENEWALS:
                renewed = _renewed(work, effect, ())
    except Transient as err:
        trouble.append(err.message)
        yield from (Receipt(key, DeliveryState.DEFERRED, detail=err.message) for key in sorted(open_keys))
    except Ambiguous as err:
        yield from (Receipt(key, DeliveryState.UNKNOWN, detail=err.message) for key in sorted(open_keys))


def _renewed(work: Work, effect: Effect, keys: Sequence[str]) -> datetime:
    """Since when the claim is surely ours, with these notices as the next to go out.

    Raises:
        TransitionRefused: another tick has taken the chunk over; nothing more may be sent from here.
    """
    with work.write() as txn:
        if not outbox.renew(txn, effect, work.tools.policy.effects.lease_seconds):
            raise TransitionRefused(
                f"chunk {effect.target} took longer than its lease and is no longer ours; the rest is left to the other"
            )
        intend(txn, keys)
        return txn.now


def _outcome(work: Work, chunk: Chunk, receipts: Sequence[Receipt], trouble: Sequence[str]) -> Outcome:
    """DONE when all is settled; QUEUED while some were deferred; UNKNOWN while some are in doubt and their channel can be asked.

    Recipients who defer and defer are given up with the policy's last try; a channel that is down, or still makes progress, is not.
    """
    now = {d.key: d.state for d, _ in chunk} | {r.key: r.state for r in receipts}
    counts = Counter(state.value for state in now.values())
    askable = any(now[d.key] in IN_DOUBT and _channel(work, d.channel).can_lookup for d, _ in chunk)

    def record(txn: Txn) -> None:
        settle_deliveries(txn, receipts)

    state = EffectState.UNKNOWN if askable else EffectState.QUEUED if counts[DeliveryState.DEFERRED] else EffectState.DONE
    progress = any(r.state in (DeliveryState.ACCEPTED, DeliveryState.BOUNCED) for r in receipts)
    at_last = None if trouble or progress else EffectState.DONE
    receipt: dict[str, object] = {"notices": dict(sorted(counts.items()))}
    return Outcome(state, receipt | ({"reason": trouble[0]} if trouble else {}), record, at_last, _left(counts))


def _left(counts: Counter[str]) -> str:
    """What a person must know of a chunk that has ended."""
    said = {
        DeliveryState.UNKNOWN: "in doubt: look into the provider's log before anyone is told again",
        DeliveryState.DEFERRED: "not taken",
    }
    return "; ".join(f"{counts[state]} notices {words}" for state, words in said.items() if counts[state])


def _by_channel(rows: Iterator[tuple[Delivery, str]] | Chunk) -> Iterator[tuple[str, list[tuple[Delivery, str]]]]:
    for name, part in groupby(sorted(rows, key=lambda row: row[0].channel), key=lambda row: row[0].channel):
        yield name, list(part)


def _channel(work: Work, name: str) -> Channel:
    try:
        return work.tools.channels[name]
    except KeyError:
        raise BadInput(f"channel {name!r} is not in the settings; add it there, or its notices cannot go out") from None
