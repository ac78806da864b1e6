"""Sends one chunk of notices: says which are about to go out, sends them, writes down what became of each.

    queued --intend--> intended --send--> accepted / bounced / deferred / unknown

After a crash only what was about to go out is in doubt: the batch, or, where a channel hands many over at once (`tasks/fan_out.py`), one a
connection. Whoever sends shows before each batch, and while it goes out, that the claim is still theirs: a sender slower than its lease
stops where another has taken over. A channel that can be asked is asked, and what it does not have is sent again under the same key; where
nobody can be asked they stay `unknown` and are listed for a person. Nothing is sent blindly twice.

Add here when a chunk is sent in another way; rather in `tasks/notify.py` when it is about who is in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

from configs.effects import Contact, DeliveryState, Effect, EffectState, Message, Receipt
from configs.errors import Ambiguous, BadInput, Transient
from configs.notice import RenderedNotice
from configs.terms import Recall
from integrations.contracts import Channel, FanOut
from integrations.ledger.book import Txn
from integrations.ledger.cases import the_recall
from integrations.ledger.deliveries import Waiting, accept_rest, settle_deliveries, states_in, waiting_in
from integrations.ledger.wordings import frozen_notices
from tasks.fan_out import Claim, hand_over
from tasks.outcome import Outcome
from tasks.step import Work

IN_DOUBT = (DeliveryState.INTENDED, DeliveryState.UNKNOWN)

GONE = "no such contact any more"


def send_notices(work: Work, effect: Effect, in_doubt: bool) -> Outcome:
    """Sends what of the chunk is not settled yet; DONE once no notice of it waits."""
    chunk = _opened(work, effect)
    channels = {name: _channel(work, name) for name in {row.channel for row in chunk.rows}}  # a missing one refuses the whole chunk
    for name, rows in groupby(chunk.rows, key=attrgetter("channel")):
        part = _Part(channels[name], list(rows))
        chunk.parts.append(part)
        if isinstance(part.channel, FanOut):
            hand_over(chunk.claim, part.channel, part.rows, chunk.messages, part.receipts, part.trouble, in_doubt=in_doubt)
        else:
            _hand_over(chunk, part)
    return _outcome(chunk)


@dataclass
class _Part:
    """What of a chunk goes by one channel, and what became of it. `trouble`: the channel is down."""

    channel: Channel
    rows: Sequence[Waiting]
    receipts: list[Receipt] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether every notice has its answer."""
        return len(self.receipts) == len(self.rows)


@dataclass
class _Chunk:
    """One try at a chunk. `place`: recall, revision, wave, number; `settled`: how many were settled before, by state."""

    claim: Claim
    place: tuple[str, int, int, int]
    recall: Recall
    notices: Mapping[str, RenderedNotice]
    rows: Sequence[Waiting]
    settled: Counter[str]
    parts: list[_Part] = field(default_factory=list)

    def messages(self, rows: Sequence[Waiting], gone: list[Receipt]) -> Iterator[Message]:
        """The messages of these notices; who is not to be reached any more goes to `gone`."""
        tools = self.claim.work.tools
        unsealed = [row.contact_id for row in rows if row.sealed is None and row.contact_id]
        contacts = tools.contacts[self.recall.app].find(unsealed) if unsealed else {}
        for row in rows:
            address = tools.sealer.open(row.sealed, row.key) if row.sealed is not None else _address(contacts.get(row.contact_id), row)
            if address and row.contact_id:
                words = self.notices[row.locale]
                yield Message(row.key, address, words.subject, words.text, words.html, locale=row.locale, urgent=True, short=words.short)
            else:
                gone.append(Receipt(row.key, DeliveryState.BOUNCED, detail=GONE))


def _address(contact: Contact | None, row: Waiting) -> str:
    """Of a notice that was frozen before addresses were."""
    return contact.addresses.get(row.channel, "") if contact else ""


def _opened(work: Work, effect: Effect) -> _Chunk:
    place = (effect.recall_id, effect.revision, int(str(effect.body["wave"])), int(str(effect.body["chunk"])))
    with work.read() as txn:
        rows = waiting_in(txn, *place)
        settled = Counter(states_in(txn, *place)) - Counter(row.state for row in rows)
        return _Chunk(Claim(work, effect), place, the_recall(txn, effect.recall_id), frozen_notices(txn, *place[:3]), rows, settled)


def _hand_over(chunk: _Chunk, part: _Part) -> None:
    """Writes the intent, then sends; whatever has no receipt when the connection breaks is in doubt."""
    part.receipts += _resolved(part)
    known = {receipt.key for receipt in part.receipts}
    messages = [*chunk.messages([row for row in part.rows if row.key not in known], part.receipts)]
    if not messages:
        return
    chunk.claim.renew([m.key for m in messages])
    open_keys = {m.key for m in messages}
    try:
        for receipt in part.channel.send(messages):
            open_keys.discard(receipt.key)
            part.receipts.append(receipt)
            chunk.claim.keep()
    except Transient as err:
        part.trouble.append(err.message)
        part.receipts += [Receipt(key, DeliveryState.DEFERRED, detail=err.message) for key in sorted(open_keys)]
    except Ambiguous as err:
        part.receipts += [Receipt(key, DeliveryState.UNKNOWN, detail=err.message) for key in sorted(open_keys)]


def _resolved(part: _Part) -> Iterator[Receipt]:
    """What became of the notices an earlier try may have sent: the provider's word, or UNKNOWN where it cannot be asked."""
    keys = [row.key for row in part.rows if row.state in IN_DOUBT]
    if keys and part.channel.can_lookup:
        yield from part.channel.lookup(keys).values()
    else:
        yield from (Receipt(key, DeliveryState.UNKNOWN, detail="in doubt after an interruption; ask the relay") for key in keys)


def _outcome(chunk: _Chunk) -> Outcome:
    """DONE when all is settled; QUEUED while some were deferred; UNKNOWN while some are in doubt and their channel can be asked.

    Recipients who defer and defer are given up with the policy's last try; a channel that is down, or still makes progress, is not.
    """
    counts = chunk.settled + Counter(receipt.state.value for part in chunk.parts for receipt in part.receipts)
    askable = any(part.channel.can_lookup and r.state in IN_DOUBT for part in chunk.parts for r in part.receipts)

    def record(txn: Txn) -> None:
        for part in chunk.parts:
            _record(txn, chunk, part)

    state = EffectState.UNKNOWN if askable else EffectState.QUEUED if counts[DeliveryState.DEFERRED] else EffectState.DONE
    progress = any(r.state in (DeliveryState.ACCEPTED, DeliveryState.BOUNCED) for part in chunk.parts for r in part.receipts)
    trouble = [why for part in chunk.parts for why in part.trouble]
    at_last = None if trouble or progress else EffectState.DONE
    receipt: dict[str, object] = {"notices": dict(sorted(counts.items()))}
    return Outcome(state, receipt | ({"reason": trouble[0]} if trouble else {}), record, at_last, _left(counts))


def _record(txn: Txn, chunk: _Chunk, part: _Part) -> None:
    """Writes the answers down: where every notice has one, what was accepted by one statement and the others by row."""
    if isinstance(part.channel, FanOut) and part.is_whole:
        accept_rest(txn, *chunk.place, part.channel.name)
        settle_deliveries(txn, [receipt for receipt in part.receipts if receipt.state is not DeliveryState.ACCEPTED])
    else:
        settle_deliveries(txn, part.receipts)


def _left(counts: Counter[str]) -> str:
    """What a person must know of a chunk that has ended."""
    said = {
        DeliveryState.UNKNOWN: "in doubt: look into the provider's log before anyone is told again",
        DeliveryState.DEFERRED: "not taken",
    }
    return "; ".join(f"{counts[state]} notices {words}" for state, words in said.items() if counts[state])


def _channel(work: Work, name: str) -> Channel:
    try:
        return work.tools.channels[name]
    except KeyError:
        raise BadInput(f"channel {name!r} is not in the settings; add it there, or its notices cannot go out") from None
