"""The step that freezes a wave of notices: who is told, by which channel, in which language, in which words.

    wave 0      everyone exposed, when the recall is approved
    wave 1, 2   those still on the bad version, `follow_up_after_days` later, and not before the wave before is out;
                whose notice came back is told by the next channel they have
    one more    those still on the bad version when the fix comes out later than that

Nothing is frozen unless every language has sound wording: a notice with a finding, a missing fact or a missing language is refused whole,
and operators are told.

Add here when who is told changes; rather in `tasks/send.py` when it is about sending.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from configs.effects import Contact, EffectKind, EffectState
from configs.errors import BadInput, Refused
from configs.notice import NoticeFacts, RenderedNotice
from configs.terms import Recall, RecallState
from configs.wording import notice, wording_rules
from integrations.ledger import outbox
from integrations.ledger.book import Txn
from integrations.ledger.cases import recalls_in, the_issue, the_recall
from integrations.ledger.deliveries import failed_channels
from integrations.ledger.drafts import Draft, add_drafts, drop_drafts, take_over
from integrations.ledger.readings import releases_of
from integrations.ledger.times import as_time
from integrations.ledger.wordings import freeze_notices, notices_digest, waves_frozen
from integrations.toolbox import Toolbox
from tasks.review import fix_published_at
from tasks.rules import plan
from tasks.rules.pseudonyms import delivery_key, pseudonym
from tasks.rules.routing import locale_for, route
from tasks.rules.wording_rules import refuse_missing_locales, refuse_unsound
from tasks.step import Work, step

PORTION = 5000
"""Contacts written down in one transaction."""

SETTLED = (EffectState.DONE, EffectState.FAILED, EffectState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Frozen:
    """A frozen wave. `unreachable`: exposed contacts without an address on any allowed channel. `digest`: over all deliveries."""

    wave: int
    notices: int
    chunks: int
    unreachable: int
    locales: dict[str, int]
    digest: str


@dataclass(slots=True)
class _Wave:
    """What is counted while a wave is written down. `failed`: by subject, the channels on which an earlier notice came back."""

    notices: int = 0
    unreachable: int = 0
    wanted: Counter[str] = field(default_factory=Counter)
    locales: Counter[str] = field(default_factory=Counter)
    failed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    digest: Any = field(default_factory=lambda: hashlib.sha256(b"app-recall/wave/v1\n"))


@step(identity=("recall_id", "revision", "wave"), subject="{recall_id}")
def freeze_wave(work: Work, recall_id: str, revision: int, wave: int) -> Frozen:
    """Freezes who is told in this wave, at which address, and the words they get, and queues its chunks.

    Contacts are streamed and written down in portions, addresses sealed; one transaction at the end makes them a wave, or nothing does.

    Raises:
        WordingRefused, TemplateInvalid: a notice is not fit to be sent; nothing is frozen.
    """
    with work.read() as txn:
        recall = the_recall(txn, recall_id)
        facts = notice_facts(work.tools, txn, recall)
    chosen = _drafted(work, recall, wave)
    notices = _sound_notices(work.tools, facts, chosen.wanted)
    with work.write() as txn:
        sizes = take_over(txn, recall_id, revision, wave, work.tools.policy.notices.chunk_size)
        words = freeze_notices(txn, recall_id, revision, wave, notices)
        outbox.queue(txn, *plan.notices(recall, wave, sizes))
        counted = dict(sorted(chosen.locales.items()))
        frozen = Frozen(wave, sum(sizes.values()), len(sizes), chosen.unreachable, counted, chosen.digest.hexdigest())
        told = {"wave": wave, "notices": frozen.notices, "unreachable": frozen.unreachable, "locales": frozen.locales}
        return work.done(
            txn, "notices.frozen", told | {"digest": frozen.digest, "words": words, "notices_digest": notices_digest(notices)}, frozen
        )


def notice_facts(tools: Toolbox, txn: Txn, recall: Recall) -> NoticeFacts:
    """What the notices of a recall tell, as known now."""
    issue = the_issue(txn, recall.issue_id)
    released = next((r.released_at for r in releases_of(txn, recall.app, recall.platform) if r.version == recall.version), None)
    published = _is_done(txn, recall, EffectKind.PUBLISH_FIX)
    return NoticeFacts(
        recall_id=recall.id,
        app_title=tools.settings.app(recall.app).title,
        version=recall.version,
        platform=recall.platform,
        kind=issue.kind,
        level=recall.level,
        distributed_from=released.date() if released else recall.opened_at.date(),
        distributed_until=txn.now.date() if _is_done(txn, recall, EffectKind.HALT_ROLLOUT) else None,
        contact_url=tools.policy.notices.contact_url,
        help_address=tools.policy.notices.help_address,
        fixed_version=recall.fixed_version if published else "",
        countries=recall.scope.countries,
    )


def _is_done(txn: Txn, recall: Recall, kind: EffectKind) -> bool:
    mine = [e for e in outbox.of_recall(txn, recall.id) if e.kind is kind and e.revision == recall.revision]
    return bool(mine) and all(e.state is EffectState.DONE for e in mine)


def _drafted(work: Work, recall: Recall, wave: int) -> _Wave:
    """Writes the wave's drafts down, a portion a transaction; what an earlier try left is dropped first."""
    portion = list[Draft]()
    with work.write() as txn:
        drop_drafts(txn, recall.id, recall.revision, wave)
        chosen = _Wave(failed=failed_channels(txn, recall.id))
    for contact in work.tools.contacts[recall.app].exposed(recall.scope):
        if contact.version == recall.version and (draft := _draft(chosen, work.tools, recall, wave, contact)) is not None:
            portion.append(draft)
            if len(portion) == PORTION:
                _keep(work, recall, wave, portion)
    _keep(work, recall, wave, portion)
    return chosen


def _keep(work: Work, recall: Recall, wave: int, portion: list[Draft]) -> None:
    with work.write() as txn:
        add_drafts(txn, recall.id, recall.revision, wave, portion)
    portion.clear()


def _draft(chosen: _Wave, tools: Toolbox, recall: Recall, wave: int, contact: Contact) -> Draft | None:
    notices = tools.policy.notices
    chosen.wanted[contact.locale] += 1
    subject = pseudonym(tools.secret, contact.subject)
    channel = route(contact.addresses, recall.level, notices, tools.channels, chosen.failed.get(subject, ()))
    if channel is None:
        chosen.unreachable += 1
        return None
    key = delivery_key(recall.id, recall.revision, wave, subject)
    locale = locale_for(contact.locale, notices)
    chosen.digest.update(f"{key} {channel} {locale}\n".encode())
    chosen.locales[locale] += 1
    chosen.notices += 1
    sealed = tools.sealer.seal(contact.addresses[channel], key)
    return Draft(chosen.notices - 1, key, subject, contact.subject, channel, locale, sealed)


def _sound_notices(tools: Toolbox, facts: NoticeFacts, wanted: Mapping[str, int]) -> list[RenderedNotice]:
    notices, everyone = tools.policy.notices, max(sum(wanted.values()), 1)
    refuse_missing_locales({locale: n / everyone for locale, n in wanted.items()}, notices.locales, notices.locale_floor_share)
    rendered = [notice(facts, locale) for locale in notices.locales]
    for words in rendered:
        refuse_unsound(words, facts, wording_rules(words.locale))
    return rendered


def due_waves(tools: Toolbox, app: str = "") -> tuple[tuple[str, int, int], ...]:
    """(recall, revision, wave) of every wave whose time has come and which is not frozen yet; at most one a recall."""
    now = tools.clock.now()
    with tools.book.read() as txn:
        going = recalls_in(txn, RecallState.APPROVED, RecallState.REVIEWING, app=app)
        following = [(recall, len(waves_frozen(txn, recall.id, recall.revision))) for recall in going]
        return tuple(
            (recall.id, recall.revision, wave) for recall, wave in following if (due := _due_at(tools, txn, recall, wave)) and due <= now
        )


def _due_at(tools: Toolbox, txn: Txn, recall: Recall, wave: int) -> datetime | None:
    """When a wave is due: at its time, but never sooner after the one before has gone out than the policy has days between them.

    None: there is no such wave, or the one before still waits, so that nobody hears twice at once when a brake or an outage ends.
    """
    times = _due_times(tools, txn, recall)
    if wave == 0 or wave >= len(times):
        return times[0] if wave == 0 else None
    before = [e for e in outbox.of_recall(txn, recall.id) if e.target.startswith(plan.wave_target(wave - 1))]
    if any(e.state not in SETTLED for e in before):
        return None
    ends = [as_time(str(receipt["at"])) for e in before if (receipt := outbox.receipt_of(txn, e.key))]
    is_follow_up = wave <= len(tools.policy.notices.follow_up_after_days)
    gap = times[wave] - times[wave - 1] if is_follow_up else timedelta()
    return max(times[wave], max(ends, default=times[wave - 1]) + gap)


def _due_times(tools: Toolbox, txn: Txn, recall: Recall) -> list[datetime]:
    """The policy's times; and the fix's own when it came out only after the last of them, for nobody would hear of it."""
    start = recall.approved_at or recall.opened_at
    times = [start, *(start + timedelta(days=days) for days in tools.policy.notices.follow_up_after_days)]
    published = fix_published_at(txn, recall)
    return [*times, published] if published and published > times[-1] else times


def freeze_due(tools: Toolbox, app: str = "") -> tuple[Frozen, ...]:
    """Freezes every due wave. One whose words are refused stays due, and operators are told; it costs the others nothing."""
    tried = [_frozen_or_told(tools, *due) for due in due_waves(tools, app=app)]
    return tuple(frozen for frozen in tried if frozen is not None)


def _frozen_or_told(tools: Toolbox, recall_id: str, revision: int, wave: int) -> Frozen | None:
    try:
        return freeze_wave(tools, recall_id=recall_id, revision=revision, wave=wave)
    except (Refused, BadInput) as err:
        tell_refused(tools, recall_id=recall_id, revision=revision, wave=wave, why=err.message)
        return None


@step(identity=("recall_id", "revision", "wave", "why"), subject="{recall_id}")
def tell_refused(work: Work, recall_id: str, revision: int, wave: int, why: str) -> int:
    """Tells the operators, once a reason, that a wave cannot go out as it is worded; returns how many messages that makes."""
    number = int(hashlib.sha256(why.encode()).hexdigest()[:8], 16)
    refused = plan.effect(recall_id, EffectKind.SEND_NOTICES, f"wave {wave}, reason {number:08x}", revision, {"wave": wave})
    with work.write() as txn:
        asked = plan.help_wanted(refused, why, work.tools.policy)
        outbox.queue(txn, *asked)
        return work.done(txn, "notices.refused", {"wave": wave, "why": why[:500]}, len(asked))
