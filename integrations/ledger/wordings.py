"""The frozen words of each wave of notices.

Add here when more of a notice must be kept as sent; rather in `configs/wording.py` when it is about making the words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from configs.notice import RenderedNotice
from integrations.ledger.book import Txn


def notice_digest(notice: RenderedNotice) -> str:
    """SHA-256 (hex) over every part of a notice."""
    parts = [p.encode() for p in (notice.locale, notice.subject, notice.text, notice.html, notice.short)]
    return hashlib.sha256(b"app-recall/notice/v1\n" + b"".join(len(p).to_bytes(4, "big") + p for p in parts)).hexdigest()


def notices_digest(notices: Iterable[RenderedNotice]) -> str:
    """SHA-256 (hex) over every form in every language, in the order of the languages' names: what was shown is what is frozen."""
    whole = hashlib.sha256(b"app-recall/notices/v1\n")
    for notice in sorted(notices, key=lambda n: (n.locale, n.subject)):
        phone = b"".join(len(p).to_bytes(4, "big") + p for p in (notice.push_title.encode(), notice.push.encode()))
        whole.update(bytes.fromhex(notice_digest(notice)) + phone)
    return whole.hexdigest()


def freeze_notices(txn: Txn, recall_id: str, revision: int, wave: int, notices: Iterable[RenderedNotice]) -> dict[str, str]:
    """Keeps a wave's words; returns the digest of each locale."""
    digests = {}
    for notice in notices:
        digests[notice.locale] = notice_digest(notice)
        txn.run(
            "INSERT INTO notices (recall_id, revision, wave, locale, subject, text, html, short, digest)"
            " VALUES (:recall_id, :revision, :wave, :locale, :subject, :text, :html, :short, :digest)",
            recall_id=recall_id,
            revision=revision,
            wave=wave,
            locale=notice.locale,
            subject=notice.subject,
            text=notice.text,
            html=notice.html,
            short=notice.short,
            digest=digests[notice.locale],
        )
    return digests


def frozen_notices(txn: Txn, recall_id: str, revision: int, wave: int) -> dict[str, RenderedNotice]:
    """A wave's words by locale."""
    rows = txn.rows(
        "SELECT locale, subject, text, html, short FROM notices WHERE recall_id = :recall_id AND revision = :revision AND wave = :wave",
        recall_id=recall_id,
        revision=revision,
        wave=wave,
    )
    return {r.text("locale"): RenderedNotice(*(r.text(c) for c in ("locale", "subject", "text", "html", "short"))) for r in rows}


def waves_frozen(txn: Txn, recall_id: str, revision: int) -> tuple[int, ...]:
    """The waves of a recall that have been frozen, in order."""
    rows = txn.rows(
        "SELECT DISTINCT wave FROM notices WHERE recall_id = :recall_id AND revision = :revision ORDER BY wave",
        recall_id=recall_id,
        revision=revision,
    )
    return tuple(r.number("wave") for r in rows)
