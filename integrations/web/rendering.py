"""The HTML of our pages: complete without script, in the reader's language, with everything strangers wrote escaped.

Add here when a page needs a value worked out for showing; rather in `configs/templates/web.page.html.j2` when only its place changes, and
in `web.yaml` there when its words do.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from configs.terms import Scope
from configs.web_words import names_in, web_words
from integrations.web.facts import Page, Standing

Words = Mapping[str, Any]


def signing_page(page: Page, *, problem: str = "", is_english: bool = True, verdict: str = "", reason: str = "") -> str:
    """The page of a link. `problem`: why the last answer was not taken; `verdict` and `reason`: what it was, to be mended."""
    words = web_words(page.locale)
    over = "" if page.standing in (Standing.OPEN, Standing.SIGNED) else str(words["state"][page.standing]).format(newest=page.newest)
    shown = {
        "page": page,
        "heading": _heading(page, words),
        "text": over,
        "who": words["for"].format(person=page.person, role=page.role),
        "level": names_in(page.locale)["level"][page.proposal.level] if page.proposal else "",
        "scope": _scope(page.proposal.scope, words) if page.proposal else "",
        "left": _left(page, words),
        "needed": ", ".join(f"{n} × {role}" for role, n in page.missing.items()) or words["nobody_needed"],
        "hint": words["reason_hint"].format(least=page.min_reason),
        "problem": problem,
        "problem_is_english": is_english,
        "verdict": verdict,
        "reason": reason,
        "action": names_in(page.locale)["action"].__getitem__,
        "amount": lambda number: words["unknown"] if number is None else f"{number:,}".replace(",", "\u202f"),
        "at": _moment,
    }
    return _rendered(page.locale, shown)


def plain_page(locale: str, heading: str, text: str) -> str:
    """A page that only says something; both are keys of web.yaml."""
    words = web_words(locale)
    return _rendered(locale, {"page": None, "heading": words[heading], "text": words[text]})


@lru_cache(maxsize=1)
def style_digest() -> str:
    """What the content security policy names so that our style, and no other, applies."""
    return "sha256-" + base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode("ascii")


def _rendered(locale: str, shown: Mapping[str, object]) -> str:
    text = _template().render({"locale": locale, "w": web_words(locale), "style": Markup(_style()), **shown})  # noqa: S704 - our own file
    return text.encode("utf-8", "replace").decode("utf-8")


@lru_cache(maxsize=1)
def _template() -> Template:
    source = files("configs").joinpath("templates", "web.page.html.j2").read_text(encoding="utf-8")
    return ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(
        source
    )


@lru_cache(maxsize=1)
def _style() -> str:
    return files("configs").joinpath("templates", "web.css").read_text(encoding="utf-8")


def _heading(page: Page, words: Words) -> str:
    proposal, names = page.proposal, names_in(page.locale)
    if proposal is None:
        return str(words["ask_release"])
    action, platform = names["action"][proposal.action], names["platform"][proposal.scope.platform]
    said = str(words["ask"]).format(action=action, app=page.app_title, version=proposal.scope.version, platform=platform)
    return said[:1].upper() + said[1:]


def _scope(scope: Scope, words: Words) -> str:
    parts = (("countries", scope.countries), ("os_versions", scope.os_versions), ("devices", scope.devices))
    return "; ".join(f"{words[name]}: {', '.join(values)}" for name, values in parts if values) or str(words["everyone"])


def _left(page: Page, words: Words) -> str:
    if page.expires_at is None:
        return str(words["no_limit"])
    minutes = max(int((page.expires_at - page.now).total_seconds() // 60), 0)
    form = words["left_hours" if minutes >= 60 else "left_minutes"]
    return str(form.format(hours=minutes // 60, minutes=minutes % 60, until=_moment(page.expires_at)))


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
