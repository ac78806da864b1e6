"""Courses to predict from, each with one thing to vary."""

from dataclasses import replace

from hypothesis import strategies as st

from configs.terms import Basis, Course, TakeUp

TOLD, ALONE = TakeUp(48.0), TakeUp(144.0, Basis.RELEASES, 4)


def a_course(**varied: object) -> Course:
    found = Course(
        users=10_000.0, in_scope=2_000.0, per_hour=100.0, ceiling=20_000.0, fix_after_hours=24.0, told=TOLD, alone=ALONE,
        horizon_hours=336.0, harm=0.02, harm_most=0.05, harm_hours=168.0,
    )  # fmt: skip
    return replace(found, **varied)  # type: ignore[arg-type]  # fields by name


def some_number(highest: float) -> st.SearchStrategy[float]:
    return st.floats(0, highest, allow_nan=False, width=32)


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """Any course whose inputs are known."""
    users = draw(some_number(1e8))
    return a_course(
        users=users,
        in_scope=users * draw(some_number(1)),
        per_hour=draw(st.floats(-1e3, 1e6, width=32)),
        ceiling=draw(st.none() | some_number(2e8)),
        fix_after_hours=draw(some_number(500)),
        told=TakeUp(draw(st.floats(0.5, 5_000, width=32))),
        alone=TakeUp(draw(st.floats(0.5, 5_000, width=32))),
        horizon_hours=draw(st.floats(1, 2_000, width=32)),
        harm=draw(some_number(1)),
    )
