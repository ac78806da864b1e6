"""How badly a release hurts: the harm class each piece of evidence speaks of, and whether there is enough of it to count.

| evidence                                   | kind                                  | counts when                             |
|--------------------------------------------|---------------------------------------|-----------------------------------------|
| crashes                                    | crash                                 | the counts alarm (`Health.DEGRADED`)    |
| ANRs                                       | hang                                  | likewise                                |
| low stars, tickets, by number              | what it says, else breakage           | likewise                                |
| words: a payment failed, money taken       | payment                               | `is_alarm`, and a release is to blame   |
| words: an account locked or stolen         | account                               | likewise                                |
| words: data lost, chats gone               | data_loss                             | likewise                                |
| words: others see what is private          | privacy                               | likewise                                |
| words: a person in danger                  | safety                                | likewise                                |
| words: it does not work                    | breakage, crash, hang                 | likewise                                |
| anything unknown, healthy, or fainter      | any                                   | never                                   |

The class of a kind is the policy's (`risk.harm_of_kind`). The highest class with enough evidence counts: counted harm by the matrices,
written harm by `level_of_complaints`, for those who write are no share of the users; the higher level of the two is the release's.

Add here when another source of evidence can show harm; rather in `complaints.py` when it is about what a text says, in `severity.py`
when it is about how many are harmed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from configs.policy import Policy
from configs.terms import Assessment, Evidence, Harm, Health, Metric
from tasks.rules.complaints import is_alarm, level_of_complaints


@dataclass(frozen=True, slots=True)
class HarmShown:
    """A harm class, and the evidence that shows it."""

    harm: Harm
    evidence: Evidence

    def __str__(self) -> str:
        return f"harm class {int(self.harm)} from {self.evidence.metric}: {self.evidence.kind.value.replace('_', ' ')}"


def harms_shown(evidence: Iterable[Evidence], policy: Policy) -> tuple[HarmShown, ...]:
    """Every harm class with enough evidence, the worst first; among equals the strongest evidence first."""
    shown = [HarmShown(policy.risk.harm_of_kind[e.kind], e) for e in evidence if _is_enough(e, policy)]
    return tuple(sorted(shown, key=lambda s: (-s.harm, -s.evidence.log_evidence)))


def _is_enough(evidence: Evidence, policy: Policy) -> bool:
    if evidence.metric is Metric.COMPLAINT:
        return evidence.health is Health.DEGRADED and is_alarm(evidence, policy.words)
    return evidence.health is Health.DEGRADED


def by_words(written: Evidence, units: int | None, policy: Policy) -> Assessment:
    """The risk that what people write shows: never above high, and always uncertain."""
    harm = policy.risk.harm_of_kind[written.kind]
    level = level_of_complaints(written, harm)
    share = Fraction(written.events, max(written.exposure, 1))
    said = f"complaint: {written.reason}; reviews alone never show more than high"
    return Assessment(level, level, harm, share, share, units, uncertain=True, reasons=(said,))


def joined(counted: Assessment, written: Assessment, shown: Sequence[HarmShown]) -> Assessment:
    """The higher of the two risks, with both one's reasons; counts decide where the levels are equal."""
    first, second = (written, counted) if written.level.rank > counted.level.rank else (counted, written)
    classes = "; ".join(dict.fromkeys(str(s) for s in shown))
    reasons = (*([classes] if classes else []), *first.reasons, *second.reasons)
    return replace(first, uncertain=counted.uncertain or first.uncertain, reasons=reasons)
