"""One row of a customer list becomes one contact, or says why it cannot. No address and no id is ever quoted in a reason.

Add here when a column is known by one more name or a cell is read otherwise; rather in `table.py` or `sql.py` when it is about getting
rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from configs.effects import Contact
from configs.errors import FileMalformed
from configs.settings import App
from configs.terms import Platform, Rejected, Scope

NAMES: Mapping[str, tuple[str, ...]] = {
    "subject": ("subject_id", "user_id", "customer_id", "install_id", "id"),
    "version": ("app_version",),
    "app": ("package_name", "bundle_id"),
    "platform": ("os",),
    "country": ("territory",),
    "os_version": (),
    "device": ("device_model",),
    "locale": ("language", "lang"),
}
"""Our columns and what others call them."""
CHANNEL_NAMES: Mapping[str, tuple[str, ...]] = {
    "email": ("email_address", "e_mail"),
    "push": ("push_token",),
    "sms": ("phone", "phone_number"),
}
"""Columns that hold an address, by channel."""
NEEDED = ("subject", "version")
LONGEST_CELL = 4096
"""Characters. Push tokens are long; nothing in a customer list is longer."""
KEPT_REASONS = 20


class Unusable(ValueError):
    """Why a row cannot be used, without what it holds."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each column stands in a row, and whose rows are wanted. `app_in_rows`: the app's name in the list."""

    app: App
    app_in_rows: str
    fields: Mapping[str, int]
    channels: Mapping[str, int]
    width: int

    def contact(self, cells: Sequence[object]) -> Contact | None:
        """The contact in this row; None when it is another app's or platform's. Raises Unusable."""
        if len(cells) != self.width:
            raise Unusable(f"{len(cells)} fields instead of {self.width}")
        words = {name: _word(cells[at], name) for name, at in self.fields.items()}
        if self._is_others(words):
            return None
        for name in NEEDED:
            if not words[name]:
                raise Unusable(f"{name} is empty")
        addresses = {name: found for name, at in self.channels.items() if (found := _word(cells[at], name))}
        rest = {name: words.get(name, "") for name in ("country", "os_version", "device", "locale")}
        return Contact(words["subject"], self.app.id, self.app.platform, words["version"], **rest, addresses=addresses)

    def _is_others(self, words: Mapping[str, str]) -> bool:
        if words.get("app", self.app_in_rows) != self.app_in_rows:
            return True
        platform = words.get("platform", "").lower()
        if platform and platform not in list(Platform):
            raise Unusable(f"platform is neither {' nor '.join(Platform)}")
        return bool(platform) and platform != self.app.platform


def layout(header: Sequence[str], renamed: Mapping[str, str], app: App, app_in_rows: str, place: str) -> Layout:
    """Matches a list's column names to ours.

    Args:
        renamed: the `columns` option: their name -> ours or a channel's, or "" to leave a column out.
        place: file (and line) for people.

    Raises:
        FileMalformed: an unknown, doubled or missing column; names it, the place and the way out.
    """
    known = {alias: name for names in (NAMES, CHANNEL_NAMES) for name, aliases in names.items() for alias in (name, *aliases)}
    known |= {_plain(theirs): ours for theirs, ours in renamed.items()}
    found: dict[str, int] = {}
    for position, theirs in enumerate(header):
        ours = known.get(_plain(theirs))
        if ours is None:
            raise _malformed(place, f"unknown column {theirs[:60]!r}")
        if ours in found:
            raise _malformed(place, f"columns {header[found[ours]][:60]!r} and {theirs[:60]!r} both mean {ours!r}")
        if ours:
            found[ours] = position
    missing = [name for name in NEEDED if name not in found]
    if missing:
        raise _malformed(place, f"no column for {', '.join(missing)}")
    channels = {name: at for name, at in found.items() if name not in NAMES}
    return Layout(app, app_in_rows or app.id, {n: at for n, at in found.items() if n in NAMES}, channels, len(header))


def _malformed(place: str, problem: str) -> FileMalformed:
    return FileMalformed(
        f"{place}: {problem}; contacts have the columns subject*, version* (* needed), {', '.join([*list(NAMES)[2:], *CHANNEL_NAMES])}; "
        "the option `columns: {theirs: ours}` renames one (or names its channel), `columns: {theirs: ''}` leaves one out",
        place=place,
    )


def _plain(name: str) -> str:
    return name.strip().lower().removeprefix("\ufeff")


def _word(cell: object, name: str) -> str:
    word = "" if cell is None else str(cell).strip()
    if len(word) > LONGEST_CELL:
        raise Unusable(f"{name} is longer than {LONGEST_CELL} characters")
    return word


def is_inside(contact: Contact, scope: Scope) -> bool:
    """Whether the contact ran the scope's version and may be inside it. What the list does not know does not put anyone outside."""
    if (contact.platform, contact.version) != (scope.platform, scope.version):
        return False
    narrowed = ((scope.countries, contact.country), (scope.os_versions, contact.os_version), (scope.devices, contact.device))
    return all(not allowed or not value or value in allowed for allowed, value in narrowed)


@dataclass
class Quarantine:
    """Rows that could not be used: how many, and the first ones with place and reason."""

    source: str
    count: int = 0
    first: list[Rejected] = field(default_factory=list)

    def add(self, place: str, reason: str) -> None:
        """One more."""
        self.count += 1
        if len(self.first) < KEPT_REASONS:
            self.first.append(Rejected(self.source, place, reason))

    @property
    def summary(self) -> str:
        """For people; empty when all is well."""
        if not self.count:
            return ""
        return f"contacts {self.source!r}: {self.count} rows cannot be used, the first at {self.first[0].place}: {self.first[0].reason}"
