"""How far predicted exposure-hours are off, with the policy's figures and with those learnt from an earlier recall of the app.

Recalls of the demo's world are carried out and closed under several seeds. Each forecast is scored as it was made, and again with what
another seed's recall teaches: the half-life of those told, and how soon a fix is out. Prints JSON lines: the median error as a share,
its ratio to the other side's.

Add here when forecasts are measured by another outcome; rather in `tests/tasks/rules/test_scores.py` when it is about the sums.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from configs.errors import SignatureRefused  # noqa: E402
from configs.policies import load_policy  # noqa: E402
from configs.terms import Basis, Forecast, Measure, Recall, RecallState, Review, TakeUp, Verdict  # noqa: E402
from flows.commands.demo_home import open_home  # noqa: E402
from flows.commands.demo_story import CODE  # noqa: E402
from integrations.ledger.cases import recalls_in  # noqa: E402
from integrations.ledger.forecasts import find_forecast  # noqa: E402
from integrations.ledger.reviews import reviews_of  # noqa: E402
from integrations.ledger.signing import open_proposals, proposals_of  # noqa: E402
from integrations.rehearsal.world import FILE_NAME, World, world_at  # noqa: E402
from integrations.toolbox import Toolbox, open_toolbox  # noqa: E402
from tasks.decide import sign  # noqa: E402
from tasks.review import fix_published_at  # noqa: E402
from tasks.rules.scores import score  # noqa: E402
from tasks.rules.take_up import curve_of_reviews, take_up  # noqa: E402

SEEDS = range(1, 7)
LAST_DAY = 21


class Told:
    """One closed recall: its forecast, what was seen, and what it teaches: a half-life, and how soon the fix was out."""

    def __init__(self, recall: Recall, forecast: Forecast, reviews: tuple[Review, ...], learnt: TakeUp, fix_hours: float) -> None:
        self.recall, self.forecast, self.reviews, self.learnt, self.fix_hours = recall, forecast, reviews, learnt, fix_hours

    def error(self, told: TakeUp, fix_hours: float) -> float | None:
        """The relative error of the exposure-hours, had these two been taken for true."""
        forecast = replace(self.forecast, course=replace(self.forecast.course, told=told, fix_after_hours=fix_hours))
        decided = self.recall.approved_at or forecast.at
        lines = score(forecast, self.reviews, decided, decided, ()).lines
        return next((line.error for line in lines if line.measure is Measure.EXPOSURE_HOURS), None)


def tick(what: str) -> None:
    """What a schedule would do, without a server and in silence."""
    from flows.monitor import monitor
    from flows.recall import recall
    from flows.review import review
    from tasks.run import ticked

    ticked({"monitor": monitor, "advance": recall, "review": review}[what])


def played(seed: int, folder: Path) -> Told | None:
    """The demo's recall of that seed, signed at the first look; None when none was proposed or it did not close."""
    home = open_home(folder / f"home-{seed}", seed)
    os.environ["RECALL_CONFIG"] = str(home / "recall.yaml")
    tools, world = open_toolbox(home / "recall.yaml"), world_at(home / FILE_NAME)
    for step in range(LAST_DAY * 4):
        world.advance(world.now() + timedelta(hours=6))
        tick("monitor")
        sign_all(tools, world)
        tick("advance")
        if step % 4 == 3:
            tick("review")
        with tools.book.read() as txn:
            closed = recalls_in(txn, RecallState.CLOSED)
        if closed:
            return told(tools, closed[0])
    return None


def sign_all(tools: Toolbox, world: World) -> None:
    """Everyone who was asked approves."""
    with tools.book.read() as txn:
        asked = [p.id for p in open_proposals(txn)]
    for proposal in asked:
        for name, person in tools.policy.signoff.people.items():
            codes = [CODE.search(m.text) for m in world.messages_to(person.addresses["email"]) if proposal in m.text]
            for found in (c for c in codes if c):
                sign_one(tools, proposal, name, person.roles[0], found[0])


def sign_one(tools: Toolbox, proposal: str, person: str, role: str, code: str) -> None:
    try:
        sign(tools, proposal_id=proposal, person=person, role=role, verdict=Verdict.APPROVE, reason="seen in the charts", code=code)
    except SignatureRefused:
        return  # the proposal was decided by the one before


def told(tools: Toolbox, recall: Recall) -> Told:
    """What the ledger has of a closed recall."""
    with tools.book.read() as txn:
        reviews, out = reviews_of(txn, recall.id), fix_published_at(txn, recall)
        forecast = find_forecast(txn, proposals_of(txn, recall.id)[-1].id)
    if forecast is None or out is None:
        raise RuntimeError(f"{recall.id} was closed without a forecast or a fix")
    learnt = take_up([curve_of_reviews(reviews, out)], Basis.RECALLS, 1, tools.policy.predictions.told_half_life_hours)
    return Told(recall, forecast, reviews, learnt, (out - (recall.approved_at or out)).total_seconds() / 3600)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = [t for seed in SEEDS if (t := played(seed, Path(folder))) is not None]
    agreed = load_policy("default").predictions
    default = TakeUp(agreed.told_half_life_hours)
    before = [abs(e) for t in found if (e := t.error(default, agreed.fix_after_hours)) is not None]
    others = zip(found, [*found[1:], *found[:1]], strict=True)
    after = [abs(e) for t, other in others if (e := t.error(other.learnt, other.fix_hours)) is not None]
    for t in found:
        print(f"half-life {t.learnt.half_life_hours:.1f} h, fix after {t.fix_hours:.1f} h", file=sys.stderr)
    line = {"unit": "share", "seeds": list(SEEDS), "recalls": len(found)}
    policys, learnt = median(before), median(after)
    print(json.dumps({"name": "error of exposure-hours, the policy's figures", "value": round(policys, 3), **line}))
    said = {"name": "error of exposure-hours, figures learnt from another recall", "value": round(learnt, 3), **line}
    print(json.dumps(said | {"against": round(policys, 3), "ratio": round(learnt / policys, 3)}))


if __name__ == "__main__":
    main()
