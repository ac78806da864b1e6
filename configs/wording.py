"""From facts to words: the templates in `configs/templates`, or in an organisation's own folder, rendered in a sandbox.

A missing fact, a wrong expression or an incomplete language stops with the file, the line and the way out; nothing is ever sent half.

Add here when rendering itself changes; rather in `configs/templates/` when the words do, and in `tasks/rules/wording_rules.py` when a
notice must or must not say something.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

import yaml
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, FunctionLoader, StrictUndefined, Template, nodes
from jinja2.exceptions import SecurityError, TemplateNotFound, TemplateRuntimeError, TemplateSyntaxError, UndefinedError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from configs.errors import TemplateInvalid
from configs.notice import (
    Facts,
    News,
    NoticeFacts,
    PartRule,
    ProposalFacts,
    ReleaseFacts,
    RenderedNotice,
    RolesFacts,
    SofteningRule,
    StatusFacts,
    WordingRules,
)
from configs.terms import Action, IssueKind, Level, Platform

LONGEST_RENDERED = 1_000_000
"""Characters. A template that makes more is broken."""

Language = Mapping[str, Any]


class _Sandbox(ImmutableSandboxedEnvironment):
    """Refuses the two operators with which a short expression can fill the memory."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: object, operator: str, left: object, right: object) -> NoReturn:
        raise SecurityError(f"the operator {operator} is not allowed in a template")


def render(template: str, facts: Facts, locale: str, folder: Path | None = None) -> str:
    """That template in that language, without surrounding space. Names ending in `.html` are escaped.

    `template` is a name without `.j2`; where there is one file a language (`status`), its own is taken.

    Raises:
        TemplateInvalid: names file, line and variable, and the way out.
    """
    name = f"{template}.{locale}.j2" if "." not in template else f"{template}.j2"
    return _rendered(name, _context(facts, locale), folder)


def notice(facts: NoticeFacts, locale: str, folder: Path | None = None) -> RenderedNotice:
    """The whole notice in one language: subject, text, HTML and the short form. Raises TemplateInvalid."""
    context = _context(facts, locale)
    subject, text, html, short = (_rendered(f"notice.{part}.j2", context, folder) for part in ("subject", "txt", "html", "short"))
    return RenderedNotice(locale, subject, text, html, short)


def country_name(code: str, locale: str) -> str:
    """A country as people of that language call it; the code itself where it is none we know. Raises TemplateInvalid."""
    return str(_countries().get(code.upper(), [code, code, code])[_language(locale)["country_column"]])


def complete_locales() -> tuple[str, ...]:
    """The languages with complete wording."""
    return tuple(_languages())


@lru_cache(maxsize=16)
def wording_rules(locale: str) -> WordingRules:
    """What a notice in this language must and must not say, from `templates/wording_rules.yaml`. Raises TemplateInvalid."""
    given = yaml.safe_load(_text("wording_rules.yaml")).get(locale)
    language = _language(locale)
    if given is None:
        raise TemplateInvalid(f"no wording rules in {locale!r}; add them to configs/templates/wording_rules.yaml")
    parts = {
        name: PartRule(name, r["rule"], tuple(r["in"]), r["pattern"]) for name, r in {**given["must"], "urgent": given["urgent"]}.items()
    }
    softening = tuple(SofteningRule(name, r["rule"], tuple(r["patterns"])) for name, r in given["must_not"].items())
    hazard = {kind: str(language["hazard"][kind]) for kind in IssueKind}
    return WordingRules(locale, tuple(parts[name] for name in given["must"]), parts["urgent"], softening, hazard)


def template_names(folder: Path | None = None) -> list[str]:
    """Every template there is, built in or in `folder`, which wins where both have one."""
    built_in = [f.name for f in files("configs").joinpath("templates").iterdir()]
    own = [f.name for f in folder.iterdir()] if folder else []
    return sorted({name for name in (*built_in, *own) if name.endswith(".j2")})


def check_templates(folder: Path | None = None) -> None:
    """Parses every template and renders every message with sample facts, in every language, with and without a fix.

    Raises:
        TemplateInvalid: the first thing that is wrong, with file, line, variable and the way out.
    """
    for name in template_names(folder):
        _check_names(name, folder)
    for locale in complete_locales():
        for facts in _samples():
            if isinstance(facts, NoticeFacts):
                notice(facts, locale, folder)
            else:
                render(_FAMILIES[type(facts)], facts, locale, folder)


def _rendered(name: str, values: Mapping[str, object], folder: Path | None) -> str:
    try:
        pieces = _compiled(name, folder).generate(values)
        return _joined(name, pieces).strip()
    except TemplateSyntaxError as err:
        raise TemplateInvalid(f"{err.filename or err.name}:{err.lineno}: {err.message}; mend the template") from err
    except TemplateNotFound as err:
        raise TemplateInvalid(f"there is no template {err.name}; there are: {', '.join(template_names(folder))}") from err
    except UndefinedError as err:
        raise TemplateInvalid(f"{_place(err, name)}: {err.message}; known names: {', '.join(sorted(values))}") from err
    except SecurityError as err:
        raise TemplateInvalid(f"{_place(err, name)}: {err}; a template may only use the facts it is given") from err
    except (TemplateRuntimeError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as err:
        raise TemplateInvalid(f"{_place(err, name)}: {type(err).__name__}: {err}; mend the template") from err


def _joined(name: str, pieces: Iterator[str]) -> str:
    found: list[str] = []
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > LONGEST_RENDERED:
            raise TemplateInvalid(f"{name}: makes more than {LONGEST_RENDERED} characters; mend the template")
        found.append(piece)
    return "".join(found)


def _place(err: Exception, name: str) -> str:
    """File and line: jinja puts the template's own frames into the traceback."""
    frames = [f for f in traceback.extract_tb(err.__traceback__) if f.filename.endswith(".j2")]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else name


@lru_cache(maxsize=256)
def _compiled(name: str, folder: Path | None) -> Template:
    return _environment(folder, name.endswith(".html.j2")).get_template(name)


@lru_cache(maxsize=16)
def _environment(folder: Path | None, escaping: bool) -> Environment:
    """One environment escapes everything, also what a page imports; the other nothing. So no import can slip out of the escaping."""
    built_in = FunctionLoader(_built_in)
    loader = ChoiceLoader([FileSystemLoader(folder), built_in]) if folder else built_in
    return _Sandbox(loader=loader, undefined=StrictUndefined, autoescape=escaping, trim_blocks=True, lstrip_blocks=True, auto_reload=False)


def _built_in(name: str) -> tuple[str, str, Callable[[], bool]] | None:
    found = files("configs").joinpath("templates", name)
    if "/" in name or not name.endswith(".j2") or not found.is_file():
        return None
    return found.read_text(encoding="utf-8"), f"configs/templates/{name}", lambda: True


# --- what a template may use ------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _languages() -> dict[str, Language]:
    return dict(yaml.safe_load(_text("languages.yaml")))


@lru_cache(maxsize=1)
def _countries() -> dict[str, list[str]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return dict(yaml.load(_text("countries.yaml"), loader))  # noqa: S506 - a safe loader


def _text(name: str) -> str:
    return files("configs").joinpath("templates", name).read_text(encoding="utf-8")


def _language(locale: str) -> Language:
    found = _languages().get(locale)
    if found is None:
        known = ", ".join(_languages())
        raise TemplateInvalid(f"no wording in {locale!r}; complete are: {known}; add it to configs/templates/languages.yaml")
    return found


def _context(facts: Facts, locale: str) -> Mapping[str, object]:
    language = _language(locale)
    if isinstance(facts, (ReleaseFacts, RolesFacts)):
        return MappingProxyType({"locale": locale, **asdict(facts)})
    named = {"locale": locale, "platform_name": language["platform"][facts.platform], **asdict(facts)}
    if isinstance(facts, NoticeFacts):
        return MappingProxyType(named | _of_notice(facts, language, locale))
    if isinstance(facts, ProposalFacts):
        expires = facts.expires_at.astimezone(UTC)
        words = {"action_name": language["action"][facts.action], "level_name": language["level"][facts.level]}
        return MappingProxyType(named | words | {"expires_words": f"{_date(expires, language)} {expires:%H:%M} UTC"})
    return MappingProxyType(named | {"news_words": language["news"][facts.news]})


def _of_notice(facts: NoticeFacts, language: Language, locale: str) -> dict[str, object]:
    names = [country_name(code, locale) for code in facts.countries]
    return {
        "store_name": language["store"][facts.platform],
        "hazard": language["hazard"][facts.kind],
        "now": language["now"][facts.kind],
        "places": language["comma"].join(names) or language["everywhere"],
        "from_words": _date(facts.distributed_from, language),
        "until_words": _date(facts.distributed_until, language),
    }


def _date(day: date | None, language: Language) -> str:
    if day is None:
        return ""
    return str(language["date"].format(day=day.day, number=day.month, month=language["months"][day.month - 1], year=day.year))


def stage_words(stage: str, locale: str) -> str:
    """What a message that follows up silence begins with."""
    return str(_language(locale)["stage"][stage])


# --- the check --------------------------------------------------------------------------------------------------------


_FAMILIES: Mapping[type[Facts], str] = {ProposalFacts: "proposal", ReleaseFacts: "release", RolesFacts: "roles", StatusFacts: "status"}


def _check_names(name: str, folder: Path | None) -> None:
    known = _known_names(name.split(".")[0])
    environment = _environment(folder, name.endswith(".html.j2"))
    try:
        source, filename, _ = environment.loader.get_source(environment, name)  # type: ignore[union-attr]  # it always has one
        tree = environment.parse(source, name, filename)
    except TemplateSyntaxError as err:
        raise TemplateInvalid(f"{err.filename or err.name}:{err.lineno}: {err.message}; mend the template") from err
    unknown = find_undeclared_variables(tree) - known if known else set()
    for used in tree.find_all(nodes.Name):
        if used.name in unknown:
            raise TemplateInvalid(f"{filename}:{used.lineno}: {used.name!r} is not a fact; known names: {', '.join(sorted(known))}")


def _known_names(family: str) -> set[str]:
    samples = {**{name: kind for kind, name in _FAMILIES.items()}, "notice": NoticeFacts}
    return {key for facts in _samples() if isinstance(facts, samples.get(family, ())) for key in _context(facts, complete_locales()[0])}


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
