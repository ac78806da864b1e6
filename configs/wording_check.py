"""The check of every template: it parses, uses only facts there are, and renders in every language.

Add here when a template can be wrong in another way; rather in `configs/wording.py` when it is about rendering.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.meta import find_undeclared_variables

from configs.errors import TemplateInvalid
from configs.notice import Facts, News, NoticeFacts, ProposalFacts, ReleaseFacts, RolesFacts, StatusFacts
from configs.outage import OutageFacts, OutageStage, outage_context, outage_message
from configs.terms import Action, IssueKind, Level, Platform
from configs.wording import complete_locales, context_of, environment, notice, render, template_names


def check_templates(folder: Path | None = None) -> None:
    """Parses every template and renders every message with sample facts, in every language, with and without a fix.

    Raises:
        TemplateInvalid: the first thing that is wrong, with file, line, variable and the way out.
    """
    for name in template_names(folder):
        _check_names(name, folder)
    for locale in complete_locales():
        for outage in _outages():
            outage_message(outage, locale, folder)
        for facts in _samples():
            if isinstance(facts, NoticeFacts):
                notice(facts, locale, folder)
            else:
                render(_FAMILIES[type(facts)], facts, locale, folder)


_FAMILIES: Mapping[type[Facts], str] = {ProposalFacts: "proposal", ReleaseFacts: "release", RolesFacts: "roles", StatusFacts: "status"}


def _check_names(name: str, folder: Path | None) -> None:
    known = _known_names(name.split(".")[0])
    reader = environment(folder, name.endswith(".html.j2"))
    try:
        source, filename, _ = reader.loader.get_source(reader, name)  # type: ignore[union-attr]  # it always has one
        tree = reader.parse(source, name, filename)
    except TemplateSyntaxError as err:
        raise TemplateInvalid(f"{err.filename or err.name}:{err.lineno}: {err.message}; mend the template") from err
    unknown = find_undeclared_variables(tree) - known if known else set()
    for used in tree.find_all(nodes.Name):
        if used.name in unknown:
            raise TemplateInvalid(f"{filename}:{used.lineno}: {used.name!r} is not a fact; known names: {', '.join(sorted(known))}")


def _known_names(family: str) -> set[str]:
    if family == "outage":
        return {key for facts in _outages() for key in outage_context(facts, complete_locales()[0])}
    samples = {**{name: kind for kind, name in _FAMILIES.items()}, "notice": NoticeFacts}
    return {key for facts in _samples() if isinstance(facts, samples.get(family, ())) for key in context_of(facts, complete_locales()[0])}


def _outages() -> Iterator[OutageFacts]:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    for kind in IssueKind:
        for stage in OutageStage:
            yield OutageFacts("O-1", "Sample", stage, kind, at, "https://sample.example", "help@sample.example", at, at)


def _samples() -> Iterator[Facts]:
    app = {"recall_id": "R-1", "app_title": "Sample", "version": "1.0"}
    day, at = date(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC)
    for platform in Platform:
        for kind in IssueKind:
            for level, fixed, until in ((Level.LOW, "", None), (Level.SERIOUS, "1.1", day)):
                yield NoticeFacts(
                    **app, platform=platform, kind=kind, level=level, distributed_from=day, distributed_until=until, fixed_version=fixed,
                    countries=("DE",), contact_url="https://sample.example", help_address="help@sample.example",
                )  # fmt: skip
    for action in Action:
        yield ProposalFacts(
            "P-1",
            **app,
            platform=Platform.IOS,
            level=Level.HIGH,
            action=action,
            summary="s",
            person="tech-lead",
            role="tech",
            code="1",
            link="l",
            expires_at=at,
        )
    yield ReleaseFacts("brake-1", "r", "p", "tech-lead", "tech", "1", "")
    yield RolesFacts("roles-1", "r", "p", ("+ new-lead: product",), "", "tech-lead", "tech", "1", "l")
    yield RolesFacts("roles-2", "r", "p", (), "2026-01-02 00:00 UTC", "tech-lead", "tech", "1", "")
    yield from (StatusFacts(**app, platform=Platform.IOS, news=news, detail=detail, link=detail) for news in News for detail in ("", "d"))
