"""The sentences of a page in one language, with its numbers, times and plural forms: `templates/memo.*.yaml`, one file a language.

Every language has the same keys and the same placeholders; a test holds that. A sentence never depends on the order of words in another
language: what is put in is a number, a name or a whole phrase.

Add here when a language writes numbers, times or plurals in yet another way; rather in the YAML when a sentence should read otherwise,
and in `configs/wording.py` when it is a message from a template.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files

import yaml

from configs.errors import TemplateInvalid

LOCALES = ("en", "zh", "ru")
"""The languages there is a catalogue in."""

DIGITS = 3
"""Digits that a rough number keeps: a prediction knows no more."""


@dataclass(frozen=True)
class Catalogue:
    """Sentences by key, as `say("risk.level")`. `entries`: key -> sentence, or key.form -> sentence of a counted one."""

    locale: str
    entries: Mapping[str, str]

    def __call__(self, key: str, **values: str) -> str:
        """The sentence with these phrases put in. Raises TemplateInvalid for a key or phrase that is missing."""
        try:
            return self.entries[key].format(**values)
        except (KeyError, IndexError) as err:
            raise TemplateInvalid(
                f"configs/templates/memo.{self.locale}.yaml: {key}: {err} is missing; put it in, in every language"
            ) from err

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    # --- numbers --------------------------------------------------------------------------------------------------------

    def number(self, value: float | None, places: int = 0) -> str:
        """A number with its thousands apart; unknown is said."""
        if value is None:
            return self("number.unknown")
        whole, _, part = f"{value:,.{places}f}".partition(".")
        return whole.replace(",", self("number.group")) + (self("number.point") + part if part else "")

    def rough(self, value: float | None) -> str:
        """A number of which three digits are meant: small ones with decimals, large ones in the language's own units."""
        if value is None or not math.isfinite(value):
            return self("number.unknown")
        unit = max((u for u in self._units() if abs(value) >= u), default=1)
        kept = _rounded(value / unit)
        if 0 < abs(value) < 0.1:
            return self("number.below", n=self.number(0.1, 1))
        said = self.number(kept, _places(kept))
        return said if unit == 1 else self(f"number.units.{unit}", n=said)

    def people(self, value: float | None) -> str:
        """A rough number of persons: whole from ten on."""
        if value is None or not math.isfinite(value):
            return self("number.unknown")
        return self.rough(round(value) if abs(value) >= 10 else round(value, 1) or value)

    def aside(self, said: str, more: str) -> str:
        """Something with more about it in parentheses; alone where there is no more."""
        return self("list.aside", said=said, aside=more) if more else said

    def count(self, key: str, value: float, **values: str) -> str:
        """The plural form for a rough number, with the number as `n`."""
        is_short = any(abs(value) >= unit for unit in self._units())
        form = self._largest_form() if is_short else plural(self.locale, _rounded(value))
        said = self.rough(value) if value != int(value) or is_short or value >= 10**DIGITS else self.number(value)
        return self(f"{key}.{form}", n=said, **values)

    def share(self, part: float | None, *, up: bool = False) -> str:
        """A share as a percentage with two digits; never 0 % or 100 % of what is only nearly so. `up`: never less than it is."""
        if part is None:
            return self("number.unknown")
        if 0 < part < 0.0001:
            return self("number.below", n=self("number.percent", n=self.number(0.01, 2)))
        places = 0 if part in (0, 1) or 0.1 <= part < 0.995 else 1 if 0.01 <= part < 0.1 or part >= 0.995 else 2
        shown = math.ceil(100 * part * 10**places - 1e-9) / 10**places if up else 100 * part
        shown = min(shown, 99.9) if 0.995 <= part < 1 else shown
        return self("number.percent", n=self.number(shown, places))

    def times(self, ratio: float | None, low: float | None = None, high: float | None = None) -> str:
        """How many times as often, with its bounds."""
        if ratio is None:
            return self("number.unknown")
        said = self("number.times", n=self.number(ratio, 1))
        if low is None or high is None:
            return said
        return self.aside(said, self("number.range", low=self.number(low, 1), high=self.number(high, 1)))

    # --- time -----------------------------------------------------------------------------------------------------------

    def moment(self, at: datetime | None) -> str:
        """A moment in UTC."""
        if at is None:
            return self("number.unknown")
        there = at.astimezone(UTC)
        month = self(f"time.months.{there.month - 1}")
        return self("time.moment", day=str(there.day), month=month, year=str(there.year), clock=f"{there:%H:%M}")

    def span(self, hours: float) -> str:
        """So many hours, from three whole days on as days."""
        days = hours / 24
        return self.count("time.days", days) if days >= 3 and days == int(days) else self.count("time.hours", hours)

    # --- lists ----------------------------------------------------------------------------------------------------------

    def listed(self, names: Sequence[str], joint: str = "list.comma") -> str:
        """Names after one another."""
        return self(joint).join(names)

    def _units(self) -> Sequence[int]:
        return _units(self.entries)

    def _largest_form(self) -> str:
        return "many" if self.locale == "ru" else "other"


def plural(locale: str, number: float) -> str:
    """The plural form of a number, after the Unicode CLDR: one, few, many or other."""
    if locale == "zh":
        return "other"
    if locale == "en":
        return "one" if number == 1 else "other"
    if number != int(number):
        return "other"
    tens, ones = int(abs(number)) % 100, int(abs(number)) % 10
    if ones == 1 and tens != 11:
        return "one"
    return "few" if 2 <= ones <= 4 and not 12 <= tens <= 14 else "many"


@lru_cache(maxsize=len(LOCALES))
def catalogue(locale: str) -> Catalogue:
    """The sentences in that language. Raises TemplateInvalid when there is no such catalogue."""
    if locale not in LOCALES:
        raise TemplateInvalid(f"no memo in {locale!r}; there is: {', '.join(LOCALES)}; add configs/templates/memo.{locale}.yaml")
    text = files("configs").joinpath("templates", f"memo.{locale}.yaml").read_text(encoding="utf-8")
    return Catalogue(locale, dict(_flat(yaml.safe_load(text))))


def _flat(node: object, above: str = "") -> Iterator[tuple[str, str]]:
    parts = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else None
    if parts is None:
        yield above, str(node)
        return
    for key, value in parts:
        yield from _flat(value, f"{above}.{key}" if above else str(key))


def _units(entries: Mapping[str, str]) -> tuple[int, ...]:
    return tuple(int(key.rpartition(".")[2]) for key in entries if key.startswith("number.units."))


def _rounded(value: float) -> float:
    if not value:
        return 0.0
    return round(value, DIGITS - 1 - math.floor(math.log10(abs(value))))


def _places(value: float) -> int:
    """Decimals that a number of three digits needs."""
    return 0 if value == int(value) else min(DIGITS - 1, len(f"{value:.{DIGITS}g}".partition(".")[2]))
