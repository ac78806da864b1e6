"""The dossier: all of one recall in one HTML file that asks nothing of the network and can be kept, mailed and printed.

The layout stands in `configs/templates/dossier.html.j2`; strangers' text is escaped there by Jinja, and a content security policy in
the page forbids everything but inline style and pictures.

Add here when the dossier needs a value worked out for showing; rather in the template when only its place or wording changes, and in
`integrations/pages/memo.py` when it is for those who still have to decide.
"""

from __future__ import annotations

import traceback
from importlib.resources import files
from pathlib import Path

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from configs.effects import DeliveryState
from configs.errors import TemplateInvalid
from configs.terms import Review, Scope
from integrations.pages.charts import delivery_chart, reach_chart
from integrations.pages.facts import DossierFacts
from integrations.pages.health_chart import health_chart
from integrations.pages.ink import data_url
from integrations.pages.markdown import amount, moment, percent, share
from integrations.pages.minutes import corrected, in_force

_TEMPLATE = "dossier.html.j2"

_CELLS = 200
"""The largest cells; the number and sum of the others are said."""

_UNPRINTABLE = dict.fromkeys([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F], " ")


def dossier(facts: DossierFacts, folder: Path | None = None) -> str:
    """The whole page as HTML text that can be written as UTF-8. A template of the same name in `folder` wins.

    Raises:
        TemplateInvalid: the template asks for what it is not given, or for what it may not have.
    """
    place, source = _template(folder)
    try:
        page = _environment().from_string(source).render(_shown(facts))
    except TemplateError as err:
        raise TemplateInvalid(f"{place}:{_line(err)}: {err}; put the shipped template back or mend it") from err
    return page.translate(_UNPRINTABLE).encode("utf-8", "replace").decode("utf-8")


def _line(err: TemplateError) -> int:
    if isinstance(err, TemplateSyntaxError):
        return err.lineno
    frames = [f.lineno for f in traceback.extract_tb(err.__traceback__) if f.filename == "<template>"]
    return (frames[-1] if frames else 0) or 0


def _template(folder: Path | None) -> tuple[str, str]:
    own = folder / _TEMPLATE if folder else None
    if own and own.is_file():
        return str(own), own.read_text(encoding="utf-8")
    return f"configs/templates/{_TEMPLATE}", files("configs").joinpath("templates", _TEMPLATE).read_text(encoding="utf-8")


def _environment() -> SandboxedEnvironment:
    place = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    place.filters.update(moment=moment, amount=amount, share=share, percent=percent, whole=_whole)
    return place


def _whole(number: float | None) -> int | None:
    return None if number is None else round(number)


def _shown(facts: DossierFacts) -> dict[str, object]:
    reviews = sorted(facts.reviews, key=lambda r: r.night)
    cells = sorted(facts.cells, key=lambda c: (-c.reconciliation.unreached, -c.reconciliation.exposed, c.country, c.os_version))
    return {
        "f": facts,
        "scope": _scope(facts.recall.scope),
        "timeline": sorted(facts.timeline, key=lambda line: line.at),
        "reviews": reviews,
        "newest": _newest(reviews),
        "cells": cells[:_CELLS],
        "cells_left": cells[_CELLS:],
        "cells_left_unreached": sum(c.reconciliation.unreached for c in cells[_CELLS:]),
        "told": sum(d.count for d in facts.deliveries if d.state is DeliveryState.ACCEPTED),
        "sent": sum(d.count for d in facts.deliveries),
        "pictures": _pictures(facts, reviews),
        "minutes": in_force(facts.minutes),
        "corrected": corrected(facts.minutes),
    }


def _pictures(facts: DossierFacts, reviews: list[Review]) -> dict[str, str]:
    drawn = {
        "health": health_chart(facts.evidence, facts.alpha_halt, facts.alpha_recall) if facts.evidence else b"",
        "reach": reach_chart(reviews, facts.target_reach) if reviews else b"",
        "deliveries": delivery_chart(facts.deliveries) if facts.deliveries else b"",
    }
    return {name: data_url(picture) if picture else "" for name, picture in drawn.items()}


def _newest(reviews: list[Review]) -> Review | None:
    return reviews[-1] if reviews else None


def _scope(scope: Scope) -> str:
    parts = (("countries", scope.countries), ("OS versions", scope.os_versions), ("devices", scope.devices))
    named = "; ".join(f"{name} {', '.join(values)}" for name, values in parts if values)
    return f"only {named}" if named else "everyone who has it"
