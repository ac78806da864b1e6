"""A customer list as a file: CSV, JSON lines (either also .gz) or Parquet; the first row names the columns.

`exposed` streams. To find people again the rows are kept in memory while the file is unchanged, so a list of more than a few million
belongs into a database (`sql.py`). A bad row is counted and reported, and costs no other row.

Add here when a file must be remembered otherwise; rather in `formats.py` or `rows.py` when it holds something new.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

from pydantic import Field

from configs.effects import Contact
from configs.errors import FileMalformed, SettingsInvalid
from configs.settings import App
from configs.terms import Rejected, Scope
from integrations.contacts.formats import Cells, Raw, listing
from integrations.contacts.rows import Layout, Quarantine, Unusable, is_inside, layout
from integrations.contracts import Surroundings
from integrations.options import Options, checked


class TableOptions(Options):
    """`app`: what the list calls the app. `columns`: their names -> ours."""

    path: str = Field(min_length=1)
    app: str = ""
    columns: dict[str, str] = Field(default_factory=dict)


class TableContacts:
    """Contacts over one file."""

    def __init__(self, name: str, path: Path, app: App, options: TableOptions) -> None:
        self.name, self._path, self._app, self._options = name, path, app, options
        self._quarantine = Quarantine(name)
        self._stamp: tuple[int, int, int] | None = None
        self._kept: dict[str, tuple[Raw, Layout, Cells]] = {}

    def __repr__(self) -> str:
        return f"TableContacts({self.name!r}, {self._path.name!r})"

    @classmethod
    def build(cls, name: str, options: Mapping[str, object], around: Surroundings) -> Self:
        """The contacts, their options checked. Raises SettingsInvalid."""
        if around.app is None:
            raise SettingsInvalid(f"contacts {name!r} belong to no app; list them as an app's `contacts`")
        given = checked(TableOptions, f"contacts {name!r}", options)
        return cls(name, around.folder / given.path, around.app, given)

    @property
    def rejected(self) -> tuple[Rejected, ...]:
        """The first unusable rows of the last reading, with place and reason."""
        return tuple(self._quarantine.first)

    @property
    def rejected_count(self) -> int:
        """How many rows of the last reading could not be used."""
        return self._quarantine.count

    def exposed(self, scope: Scope) -> Iterator[Contact]:
        """Contacts inside the scope, each subject once, in the file's order. Raises FileMalformed when the file cannot be read."""
        seen: set[str] = set()
        for contact, _ in self._contacts():
            if contact.subject not in seen and is_inside(contact, scope):
                seen.add(contact.subject)
                yield contact

    def find(self, subjects: Sequence[str]) -> dict[str, Contact]:
        """The contacts of these subjects that the file holds now; of several rows of one subject the first. Raises FileMalformed."""
        stamp = self._stamp_now()
        if stamp != self._stamp:
            kept: dict[str, tuple[Raw, Layout, Cells]] = {}
            for contact, row in self._contacts():
                kept.setdefault(contact.subject, row)
            self._kept, self._stamp = kept, stamp
        rows = {subject: self._kept[subject] for subject in subjects if subject in self._kept}
        found = {subject: place.contact(cells(raw)) for subject, (raw, place, cells) in rows.items()}
        return {subject: contact for subject, contact in found.items() if contact is not None}

    def _stamp_now(self) -> tuple[int, int, int]:
        try:
            found = self._path.stat()
        except OSError as err:
            raise FileMalformed(f"{self._path.name}: cannot be read ({err.strerror}); check path and permissions") from err
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _contacts(self) -> Iterator[tuple[Contact, tuple[Raw, Layout, Cells]]]:
        self._quarantine = quarantine = Quarantine(self.name)
        with listing(self._path) as found:
            columns = layout(found.header, self._options.columns, self._app, self._options.app, f"{self._path.name}:1")
            for number, raw in found.rows:
                try:
                    contact = columns.contact(found.cells(raw))
                except Unusable as err:
                    quarantine.add(f"{self._path.name}:{number}", str(err))
                    continue
                if contact is not None:
                    yield contact, (raw, columns, found.cells)
        if quarantine.count:
            logging.getLogger("recall").warning("%s", quarantine.summary)
