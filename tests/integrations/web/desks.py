"""A desk with one question, for the pages alone. Add here when pages show another thing; rather in one test when only it does."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from configs.errors import SignatureRefused
from configs.terms import Action, Level, Option, Platform, Proposal, Scope, Signature, Verdict
from integrations.web.facts import Page, Standing

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TOKEN, KEY = "s1.token.of.ours", "the-forms-key"


def a_page(**varied: object) -> Page:
    scope = Scope("com.example.app", Platform.ANDROID, "2.1.0")
    until = NOW + timedelta(hours=1, minutes=40)
    proposal = Proposal(
        "P-1", "I-1", "R-1", 1, Action.FULL, Level.HIGH, scope, "Crashes of 4.1 % of users.", NOW, until, "f" * 16, "recall", "d" * 64
    )
    users = {"users_now": 1200, "per_hour": 40.0, "users_at_deadline": 1400, "users_told": 0, "left_alone": 1400, "deadline": until}
    options = tuple(Option(action=a, recommended=a is Action.FULL, explanation="", **users) for a in Action)  # type: ignore[arg-type]
    page = Page(
        locale="en",
        standing=Standing.OPEN,
        question="P-1",
        role="tech",
        person="tech-lead",
        digest="d" * 64,
        now=NOW,
        key=KEY,
        min_reason=10,
        opened_at=NOW,
        expires_at=until,
        proposal=proposal,
        app_title="Example",
        options=options,
        missing={"product": 1, "tech": 1},
    )
    return replace(page, **varied)  # type: ignore[arg-type]  # fields by name


@dataclass
class OneQuestion:
    """Knows one link; keeps what was answered."""

    page: Page = field(default_factory=a_page)
    answers: list[tuple[Verdict, str]] = field(default_factory=list)
    looks: int = 0

    def look(self, token: str) -> Page:
        self.looks += 1
        if token != TOKEN:
            raise SignatureRefused("this is no link of ours")
        return self.page

    def answer(self, token: str, key: str, verdict: Verdict, reason: str) -> None:
        if key != KEY:
            raise SignatureRefused("this answer does not come from the link's own form")
        if len(reason) < self.page.min_reason:
            raise SignatureRefused("the reason is too short")
        self.answers.append((verdict, reason))
        signature = Signature("P-1", "d" * 64, "tech-lead", "tech", verdict, reason, NOW)
        self.page = replace(self.page, standing=Standing.SIGNED, signature=signature)
