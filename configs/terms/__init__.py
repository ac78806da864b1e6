"""The glossary, as frozen types: one word per concept, used by every floor and imported from here.

Reading order: where an app lives, what is observed, what is judged, what is decided, what is predicted, what is done, what came of it.
Times are UTC and aware. Unknown is a value of its own (`None`, `Health.UNKNOWN`, `""` for an unreported attribute): it is never
"healthy" and never "fixed".

Add here when a new word of the domain appears; rather in `configs/policy.py` when it is a number someone may want to change, and in
`configs/effects.py` when it is something the product does to the world outside.
"""

from configs.terms.apps import Platform, Release, Scope
from configs.terms.decided import Action, Option, Proposal, Recall, RecallState, Signature, Verdict
from configs.terms.judged import (
    Assessment,
    Evidence,
    Flip,
    Harm,
    Input,
    Issue,
    IssueKind,
    IssueState,
    Level,
    Rung,
    SegmentRisk,
    Suspect,
    Topic,
)
from configs.terms.observed import (
    Count,
    Dimension,
    Event,
    EventKind,
    Health,
    Held,
    InstalledBase,
    Metric,
    Probe,
    Reading,
    Rejected,
    Signal,
    SignalKind,
)
from configs.terms.outcomes import Episode, Expected, Reconciliation, Review, ReviewVerdict
from configs.terms.planned import Mark, Meeting, MeetingState, Milestone, Minutes, Plan, PlanVersion, Widening
from configs.terms.predicted import Basis, Course, Forecast, Measure, Prediction, Score, ScoreLine, TakeUp, Uptake
from configs.terms.stories import IssueChange, IssueEntry

__all__ = [
    "Action",
    "Assessment",
    "Basis",
    "Count",
    "Course",
    "Dimension",
    "Episode",
    "Event",
    "EventKind",
    "Evidence",
    "Expected",
    "Flip",
    "Forecast",
    "Harm",
    "Health",
    "Held",
    "Input",
    "InstalledBase",
    "Issue",
    "IssueChange",
    "IssueEntry",
    "IssueKind",
    "IssueState",
    "Level",
    "Mark",
    "Measure",
    "Meeting",
    "MeetingState",
    "Metric",
    "Milestone",
    "Minutes",
    "Option",
    "Plan",
    "PlanVersion",
    "Platform",
    "Prediction",
    "Probe",
    "Proposal",
    "Reading",
    "Recall",
    "RecallState",
    "Reconciliation",
    "Rejected",
    "Release",
    "Review",
    "ReviewVerdict",
    "Rung",
    "Scope",
    "Score",
    "ScoreLine",
    "SegmentRisk",
    "Signal",
    "SignalKind",
    "Signature",
    "Suspect",
    "TakeUp",
    "Topic",
    "Uptake",
    "Verdict",
    "Widening",
]
