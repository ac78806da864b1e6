"""The words of our own web pages, by language, and the names they share with messages.

Add here when pages need words in another form; rather in `configs/templates/web.yaml` when they need other words.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from configs.errors import TemplateInvalid


@lru_cache(maxsize=1)
def _catalogue() -> Mapping[str, Mapping[str, Any]]:
    return dict(yaml.safe_load(files("configs").joinpath("templates", "web.yaml").read_text(encoding="utf-8")))


def web_locales() -> tuple[str, ...]:
    """The languages there are pages in; the first serves whoever reads none of them."""
    return tuple(_catalogue())


def web_words(locale: str) -> Mapping[str, Any]:
    """Every word of the pages in that language. Raises TemplateInvalid."""
    found = _catalogue().get(locale)
    if found is None:
        raise TemplateInvalid(f"no web pages in {locale!r}; complete are: {', '.join(_catalogue())}; add it to configs/templates/web.yaml")
    return found


@lru_cache(maxsize=16)
def names_in(locale: str) -> Mapping[str, Mapping[str, str]]:
    """What levels, actions and platforms are called: `level`, `action` and `platform` of languages.yaml."""
    languages = yaml.safe_load(files("configs").joinpath("templates", "languages.yaml").read_text(encoding="utf-8"))
    return {kind: dict(languages[locale][kind]) for kind in ("level", "action", "platform")}


def preferred(accept_language: str) -> str:
    """The language of the pages that a browser asks for first, by its Accept-Language header, as far as anyone sends weights in order."""
    wanted = [part.split(";")[0].strip().lower().split("-")[0] for part in accept_language[:200].split(",")]
    return next((tag for tag in wanted if tag in _catalogue()), web_locales()[0])
