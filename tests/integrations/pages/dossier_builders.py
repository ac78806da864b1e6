"""A whole recall's facts for the dossier."""

from dataclasses import replace
from datetime import timedelta

from configs.effects import DeliveryState, EffectKind, EffectState
from configs.terms import Health, Reconciliation, Signature, Verdict
from integrations.pages.facts import (
    CellLine,
    CheckpointLine,
    DeliveryCount,
    DossierFacts,
    EffectLine,
    JournalLine,
    JournalProof,
    NoticeText,
    SourceLine,
    TimelineLine,
)
from tests.integrations.pages.builders import START, a_proposal, a_recall, a_review, an_assessment, an_issue, some_evidence

NOTICES = (
    NoticeText("email", "en", "Product safety recall: Example 4.2.0", "Example 4.2.0 closes when it starts.\n\nUpdate to 4.2.1 now."),
    NoticeText("email", "zh", "产品安全召回:Example 4.2.0", "Example 4.2.0 启动时会闪退。\n\n请立即更新到 4.2.1。"),
    NoticeText("email", "ru", "Отзыв продукта: Example 4.2.0", "Example 4.2.0 закрывается при запуске.\n\nОбновите до 4.2.1 сейчас."),
)


def some_timeline() -> tuple[TimelineLine, ...]:
    happened = (
        (0, "4.2.0 began to roll out", ""),
        (15, "Evidence passed the halt threshold", ""),
        (25, "Issue I-7f3a opened: crash, level high", ""),
        (26, "Partial recall proposed", "recall"),
        (60, "Approved as product", "product-lead"),
        (90, "Approved as tech", "tech-lead"),
        (120, "Approved as legal: quorum", "counsel"),
        (121, "Roll-out halted in the store, confirmed", ""),
        (140, "12,000 notices sent in 60 chunks", ""),
        (600, "4.2.1 published", ""),
        (9 * 1440, "Reviewed effective; recall closed", ""),
    )
    return tuple(TimelineLine(START + timedelta(minutes=minute), what, who) for minute, what, who in happened)


def some_signatures() -> tuple[Signature, ...]:
    people = (("product-lead", "product"), ("tech-lead", "tech"), ("counsel", "legal"))
    at = START + timedelta(hours=5)
    return tuple(
        Signature("P-1", "d" * 64, person, role, Verdict.APPROVE, "Crashes at start hurt everyone.", at) for person, role in people
    )


def some_effects() -> tuple[EffectLine, ...]:
    return (
        EffectLine(EffectKind.HALT_ROLLOUT, "com.example.app android 4.2.0", EffectState.DONE, 1, "halted at 10 %"),
        EffectLine(EffectKind.SEND_NOTICES, "wave 1 chunk 1", EffectState.DONE, 2, "200 accepted"),
        EffectLine(EffectKind.SEND_NOTICES, "wave 1 chunk 2", EffectState.UNKNOWN, 1, "connection lost after 120 of 200"),
        EffectLine(EffectKind.PUBLISH_FIX, "com.example.app android 4.2.1", EffectState.DONE, 1, "in progress, priority 5"),
    )


def a_proof(**varied: object) -> JournalProof:
    entries = tuple(JournalLine(n, START + timedelta(minutes=n), "signature.given", f"{n:064x}") for n in range(40, 60))
    checkpoints = (CheckpointLine(50, START + timedelta(hours=1), "app-recall/checkpoint/v1 50 2026-03-02T01:00:00.000000Z " + "a1" * 60),)
    found = JournalProof(True, "All 200 entries verify, and the last of 4 checkpoints fits.", 200, "f0" * 32, 200, entries, checkpoints)
    return replace(found, **varied)  # type: ignore[arg-type]  # fields by name


def some_cells() -> tuple[CellLine, ...]:
    places = [(country, os_version) for country in ("DE", "CN", "RU") for os_version in ("13", "14")]
    return tuple(CellLine(*place, Reconciliation(1000 + n, 900, 50, 20, 10, 20 + n)) for n, place in enumerate(places))


def dossier_facts(**varied: object) -> DossierFacts:
    reviews = tuple(a_review(night) for night in range(1, 8))
    found = DossierFacts(
        title="Example",
        made_at=START + timedelta(days=10),
        recall=a_recall(),
        issue=an_issue(),
        assessment=an_assessment(),
        proposal=a_proposal(),
        signatures=some_signatures(),
        timeline=some_timeline(),
        sources=(
            SourceLine("sentry", Health.HEALTHY, START + timedelta(days=9), START + timedelta(days=9)),
            SourceLine("reviews", Health.UNKNOWN, START + timedelta(days=9), None, "nothing new for 7 hours: treated as unknown"),
        ),
        evidence=some_evidence(),
        alpha_halt=0.05,
        alpha_recall=0.01,
        notices=NOTICES,
        deliveries=tuple(
            DeliveryCount("email", locale, state, count)
            for locale, state, count in (
                ("en", DeliveryState.ACCEPTED, 6200), ("en", DeliveryState.BOUNCED, 310),
                ("zh", DeliveryState.ACCEPTED, 3100), ("ru", DeliveryState.ACCEPTED, 1500), ("ru", DeliveryState.UNKNOWN, 80),
            )
        ),
        effects=some_effects(),
        cells=some_cells(),
        reviews=reviews,
        journal=a_proof(),
        target_reach=0.95,
    )  # fmt: skip
    return replace(found, **varied)  # type: ignore[arg-type]  # fields by name
