"""From facts to words: the templates in `configs/templates`, or in an organisation's own folder, rendered in a sandbox.

A missing fact, a wrong expression or an incomplete language stops with the file, the line and the way out; nothing is ever sent half.

Add here when rendering itself changes; rather in `configs/templates/` when the words do, and in `tasks/rules/wording_rules.py` when a
notice must or must not say something.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, date
from functools import lru_cache, reduce
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

import yaml
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, FunctionLoader, StrictUndefined, Template
from jinja2.exceptions import SecurityError, TemplateNotFound, TemplateRuntimeError, TemplateSyntaxError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from configs.errors import TemplateInvalid
from configs.letters import direction, inlined
from configs.notice import (
    Facts,
    NoticeFacts,
    PartRule,
    ProposalFacts,
    ReleaseFacts,
    RenderedNotice,
    RolesFacts,
    SofteningRule,
    WordingRules,
)
from configs.phone_text import LONGEST_PUSH, LONGEST_PUSH_TITLE, MOST_SMS_PARTS, sms_parts
from configs.terms import IssueKind

LONGEST_RENDERED = 1_000_000
"""Characters. A template that makes more is broken."""

BREVITY = (0, 1, 2)
"""How much a phone's forms leave out, as templates know it: nothing, what the link tells, all but what the law asks for."""

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
    return rendered(name, context_of(facts, locale), folder)


def notice(facts: NoticeFacts, locale: str, folder: Path | None = None) -> RenderedNotice:
    """The whole notice in one language: subject, text, HTML and the short form. Raises TemplateInvalid."""
    context = context_of(facts, locale)
    subject, text, html = (rendered(f"notice.{part}.j2", context, folder) for part in ("subject", "txt", "html"))
    short = _fitting("notice.short.j2", context, folder, lambda text: sms_parts(text) <= MOST_SMS_PARTS)
    title = _fitting("notice.push_title.j2", context, folder, lambda text: len(text) <= LONGEST_PUSH_TITLE)
    push = _fitting("notice.push.j2", context, folder, lambda text: len(text) <= LONGEST_PUSH)
    return RenderedNotice(locale, subject, text, inlined(html, facts.answer_url), short, title, push)


def _fitting(name: str, context: Mapping[str, object], folder: Path | None, fits: Callable[[str], bool]) -> str:
    """The fullest wording that fits; the briefest where none does, which the check then refuses by name."""
    wordings = [rendered(name, {**context, "brief": brief}, folder) for brief in BREVITY]
    return next(filter(fits, wordings), wordings[-1])


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
    defined = given.get("define", {})
    softening = tuple(
        SofteningRule(name, r["rule"], spelled_out(r["patterns"], defined), spelled_out(r.get("except", ()), defined))
        for name, r in given["must_not"].items()
    )
    hazard, brief = ({kind: str(language[name][kind]) for kind in IssueKind} for name in ("hazard", "brief_hazard"))
    return WordingRules(
        locale, tuple(parts[name] for name in given["must"]), parts["urgent"], softening, hazard, brief, given.get("fold", {})
    )


def spelled_out(patterns: Iterable[str], defined: Mapping[str, str]) -> tuple[str, ...]:
    """With what `define` says in place of each <name>."""
    return tuple(reduce(lambda p, known: p.replace(f"<{known[0]}>", known[1]), defined.items(), pattern) for pattern in patterns)


def template_names(folder: Path | None = None) -> list[str]:
    """Every template there is, built in or in `folder`, which wins where both have one."""
    built_in = [f.name for f in files("configs").joinpath("templates").iterdir()]
    own = [f.name for f in folder.iterdir()] if folder else []
    return sorted({name for name in (*built_in, *own) if name.endswith(".j2")})


def rendered(name: str, values: Mapping[str, object], folder: Path | None) -> str:
    """A template file with these values, without surrounding space. Raises TemplateInvalid."""
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
    return environment(folder, name.endswith(".html.j2")).get_template(name)


@lru_cache(maxsize=16)
def environment(folder: Path | None, escaping: bool) -> Environment:
    """What templates are read with. One escapes everything, also what a page imports; the other nothing: no import slips out of it."""
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


def context_of(facts: Facts, locale: str) -> Mapping[str, object]:
    """Every name a template of these facts may use."""
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
        "dir": direction(locale),
        "brief": BREVITY[0],
        "brief_hazard": language["brief_hazard"][facts.kind],
        "brief_from": _date(facts.distributed_from, language, "brief_date"),
        "now": language["now"][facts.kind],
        "places": language["comma"].join(names) or language["everywhere"],
        "from_words": _date(facts.distributed_from, language),
        "until_words": _date(facts.distributed_until, language),
    }


def _date(day: date | None, language: Language, form: str = "date") -> str:
    if day is None:
        return ""
    return str(language[form].format(day=day.day, number=day.month, month=language["months"][day.month - 1], year=day.year))


def date_words(day: date, locale: str) -> str:
    """A day as people of that language write it. Raises TemplateInvalid."""
    return _date(day, _language(locale))


def stage_words(stage: str, locale: str) -> str:
    """What a message that follows up silence begins with."""
    return str(_language(locale)["stage"][stage])
