"""Blocks as HTML: a page to keep, and the HTML part of a mail. Neither asks anything of the network.

Layout and look stand in `configs/templates/memo.page.html.j2` and `memo.mail.html.j2`; strangers' text is escaped there by Jinja, and the
page forbids itself everything but inline style and pictures. Mail programs drop pictures that are inlined, so a mail has bars instead.

Add here when the templates need a value worked out for showing; rather in the templates when only the look changes.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from urllib.parse import quote, urlsplit

from jinja2 import Environment, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from integrations.pages.blocks import Block, Page, Picture, Title
from integrations.pages.ink import data_url

_UNPRINTABLE = dict.fromkeys([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)], " ")

_URL_SAFE = "/:?&=#%+,;@~.-_"


def as_page(page: Page, locale: str) -> str:
    """One self-contained HTML file, in light and dark."""
    return _rendered("memo.page.html.j2", page, locale)


def as_mail(page: Page, locale: str) -> str:
    """The HTML part of a mail."""
    return _rendered("memo.mail.html.j2", tuple(b for b in page if not isinstance(b, Picture)), locale)


def _rendered(template: str, page: Page, locale: str) -> str:
    title = next((b.text for b in page if isinstance(b, Title)), "")
    text = _environment().from_string(_source(template)).render(blocks=[(_kind(b), b) for b in page], title=title, locale=locale)
    return text.translate(_UNPRINTABLE).encode("utf-8", "replace").decode("utf-8")


def _kind(block: Block) -> str:
    return type(block).__name__.lower()


@lru_cache(maxsize=2)
def _source(template: str) -> str:
    return files("configs").joinpath("templates", template).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    place = ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    place.filters.update(address=address, data_url=data_url)
    return place


def address(way: str) -> str:
    """The address to put into a link, quoted; "" for what is no address of the web, and so must not become one."""
    parts = urlsplit(way.strip())
    return quote(way.strip(), safe=_URL_SAFE) if parts.scheme in ("http", "https") and parts.netloc else ""
