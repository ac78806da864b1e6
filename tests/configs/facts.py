"""Builders of notice facts. Add here when tests of wording and of its rules need the same facts."""

import re
from dataclasses import replace
from datetime import date
from importlib.resources import files
from pathlib import Path

from configs.letters import direction, inlined
from configs.notice import NoticeFacts
from configs.terms import IssueKind, Level, Platform
from configs.wording import context_of, rendered

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


RIGHT_TO_LEFT_FOLDER = "own-templates"


def a_notice_from_right_to_left(folder: Path) -> str:
    """The English notice in a made-up Arabic: the same words, each forced from right to left, as pseudo-locales do it."""
    folder.mkdir(parents=True, exist_ok=True)
    english = files("configs").joinpath("templates", "notice.en.j2").read_text(encoding="utf-8")
    forced = re.sub(r"(\{% macro \w+\(\) %\})(.*?)(\{% endmacro %\})", "\\1\u202e\\2\u202c\\3", english)
    (folder / "notice.ar.j2").write_text(forced, encoding="utf-8")
    values = {**context_of(A_NOTICE, "en"), "locale": "ar", "dir": direction("ar")}
    return inlined(rendered("notice.html.j2", values, folder))
