"""Frozen facts to draw and print, each with one thing to vary."""

import math
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from configs.terms import (
    Action,
    Assessment,
    Basis,
    Course,
    Evidence,
    Flip,
    Forecast,
    Harm,
    Health,
    Input,
    Issue,
    IssueChange,
    IssueEntry,
    IssueKind,
    IssueState,
    Level,
    Measure,
    Metric,
    Option,
    Platform,
    Proposal,
    Recall,
    RecallState,
    Reconciliation,
    Review,
    ReviewVerdict,
    Scope,
    Score,
    ScoreLine,
    Signal,
    SignalKind,
    Suspect,
    TakeUp,
)
from integrations.pages.facts import ExplainFacts, MemoCell, MemoFacts, SignLink
from tasks.rules.predictions import predictions

START = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)


def some_evidence(looks: int = 48, factor: float = 2.8, seed: int = 7, metric: Metric = Metric.CRASH) -> tuple[Evidence, ...]:
    """A staged roll-out whose new version fails `factor` times as often as the control."""
    rng, found = random.Random(seed), []
    events = exposure = before = before_exposure = 0
    log_evidence = 0.0
    for look in range(looks):
        users = 40 + look * 25
        exposure, before_exposure = exposure + users, before_exposure + 4000
        events += _about(rng, users * 0.011 * factor)
        before += _about(rng, 44)
        control = before / before_exposure
        ratio = events / exposure / control if events and before else None
        if ratio:
            log_evidence += max(-0.4, users * control * (ratio * math.log(ratio) - ratio + 1) * 0.8) + rng.gauss(0, 0.1)
        found.append(
            Evidence(
                "com.example.app", Platform.ANDROID, "4.2.0", metric, START + timedelta(minutes=5 * look),
                Health.UNKNOWN if 8 <= look < 14 else Health.DEGRADED, log_evidence, events, exposure, before, before_exposure,
                ratio, ratio and ratio * 0.7, ratio and ratio * 1.4, look + 1,
            )
        )  # fmt: skip
    return tuple(found)


def _about(rng: random.Random, expected: float) -> int:
    return max(0, round(rng.gauss(expected, math.sqrt(expected))))


def a_review(night: int, exposed: int = 12_000, **varied: object) -> Review:
    """One night's review; more are fixed every night."""
    fixed = int(exposed * 0.86 * (1 - 0.55**night))
    blocked, uninstalled, dormant = exposed * night // 150, exposed * night // 250, exposed // 40
    rest = exposed - fixed - blocked - uninstalled - dormant
    sums = Reconciliation(exposed, fixed, blocked, uninstalled, dormant, rest)
    at = START + timedelta(days=night, hours=2)
    reach = (fixed + blocked + uninstalled) / exposed if exposed else None
    verdict = ReviewVerdict.EFFECTIVE if reach and reach >= 0.95 else ReviewVerdict.NOT_YET
    found = Review("R-1", f"{at:%Y-%m-%d}", at, verdict, sums, reach, 1.02, 1.19, ("Reach is below the target.",))
    return replace(found, **varied)  # type: ignore[arg-type]  # fields by name


SCOPE = Scope("com.example.app", Platform.ANDROID, "4.2.0", devices=("Pixel 8",))
DEADLINE = START + timedelta(hours=8)


def an_issue(**varied: object) -> Issue:
    reason = "4.2.0 crashes 2.7 times as often as the versions before it."
    app, platform, version, opened = SCOPE.app, SCOPE.platform, SCOPE.version, START + timedelta(minutes=25)
    found = Issue("I-7f3a", app, platform, version, IssueKind.CRASH, IssueState.PROPOSED, Level.HIGH, opened, reason, SCOPE)
    return replace(found, **varied)  # type: ignore[arg-type]  # fields by name


def an_assessment(**varied: object) -> Assessment:
    reasons = ("Crashes are reversible loss (class 2).", "The upper bound of the crash rate decides.")
    found = Assessment(Level.HIGH, Level.MEDIUM, Harm.REVERSIBLE_LOSS, Fraction(3, 100), Fraction(42, 1000), 30_120, False, reasons)
    return replace(found, **varied)  # type: ignore[arg-type]  # fields by name


def a_proposal(**varied: object) -> Proposal:
    summary = "Partial recall of com.example.app 4.2.0 (android) for devices Pixel 8. Level high: up to 4.2 % of users hurt within 7 days."
    found = Proposal(
        "P-1c2d3e4f5a6b", "I-7f3a", "R-9b1c", 1, Action.PARTIAL, Level.HIGH, SCOPE, summary, START + timedelta(hours=4), DEADLINE,
        "0123456789abcdef", "recall", "d" * 64,
    )  # fmt: skip
    return replace(found, **varied)  # type: ignore[arg-type]  # fields by name


def some_options() -> tuple[Option, ...]:
    told = {Action.NONE: 0, Action.MONITOR: 0, Action.PARTIAL: 9_000, Action.FULL: 30_120}
    stops = (Action.PARTIAL, Action.FULL)
    users = {action: 30_120 if action in stops else 54_120 for action in Action}
    return tuple(
        Option(
            a,
            a is Action.PARTIAL,
            30_120,
            0.0 if a in stops else 6000.0,
            users[a],
            told[a],
            users[a] - told[a],
            DEADLINE,
            f"What {a} means.",
        )
        for a in Action
    )


def a_complaint(title: str = "Crashes at once", body: str = "Since the update it closes.", language: str = "en", stars: int = 1) -> Signal:
    at = START + timedelta(hours=1)
    return Signal(
        "reviews", f"r-{language}", SignalKind.REVIEW, SCOPE.app, SCOPE.platform, at, title, body, stars, SCOPE.version, language, "DE"
    )


COMPLAINTS = (
    a_complaint(),
    a_complaint("闪退", "更新之后一打开就闪退,照片全没了。", "zh"),
    a_complaint("Вылетает", "После обновления приложение сразу вылетает.", "ru", 2),
)


COURSE = Course(30_000.0, 9_000.0, 6_000.0, 90_000.0, 24.0, TakeUp(36.0, Basis.RECALLS, 2), TakeUp(144.0), 336.0, 0.03, 0.042, 168.0)


def a_forecast(action: Action = Action.PARTIAL, **varied: object) -> Forecast:
    course = replace(COURSE, **varied)  # type: ignore[arg-type]  # fields by name
    return Forecast("P-1c2d3e4f5a6b", "R-9b1c", START + timedelta(hours=4), action, course, predictions(course, (24.0, 72.0, 336.0)))


def a_score(error: float | None = 0.25) -> Score:
    at = START - timedelta(days=40)
    lines = (ScoreLine(Measure.EXPOSURE_HOURS, 96.0, 125_000.0, 100_000.0, error), ScoreLine(Measure.UPTAKE, 96.0, 0.7, 0.8, -0.125))
    return Score("REC-old", "P-old", at, 1.5, lines)


STORY = (
    IssueEntry("I-7f3a", IssueChange.OPENED, START, "none yet", Metric.CRASH, IssueKind.CRASH, SCOPE, "vitals"),
    IssueEntry("I-7f3a", IssueChange.ABSORBED, START, "the same bug", other="I-9c0d", person="tech-lead"),
)

FLIPS = (
    Flip(Input.HARM, "harm class 1 instead of 2", Level.LOW, None, 1, 2),
    Flip(Input.RATIO, "a ratio of 1.9", Level.MEDIUM, None, 1.9, 2.8),
    Flip(Input.RATIO, "all harm the release's own", Level.SERIOUS, None, None, 2.8),
    Flip(Input.UNITS, "100,001 units", Level.SERIOUS, 70_001, 100_001, 30_000),
    Flip(Input.UNITS, "unknown units", Level.SERIOUS, None, None, 30_000),
    Flip(Input.HORIZON, "a horizon of 2.1 days", Level.MEDIUM, None, 2.1, 7),
    Flip(Input.HARMED, "40 fewer harmed", Level.MEDIUM, -40),
    Flip(Input.USERS, "12,000 more users", Level.MEDIUM, 12_000),
)


def memo_facts(**varied: object) -> MemoFacts:
    links = tuple(
        SignLink(role, 1, f'http://127.0.0.1:4200/deployments/deployment/d-1/run?parameters={{"role":"{role}"}}')
        for role in ("product", "tech", "legal")
    )
    found = MemoFacts(
        "Example", an_issue(), an_assessment(flips=FLIPS, further_harm=311.2), a_proposal(), some_options(), some_evidence(), 0.05, 0.01,
        COMPLAINTS, links, story=STORY, forecast=a_forecast(), scores=(a_score(),), usual_error=0.25,
        cells=(MemoCell("DE", "15", 9_000, 700_000.0, is_meant=True), MemoCell("", "", 21_000, None, is_meant=False)),
    )  # fmt: skip
    return replace(found, **varied)  # type: ignore[arg-type]  # fields by name


EVERYONE = replace(SCOPE, devices=())

SUSPECTS = (
    Suspect(SCOPE, 0.962, 31.2, 17.8, 11.9, 26.3, 0.94),
    Suspect(replace(SCOPE, os_versions=("15",)), 0.031, 28.0, 18.0, 10.0, 30.0, 0.6),
    Suspect(EVERYONE, 0.004, 12.0, 2.6, 1.8, 3.5, 1.0),
    Suspect(replace(EVERYONE, countries=("DE",)), 0.002),
)


def explain_facts(**varied: object) -> ExplainFacts:
    looks = some_evidence()
    looks = (*looks[:-1], replace(looks[-1], suspects=SUSPECTS))
    found = ExplainFacts(
        "Example",
        an_issue(),
        an_assessment(),
        looks[-1:],
        looks,
        0.05,
        0.01,
        "0123456789abcdef",
        is_current=True,
        asks_for="halt the roll-out and recall",
        complaints=COMPLAINTS,
    )
    return replace(found, **varied)  # type: ignore[arg-type]  # fields by name


def a_recall(**varied: object) -> Recall:
    found = Recall(
        "R-9b1c",
        "I-7f3a",
        SCOPE.app,
        SCOPE.platform,
        SCOPE.version,
        1,
        RecallState.REVIEWING,
        Level.HIGH,
        Action.PARTIAL,
        SCOPE,
        START,
        "4.2.1",
    )
    return replace(found, **varied)  # type: ignore[arg-type]  # fields by name
