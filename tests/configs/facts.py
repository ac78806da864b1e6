"""Builders of notice facts. Add here when tests of wording and of its rules need the same facts."""

from dataclasses import replace
from datetime import date

from configs.notice import NoticeFacts
from configs.terms import IssueKind, Level, Platform

A_NOTICE = NoticeFacts(
    recall_id="R-20261104-7f3a",
    app_title="PocketNotes",
    version="4.2.1",
    platform=Platform.ANDROID,
    kind=IssueKind.DATA_LOSS,
    level=Level.SERIOUS,
    distributed_from=date(2026, 11, 4),
    distributed_until=date(2026, 11, 6),
    fixed_version="4.2.2",
    countries=("DE", "CN", "RU"),
    contact_url="https://support.recall.example/recall",
    help_address="help@recall.example",
)


def some_facts(**varied: object) -> NoticeFacts:
    return replace(A_NOTICE, **varied)  # type: ignore[arg-type]  # a builder with one varied fact
