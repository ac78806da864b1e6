"""The nightly review: did it work, for whom not yet, and does it add up.

Add here when a reader of the review asks for more; rather in `tasks/rules/effectiveness.py` when the verdict itself changes.
"""

from __future__ import annotations

from collections.abc import Sequence

from configs.terms import Recall, Reconciliation, Review, ReviewVerdict
from integrations.pages.charts import reach_chart
from integrations.pages.facts import CellLine
from integrations.pages.ink import as_markdown
from integrations.pages.markdown import amount, moment, paragraphs, share, shown, table

_VERDICTS = {
    ReviewVerdict.EFFECTIVE: "It worked.",
    ReviewVerdict.NOT_YET: "Not yet: it goes on.",
    ReviewVerdict.INEFFECTIVE: "It does not work: a new decision is needed.",
    ReviewVerdict.UNKNOWN: "It cannot be said: data are missing.",
}

_PARTS = (
    ("fixed", "run the fixed version"),
    ("blocked", "cannot use the bad version any more"),
    ("uninstalled", "have removed the app"),
    ("dormant", "not seen for long; still have it"),
    ("unreached", "still have it, or nobody knows"),
)

_WORST_CELLS = 10


def review_report(recall: Recall, reviews: Sequence[Review], *, target_reach: float, cells: Sequence[CellLine] = ()) -> str:
    """The newest of these reviews as markdown, with the chart of all of them. `reviews` is not empty."""
    newest = max(reviews, key=lambda r: r.night)
    return paragraphs(
        f"# Review of {newest.night}: {shown(recall.app)} {shown(recall.version)}",
        f"**{_VERDICTS[newest.verdict]}** Reach {share(newest.reach)} of the exposed (target {share(target_reach)}); {_rate(newest)}.",
        "\n".join(f"- {shown(reason)}" for reason in newest.reasons),
        as_markdown(reach_chart(reviews, target_reach), "Reach night by night"),
        "## Where everybody is",
        _sums(newest.reconciliation),
        "\n".join(f"- Warning: {shown(warning)}" for warning in newest.reconciliation.warnings),
        *_worst(cells),
        f"Recall {shown(recall.id)}, revision {recall.revision} · looked at {moment(newest.at)}",
    )


def _rate(review: Review) -> str:
    if review.ratio is None:
        return "whether the fixed version is sound is not known yet"
    high = "unknown" if review.ratio_high is None else f"{review.ratio_high:.2f}"
    return f"the fixed version fails {review.ratio:.2f} times as often as the last good one (at most {high})"


def _sums(sums: Reconciliation) -> str:
    counts = [int(getattr(sums, name)) for name, _ in _PARTS]
    rows = [
        [f"**{name}**", f"{count:,}", share(count / sums.exposed if sums.exposed else None), meaning]
        for (name, meaning), count in zip(_PARTS, counts, strict=True)
    ]
    rows.append(["**exposed**", f"**{sums.exposed:,}**", "", "all installs that ever ran the bad version"])
    check = f"{sums.exposed:,} = {' + '.join(f'{count:,}' for count in counts)}"
    return paragraphs(table(["", "installs", "share", ""], rows), check).rstrip("\n")


def _worst(cells: Sequence[CellLine]) -> list[str]:
    open_cells = sorted((c for c in cells if c.reconciliation.unreached), key=lambda c: -c.reconciliation.unreached)
    if not open_cells:
        return []
    rows = [
        [
            shown(c.country) or "unknown",
            shown(c.os_version) or "unknown",
            f"{c.reconciliation.unreached:,}",
            f"{c.reconciliation.exposed:,}",
        ]
        for c in open_cells[:_WORST_CELLS]
    ]
    left = len(open_cells) - _WORST_CELLS
    more = f"and {amount(left)} smaller cells" if left > 0 else ""
    return ["## Where most are still unreached", table(["Country", "OS", "unreached", "exposed"], rows), more]
