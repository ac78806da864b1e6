"""The memo's figures for the decision: which option and why, what each leads to, how that is predicted, how well it fitted before.

Add here when an option is told by another figure; rather in `tasks/rules/predictions.py` when the figure itself changes.
"""

from __future__ import annotations

from collections.abc import Iterator

from configs.catalogue import Catalogue
from configs.terms import Action, Course, Forecast, Measure, Option, Prediction, Score, ScoreLine, TakeUp
from integrations.pages.blocks import Bar, Bars, Block, Grid, Heading, Para, Points, Tone, plain
from integrations.pages.facts import MemoFacts

SHOWN_SCORES = 5


def proposed_prediction(facts: MemoFacts) -> Prediction | None:
    """What is predicted of the action that is proposed."""
    return _of(facts.forecast, facts.proposal.action) if facts.forecast else None


def _of(forecast: Forecast, action: Action) -> Prediction | None:
    return next((p for p in forecast.predictions if p.action is action), None)


# --- why ------------------------------------------------------------------------------------------------------------------


def why(facts: MemoFacts, say: Catalogue) -> Iterator[Block]:
    """Which option, and the numbers that speak for it."""
    yield Heading(say("why.title"))
    level, action = say(f"level.{facts.proposal.level.value}"), say(f"action.{facts.proposal.action.value}")
    yield Para(say("why.policy", level=level, action=action))
    if facts.forecast is not None:
        yield Para(_by_numbers(facts.forecast, facts.proposal.action, say))
        compared = _against_the_other(facts, facts.forecast, say)
        yield from ([Para(compared)] if compared else [])


def _by_numbers(forecast: Forecast, action: Action, say: Catalogue) -> str:
    """One sentence: what this option saves against a roll-out that goes on, and what waiting costs."""
    mine, other = _of(forecast, action), _of(forecast, Action.MONITOR)
    days = say.span(forecast.course.horizon_hours)
    if mine is None or other is None or mine.exposure_hours is None:
        return say("why.unknown")
    hours = say.rough(mine.exposure_hours)
    if other.exposure_hours is None or mine.hour_exposure is None:
        return say("why.unbounded", mine=hours, days=days)
    if other.exposure_hours <= mine.exposure_hours:
        return say("why.saves_nothing", mine=hours, days=days)
    spared = (other.harmed_most or 0.0) - (mine.harmed_most or 0.0)
    return say(
        "why.saves",
        mine=hours,
        days=days,
        other=say.rough(other.exposure_hours),
        share=say.share(1 - mine.exposure_hours / other.exposure_hours),
        spared=say.count("count.users_up_to", round(spared) if spared >= 10 else round(spared, 1)),
        hour=say("why.hour", hours=say.rough(mine.hour_exposure), harmed=say.people(mine.hour_harmed_most)),
    )


def _against_the_other(facts: MemoFacts, forecast: Forecast, say: Catalogue) -> str:
    """How the partial and the full recall differ; "" where that is not known, or neither is proposed."""
    partial, full = _of(forecast, Action.PARTIAL), _of(forecast, Action.FULL)
    if partial is None or full is None or partial.exposure_hours is None or full.exposure_hours is None:
        return ""
    users, in_scope = forecast.course.users, forecast.course.in_scope
    left = max(0.0, (users or 0.0) - (in_scope or 0.0))
    if facts.proposal.action is Action.FULL and not left:
        return say("why.same")
    word = {Action.FULL: "why.full", Action.PARTIAL: "why.partial"}.get(facts.proposal.action)
    return say(word, left=say.people(left), more=say.rough(partial.exposure_hours - full.exposure_hours)) if word else ""


# --- the options ----------------------------------------------------------------------------------------------------------


def options(facts: MemoFacts, say: Catalogue) -> Iterator[Block]:
    """The four options side by side, and what they mean."""
    yield Heading(say("options.title"))
    if facts.forecast is not None:
        chosen = facts.proposal.action
        yield _bars(facts.forecast, chosen, say)
        yield _table(facts.forecast, chosen, say)
    yield Para(say("options.means"), Tone.LEAD)
    yield Points(
        tuple(
            say("list.named", name=say(f"action.{action.value}"), value=say(f"option.{action.value}")) for action in _actions(facts.options)
        )
    )


def how_predicted(facts: MemoFacts, say: Catalogue) -> Iterator[Block]:
    """What the predictions rest on."""
    if facts.forecast is not None:
        yield Heading(say("options.model"))
        yield Points(tuple(_model(facts.forecast.course, say)))


def _actions(known: tuple[Option, ...]) -> tuple[Action, ...]:
    return tuple(option.action for option in known) or tuple(Action)


def _bars(forecast: Forecast, chosen: Action, say: Catalogue) -> Bars:
    longest = max((p.exposure_hours or 0.0 for p in forecast.predictions), default=0.0)
    bars = tuple(
        Bar(
            _name(p.action, chosen, say),
            say.rough(p.exposure_hours),
            None if p.exposure_hours is None else p.exposure_hours / longest if longest else 0.0,
            p.action is chosen,
        )
        for p in forecast.predictions
    )
    return Bars(say("options.bars", days=say.span(forecast.course.horizon_hours)), bars)


def _name(action: Action, chosen: Action, say: Catalogue) -> str:
    named = say(f"action.{action.value}")
    return say("options.recommended", action=named) if action is chosen else named


def _table(forecast: Forecast, chosen: Action, say: Catalogue) -> Grid:
    moments = [m.hours for m in forecast.predictions[0].uptake] if forecast.predictions else []
    safe = (say("options.safe_after", time=say.span(hours)) for hours in moments)
    header = (say("options.option"), say("options.exposure"), say("options.harmed"), *safe, say("options.hour"))
    rows = tuple(_row(p, chosen, say) for p in forecast.predictions)
    return Grid(header, rows, numbers=1, marked=next((n for n, p in enumerate(forecast.predictions) if p.action is chosen), None))


def _row(p: Prediction, chosen: Action, say: Catalogue) -> tuple[str, ...]:
    harmed = say("number.unknown") if p.harmed is None else say.aside(say.people(p.harmed), say.people(p.harmed_most))
    safe = (say.share(m.safe) for m in p.uptake)
    waiting = say.rough(p.hour_exposure) if p.action in (Action.PARTIAL, Action.FULL) else "–"
    return _name(p.action, chosen, say), say.rough(p.exposure_hours), harmed, *safe, waiting


def _model(course: Course, say: Catalogue) -> Iterator[str]:
    yield say("options.growth", per_hour=say.people(course.per_hour), ceiling=say.people(course.ceiling))
    yield say("options.fix", time=_hours(course.fix_after_hours, say), basis=_basis(course.fix_examples, "recalls", say))
    yield say("options.told", time=_hours(course.told.half_life_hours, say), basis=_learnt(course.told, say))
    yield say("options.alone", time=_hours(course.alone.half_life_hours, say), basis=_learnt(course.alone, say))
    yield say("options.harm", time=say.span(course.harm_hours))
    yield say("options.exact")


def _hours(hours: float, say: Catalogue) -> str:
    return say.span(round(hours) if hours >= 10 else round(hours, 1))


def _learnt(take_up: TakeUp, say: Catalogue) -> str:
    return _basis(take_up.examples, take_up.basis.value, say)


def _basis(examples: int, basis: str, say: Catalogue) -> str:
    return say.count(f"basis.{basis}", examples) if examples else say("basis.policy")


# --- earlier predictions --------------------------------------------------------------------------------------------------


def earlier(facts: MemoFacts, say: Catalogue) -> Iterator[Block]:
    """How far the app's earlier predictions were off."""
    yield Heading(say("earlier.title"))
    if facts.usual_error is None:
        yield Para(say("earlier.none"))
        return
    scored = [s for s in facts.scores if any(line.error is not None for line in s.lines)]
    yield Para(say.count("earlier.missed", len(scored), share=say.share(facts.usual_error)))
    header = (say("earlier.recall"), say("earlier.predicted"), say("earlier.actual"), say("earlier.error"), say("earlier.uptake"))
    yield Grid(header, tuple(_scored(score, say) for score in scored[-SHOWN_SCORES:]))


def _scored(score: Score, say: Catalogue) -> tuple[str, ...]:
    area = next(line for line in score.lines if line.measure is Measure.EXPOSURE_HOURS)
    uptake = [line for line in score.lines if line.measure is Measure.UPTAKE][-1:]
    safe = say.listed([say.listed([say.share(line.predicted), say.share(line.actual)]) for line in uptake])
    return plain(score.recall_id), say.rough(area.predicted), say.rough(area.actual), _signed_share(area, say), safe


def _signed_share(line: ScoreLine, say: Catalogue) -> str:
    if line.error is None:
        return say("number.unknown")
    return ("+" if line.error > 0 else "−" if line.error < 0 else "") + say.share(abs(line.error))
