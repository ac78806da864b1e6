"""Who is told, in which words, and that a wave is frozen whole or not at all. Add here when a wave is chosen otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest

from configs.effects import Contact, DeliveryState, EffectKind, Receipt
from configs.errors import WordingRefused
from configs.terms import Level, Scope
from integrations.ledger.deliveries import Delivery, deliveries_in, settle_deliveries
from integrations.ledger.wordings import frozen_notices, waves_frozen
from integrations.toolbox import Toolbox
from tasks.act import perform_due
from tasks.notify import Frozen, due_waves, freeze_due, freeze_wave
from tests.tasks.homes import APP, BAD, FIX, Play


@dataclass
class ListedContacts:
    """Exactly these contacts, all exposed."""

    contacts: Sequence[Contact]

    def exposed(self, scope: Scope) -> Iterator[Contact]:
        return iter(self.contacts)

    def find(self, subjects: Sequence[str]) -> dict[str, Contact]:
        return {c.subject: c for c in self.contacts if c.subject in subjects}


def a_contact(play: Play, number: int, **varied: object) -> Contact:
    given = {"version": BAD, "country": "US", "os_version": "15", "device": "Pixel 8", "locale": "en"}
    addresses = {"email": f"person.{number}@post.example"}
    platform = play.tools.settings.app(APP).platform
    return Contact(f"c-{number}", APP, platform, **({"addresses": addresses} | given | varied))  # type: ignore[arg-type]


def told_of(play: Play, contacts: Sequence[Contact]) -> Toolbox:
    return replace(play.tools, contacts={APP: ListedContacts(contacts)})  # type: ignore[dict-item]  # a stand-in


def freeze(play: Play, tools: Toolbox | None = None, wave: int = 0) -> Frozen:
    recall = play.recall()
    return freeze_wave(tools or play.tools, recall_id=recall.id, revision=recall.revision, wave=wave)


def frozen_deliveries(play: Play, wave: int = 0) -> list[tuple[Delivery, str]]:
    recall = play.recall()
    with play.tools.book.read() as txn:
        chunks = [deliveries_in(txn, recall.id, recall.revision, wave, chunk) for chunk in range(50)]
    return [row for chunk in chunks for row in chunk]


def waves(play: Play) -> tuple[int, ...]:
    recall = play.recall()
    with play.tools.book.read() as txn:
        return waves_frozen(txn, recall.id, recall.revision)


# --- who is told --------------------------------------------------------------------------------------------------------


def test_first_wave_is_exactly_the_exposed_of_the_scope_who_can_be_reached(approved: Play) -> None:
    frozen = freeze(approved)
    exposed = [c for c in approved.tools.contacts[APP].exposed(approved.recall().scope) if c.version == BAD]
    reachable = {c.subject for c in exposed if c.addresses}
    assert {contact for _, contact in frozen_deliveries(approved)} == reachable
    assert (frozen.notices, frozen.unreachable) == (len(reachable), len(exposed) - len(reachable))
    assert frozen.unreachable > 0


def test_nobody_is_in_a_wave_twice(approved: Play) -> None:
    freeze(approved)
    assert max(Counter(d.subject for d, _ in frozen_deliveries(approved)).values()) == 1


def test_contact_outside_a_partial_recalls_scope_is_not_told(approved: Play) -> None:
    recall = approved.recall()
    narrowed = replace(recall.scope, countries=("CN",))
    inside = list(approved.tools.contacts[APP].exposed(narrowed))
    assert 0 < len(inside) < len(list(approved.tools.contacts[APP].exposed(recall.scope)))
    assert {c.country for c in inside} == {"CN"}


def test_who_has_left_the_bad_version_is_not_told(approved: Play) -> None:
    contacts = [a_contact(approved, 1), a_contact(approved, 2, version=FIX), a_contact(approved, 3, version="")]
    freeze(approved, told_of(approved, contacts))
    assert [contact for _, contact in frozen_deliveries(approved)] == ["c-1"]


def test_who_has_no_address_on_an_allowed_channel_is_counted_as_unreachable(approved: Play) -> None:
    contacts = [a_contact(approved, 1), a_contact(approved, 2, addresses={}), a_contact(approved, 3, addresses={"sms": "+1"})]
    frozen = freeze(approved, told_of(approved, contacts))
    assert (frozen.notices, frozen.unreachable) == (1, 2)


def test_everyone_reads_their_own_language_or_the_default_one(approved: Play) -> None:
    wanted = {1: "en", 2: "zh-Hans-CN", 3: "ru_RU", 4: "en-GB"}
    freeze(approved, told_of(approved, [a_contact(approved, n, locale=locale) for n, locale in wanted.items()]))
    assert {contact: d.locale for d, contact in frozen_deliveries(approved)} == {"c-1": "en", "c-2": "zh", "c-3": "ru", "c-4": "en"}


def test_wave_is_cut_into_chunks_of_the_policys_size(approved: Play) -> None:
    size = approved.tools.policy.notices.chunk_size
    frozen = freeze(approved, told_of(approved, [a_contact(approved, n) for n in range(2 * size + 1)]))
    assert frozen.chunks == 3
    assert len(approved.effects(EffectKind.SEND_NOTICES)) == 3
    assert Counter(d.chunk for d, _ in frozen_deliveries(approved)) == {0: size, 1: size, 2: 1}


def test_no_contact_id_stands_in_the_deliveries_or_the_journal(approved: Play) -> None:
    freeze(approved)
    contacts = {contact for _, contact in frozen_deliveries(approved)}
    named = {name for name, row in approved.tables() if any(str(value) in contacts for value in row)}
    assert named == {"subjects"}, "the one table that erasing a person clears"


# --- whole or not at all ------------------------------------------------------------------------------------------------


def test_language_above_the_floor_without_wording_refuses_the_wave_and_nothing_is_sent(approved: Play) -> None:
    contacts = [a_contact(approved, n, locale="de" if n % 10 == 0 else "en") for n in range(100)]
    tools = told_of(approved, contacts)
    with pytest.raises(WordingRefused, match="de"):
        freeze(approved, tools)
    assert (frozen_deliveries(approved), waves(approved)) == ([], ())
    assert approved.effects(EffectKind.SEND_NOTICES) == ()
    assert perform_due(tools, EffectKind.SEND_NOTICES) == ()
    assert "WordingRefused" in {e.facts["error"] for e in approved.entries("step.failed")}


def test_language_below_the_floor_falls_back_to_the_default(approved: Play) -> None:
    contacts = [a_contact(approved, n, locale="de" if n == 0 else "en") for n in range(200)]
    assert freeze(approved, told_of(approved, contacts)).locales == {"en": 200}


def test_wave_is_frozen_once_whoever_is_exposed_later(approved: Play) -> None:
    first = freeze(approved, told_of(approved, [a_contact(approved, 1)]))
    assert freeze(approved, told_of(approved, [a_contact(approved, 1), a_contact(approved, 2)])) == first
    assert len(frozen_deliveries(approved)) == 1


def test_words_are_kept_as_they_were_frozen_in_every_language(approved: Play) -> None:
    freeze(approved)
    recall = approved.recall()
    with approved.tools.book.read() as txn:
        kept = frozen_notices(txn, recall.id, recall.revision, 0)
    assert set(kept) == set(approved.tools.policy.notices.locales)
    assert all(BAD in words.text for words in kept.values())


def test_wave_with_nobody_in_it_is_frozen_and_done(approved: Play) -> None:
    frozen = freeze(approved, told_of(approved, []))
    assert (frozen.notices, frozen.chunks) == (0, 0)
    assert waves(approved) == (0,)


# --- when ---------------------------------------------------------------------------------------------------------------


def test_first_wave_is_due_at_approval_and_the_follow_up_later(approved: Play) -> None:
    assert [wave for _, _, wave in due_waves(approved.tools, APP)] == [0]
    freeze_due(approved.tools, APP)
    perform_due(approved.tools, EffectKind.SEND_NOTICES)
    assert due_waves(approved.tools, APP) == ()
    approved.wait(days=approved.tools.policy.notices.follow_up_after_days[0])
    assert [wave for _, _, wave in due_waves(approved.tools, APP)] == [1]


def test_no_wave_is_due_before_the_signatures(proposed: Play) -> None:
    assert due_waves(proposed.tools, APP) == ()


def test_follow_up_tells_only_those_still_on_the_bad_version_again(approved: Play) -> None:
    freeze(approved, told_of(approved, [a_contact(approved, n) for n in range(4)]))
    approved.wait(days=2)
    later = told_of(approved, [a_contact(approved, n, version=BAD if n < 2 else FIX) for n in range(4)])
    freeze(approved, later, wave=1)
    again = frozen_deliveries(approved, wave=1)
    assert {contact for _, contact in again} == {"c-0", "c-1"}
    assert not {d.key for d, _ in again} & {d.key for d, _ in frozen_deliveries(approved, wave=0)}


def test_whose_notice_came_back_is_told_by_the_next_channel_they_have(approved: Play) -> None:
    both = {"email": "a@post.example", "webhook": "b@post.example"}
    people = [a_contact(approved, 1, addresses=both), a_contact(approved, 2, addresses=both), a_contact(approved, 3)]
    notices = approved.tools.policy.notices.model_copy(update={"channels": dict.fromkeys(Level, ("email", "webhook"))})
    tools = replace(told_of(approved, people), policy=approved.tools.policy.model_copy(update={"notices": notices}))
    freeze(approved, tools)
    first = {contact: d for d, contact in frozen_deliveries(approved)}
    with tools.book.write() as txn:
        settle_deliveries(txn, [Receipt(first[who].key, DeliveryState.BOUNCED) for who in ("c-1", "c-3")])
    freeze(approved, tools, wave=1)
    again = {contact: d.channel for d, contact in frozen_deliveries(approved, wave=1)}
    assert {d.channel for d in first.values()} == {"email"}
    assert again == {"c-1": "webhook", "c-2": "email", "c-3": "email"}


def test_refused_wave_stays_due_and_operators_are_told_once(approved: Play) -> None:
    """The tick goes on: what the recall's other effects and the other recalls wait for is done."""
    tools = told_of(approved, [a_contact(approved, n, locale="de") for n in range(3)])
    for _ in range(3):
        assert freeze_due(tools, APP) == ()
        approved.wait(minutes=1)
    assert [wave for _, _, wave in due_waves(tools, APP)] == [0]
    asked = [e for e in approved.effects(EffectKind.TELL_OPERATORS) if e.body["what"] == "needs_person"]
    assert len(asked) == len(tools.policy.notices.operator_channels)
    assert "no wording in de" in str(asked[0].body["detail"])


def test_refused_wave_goes_out_once_its_words_are_mended(approved: Play) -> None:
    freeze_due(told_of(approved, [a_contact(approved, n, locale="de") for n in range(3)]), APP)
    assert [f.notices for f in freeze_due(told_of(approved, [a_contact(approved, 1)]), APP)] == [1]
