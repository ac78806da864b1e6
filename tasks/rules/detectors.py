"""Which detector watches releases. Callers import `DETECTOR` and `resumed` from here and know no detector by name.

Add here when a detector replaces another or is put beside it; rather in its own file when it is the detector itself.
"""

from __future__ import annotations

from collections.abc import Collection

from configs.errors import BadInput
from configs.policy import Detection
from configs.terms import Metric, Release
from tasks.rules.two_proportions import TwoProportions
from tasks.rules.two_proportions_state import TwoProportionsState

DETECTOR = TwoProportions()

DetectorState = TwoProportionsState


def resumed(text: str | None, release: Release, metric: Metric, policy: Detection, excluded: Collection[str] = ()) -> DetectorState:
    """The stored state, or an empty one when there is none or another detector made it.

    An empty state has `folded_until` None: give `fold` every count of the release from its start, and the evidence is as if this
    detector had always been the one.
    """
    if text is None:
        return DETECTOR.start(release, metric, policy, excluded)
    try:
        return DETECTOR.load(text)
    except BadInput:
        return DETECTOR.start(release, metric, policy, excluded)
