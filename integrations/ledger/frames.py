"""The ledger as pandas tables, for reviews and charts. Shapes are documented; the order of rows is part of them.

Add here when a review or a chart needs a table; rather in `readings.py` when a rule needs values.
"""

from __future__ import annotations

import pandas as pd

from configs.terms import Platform
from integrations.ledger.book import Txn

INSTALLED = ("source", "version", "country", "os_version", "at", "exposed", "fixed", "blocked", "uninstalled", "dormant")
EVIDENCE = ("version", "metric", "at", "log_evidence")
DELIVERIES = ("wave", "channel", "locale", "state", "messages")

_NUMBERS = ("exposed", "fixed", "blocked", "uninstalled", "dormant")


def installed_frame(txn: Txn, app: str, platform: Platform) -> pd.DataFrame:
    """The last known installed base, one row a cell, by version, country, OS version and source.

    Columns: source, version, country, os_version (str); at (datetime64, UTC); exposed, fixed, blocked, uninstalled, dormant (Int64; NA
    where the source cannot tell).
    """
    found = txn.tuples(
        f"SELECT {', '.join(INSTALLED)} FROM installed WHERE app = :app AND platform = :platform"
        " ORDER BY version, country, os_version, source",
        app=app,
        platform=platform.value,
    )
    frame = _timed(pd.DataFrame(found, columns=list(INSTALLED)))
    return frame.astype(dict.fromkeys(_NUMBERS, "Int64"))


def evidence_frame(txn: Txn, app: str, platform: Platform, version: str) -> pd.DataFrame:
    """What the detector said of a version, look by look, by metric and time.

    Columns: version, metric (str); at (datetime64, UTC); log_evidence (float64, natural logarithm).
    """
    found = txn.tuples(
        f"SELECT {', '.join(EVIDENCE)} FROM evidence WHERE app = :app AND platform = :platform AND version = :version ORDER BY metric, at",
        app=app,
        platform=platform.value,
        version=version,
    )
    return _timed(pd.DataFrame(found, columns=list(EVIDENCE))).astype({"log_evidence": "float64"})


def deliveries_frame(txn: Txn, recall_id: str) -> pd.DataFrame:
    """How many notices of a recall are in which state, by wave, channel, locale and state.

    Columns: wave (Int64); channel, locale, state (str); messages (Int64). No row is about one person.
    """
    found = txn.tuples(
        "SELECT wave, channel, locale, state, count(*) FROM deliveries WHERE recall_id = :recall_id"
        " GROUP BY wave, channel, locale, state ORDER BY wave, channel, locale, state",
        recall_id=recall_id,
    )
    return pd.DataFrame(found, columns=list(DELIVERIES)).astype({"wave": "Int64", "messages": "Int64"})


def _timed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(at=pd.to_datetime(frame["at"], utc=True, format="ISO8601"))
