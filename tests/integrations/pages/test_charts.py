"""Claims about the charts; what they look like was judged by eye."""

from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from configs.effects import DeliveryState
from configs.terms import Health, Metric, Reconciliation
from integrations.pages.charts import delivery_chart, reach_chart
from integrations.pages.facts import DeliveryCount
from integrations.pages.health_chart import health_chart
from integrations.pages.ink import as_markdown
from tests.integrations.pages.builders import SUSPECTS, a_review, explain_facts, some_evidence

EVIDENCE = some_evidence()
REVIEWS = tuple(a_review(night) for night in range(1, 8))
COUNTS = tuple(DeliveryCount("email", locale, state, 100) for locale in ("en", "zh", "ru") for state in DeliveryState)
ODD_VERSION = "4.2.0 $\\frac{1}{$ <b>"


def pixels(picture: bytes, colour: tuple[int, int, int]) -> int:
    return sum(count for count, seen in Image.open(BytesIO(picture)).convert("RGB").getcolors(maxcolors=256) or [] if seen == colour)


@pytest.mark.parametrize(
    "picture",
    [
        lambda: health_chart(EVIDENCE, 0.05, 0.01),
        lambda: health_chart(some_evidence(looks=2016, factor=1.0), 0.05, 0.01),
        lambda: health_chart(EVIDENCE[:1], 0.05, 0.01),
        lambda: health_chart([], 0.05, 0.01),
        lambda: health_chart([replace(e, version=ODD_VERSION) for e in EVIDENCE], 0.05, 0.01),
        lambda: health_chart([replace(e, exposure=0, control_exposure=0, ratio=None) for e in EVIDENCE], 0.05, 0.01),
        lambda: health_chart([replace(e, ratio_low=None, ratio_high=None, health=Health.UNKNOWN) for e in EVIDENCE], 0.05, 0.01),
        lambda: health_chart(some_evidence(metric=Metric.COMPLAINT), 0.05, 0.01),
        lambda: health_chart(explain_facts().looks, 0.05, 0.01),
        lambda: health_chart([replace(e, ratio=1e9, ratio_low=0.0, ratio_high=1e12, suspects=SUSPECTS * 9) for e in EVIDENCE], 0.05, 0.01),
        lambda: reach_chart(REVIEWS, 0.95),
        lambda: reach_chart([a_review(night) for night in range(1, 60)]),
        lambda: reach_chart(REVIEWS[:1]),
        lambda: reach_chart([]),
        lambda: reach_chart([a_review(1, exposed=0)]),
        lambda: reach_chart([replace(REVIEWS[0], reconciliation=Reconciliation(5, 5, 0, 0, 0, 0))], 1.0),
        lambda: delivery_chart(COUNTS),
        lambda: delivery_chart([]),
        lambda: delivery_chart([DeliveryCount("email", f"l{n}", DeliveryState.BOUNCED, n) for n in range(40)]),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("error")
def test_every_chart_is_a_small_png_900_pixels_wide(picture: object) -> None:
    assert callable(picture)
    drawn = picture()
    image = Image.open(BytesIO(drawn))
    assert image.format == "PNG"
    assert image.width == 900
    assert len(drawn) < 60_000
    assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_the_same_facts_give_the_same_bytes() -> None:
    assert health_chart(EVIDENCE, 0.05, 0.01) == health_chart(tuple(reversed(EVIDENCE)), 0.05, 0.01)


def test_the_metric_with_the_strongest_evidence_is_drawn() -> None:
    weak = tuple(replace(e, metric=Metric.ANR, log_evidence=0.0) for e in EVIDENCE)
    assert health_chart(weak + EVIDENCE, 0.05, 0.01) == health_chart(EVIDENCE, 0.05, 0.01)


def test_what_is_shown_depends_on_the_thresholds_and_on_every_part() -> None:
    assert health_chart(EVIDENCE, 0.05, 0.01) != health_chart(EVIDENCE, 0.05, 0.001)
    assert reach_chart(REVIEWS, 0.95) != reach_chart(REVIEWS, 0.9)
    assert reach_chart(REVIEWS) != reach_chart(REVIEWS[:-1])


def test_what_all_metrics_show_together_is_drawn_where_it_is_more() -> None:
    weak = tuple(replace(e, log_evidence=0.0) for e in EVIDENCE)
    together = tuple(replace(e, log_combined=EVIDENCE[n].log_evidence) for n, e in enumerate(weak))
    assert health_chart(together, 0.05, 0.01) == health_chart(EVIDENCE, 0.05, 0.01) != health_chart(weak, 0.05, 0.01)


def test_the_scopes_compared_are_drawn_below_the_rest() -> None:
    without = Image.open(BytesIO(health_chart(EVIDENCE, 0.05, 0.01)))
    with_scopes = Image.open(BytesIO(health_chart(explain_facts().looks, 0.05, 0.01)))
    assert with_scopes.height > without.height


def test_the_unreached_stand_out_in_orange() -> None:
    all_unreached = replace(REVIEWS[0], reconciliation=Reconciliation(9, 0, 0, 0, 0, 9))
    all_fixed = replace(REVIEWS[0], reconciliation=Reconciliation(9, 9, 0, 0, 0, 0))
    orange = (213, 94, 0)
    assert pixels(reach_chart([all_unreached]), orange) > 100 * pixels(reach_chart([all_fixed]), orange)


def test_a_caption_cannot_break_out_of_its_markdown() -> None:
    shown = as_markdown(b"\x89PNG", "x](https://evil.example/a.png) ![y")
    assert shown.startswith("![xhttps://evil.example/a.png y](data:image/png;base64,")
    assert shown.count("](") == 1
