"""Where readings come from: one adapter a monitoring source, named in the settings by its key here.

Add here when there is a new source: one file, one line in `SOURCES`, one rig in `tests/integrations/test_source_contract.py`; rather in
an existing file when a known source says one thing more.
"""

from __future__ import annotations

from integrations.contracts import Source
from integrations.sources.events import EventsSource
from integrations.sources.files import FilesSource
from integrations.sources.http_probe import HttpProbeSource
from integrations.sources.sentry import SentrySource
from integrations.sources.simulator import Simulator
from integrations.sources.sql import SqlSource

SOURCES: dict[str, type[Source]] = {
    "events": EventsSource,
    "files": FilesSource,
    "http_probe": HttpProbeSource,
    "sentry": SentrySource,
    "simulator": Simulator,
    "sql": SqlSource,
}
