"""Our own errors and cron check-ins to Sentry, so that someone hears when the watcher itself falls ill.

Only when `RECALL_SENTRY_DSN` is set; without it nothing is imported, opened or sent. What leaves carries the kind of error, our own
sentence with addresses and tokens blanked, and file, function and line of each frame; no variables, requests, users or host names.

Add here when something about ourselves should be reported; rather in `integrations/sources/sentry.py` when it is about the watched app.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from configs.errors import SettingsInvalid

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

DSN = "RECALL_SENTRY_DSN"
FLUSH_SECONDS = 2.0
"""How long `stop` waits for what is still on its way."""

BLANKED = "[removed]"
SECRETS = re.compile(
    "|".join(
        (
            r"[^\s<>\"'=:,;()]+(?:@|%40)[^\s<>\"',;()]+",  # e-mail addresses, and user:password@host
            r"(?<=://)[^\s/]*(?::|%3A)[^\s/@]*@",  # credentials in a URL
            r"(?<=\?)[^\s\"'<>]+",  # query strings
            r"https?://hooks\.[^\s\"'<>]+",  # webhook addresses are secrets as a whole
            r"(?i:\b(?:bearer|basic|(?:\w+_)?token|passw(?:or)?d|pwd|secret|api[_-]?key|authorization|dsn|code))[\"']?(?:\s*[:=]\s*|\s+)[\"']?"
            r"(?i:(?:bearer|basic)\s+)?[^\s\"',;]+",
            r"\b(?:sk|pk|xox[abprs]|gh[pousr]|glpat|sntrys|sntryu|AKIA|eyJ)[-_A-Za-z0-9.]{8,}",  # vendors' own token marks
            r"(?<![\w.])(?!\d{4}-\d\d-\d\d\b)\+?\d[\d ()/-]{7,}\d(?![\w.])",  # telephone numbers, but not dates
            r"\b[A-Za-z0-9_-]{32,}\b",  # long runs: keys and hashes
        )
    )
)
"""What never leaves, wherever it stands in a text. Wider than it must be: a blanked number costs less than an address that got out."""

LONGEST_TEXT = 2000
"""Characters of a message that are looked at and sent."""

KEPT = (
    "event_id",
    "timestamp",
    "platform",
    "level",
    "release",
    "environment",
    "type",
    "monitor_slug",
    "check_in_id",
    "status",
    "duration",
    "monitor_config",
)
"""The parts of an event that are ours and hold no data of anyone."""
KEPT_OF_FRAME = ("filename", "function", "module", "lineno", "in_app")


def start(env: Mapping[str, str] = os.environ) -> bool:
    """Switches reporting on when a DSN is set; says whether it is on. Safe to call again.

    Raises:
        SettingsInvalid: the DSN is malformed; the message does not quote it.
    """
    dsn = env.get(DSN, "").strip()
    if not dsn:
        return False
    import sentry_sdk
    from sentry_sdk.utils import BadDsn

    if _is_on():
        return True
    _check(dsn)
    try:
        _init(sentry_sdk, dsn, env.get("RECALL_ENVIRONMENT") or "production")
    except BadDsn:
        raise _bad_dsn() from None
    return True


def stop() -> None:
    """Sends what is waiting and switches reporting off."""
    if _is_on():
        import sentry_sdk

        sentry_sdk.get_client().close(timeout=FLUSH_SECONDS)
        sentry_sdk.get_global_scope().set_client(None)


def capture(err: BaseException) -> None:
    """Reports one of our own failures; does nothing without a DSN. Never raises: it is called where something failed already."""
    if _started():
        import sentry_sdk

        sentry_sdk.capture_exception(err)


@contextmanager
def check_in(slug: str, crontab: str = "") -> Iterator[None]:
    """Tells Sentry's cron monitor of that name that a run started, and whether it went well. The run's own error passes through.

    `crontab`: when it is due, so that Sentry notices a run that never came; without it the monitor must exist already.
    """
    if not _started():
        yield
        return
    from sentry_sdk.crons import capture_checkin

    config: Any = {"schedule": {"type": "crontab", "value": crontab}, "timezone": "UTC"} if crontab else None
    running = capture_checkin(monitor_slug=slug, status="in_progress", monitor_config=config)
    status = "error"
    try:
        yield
        status = "ok"
    finally:
        capture_checkin(monitor_slug=slug, check_in_id=running, status=status, monitor_config=config)


def scrubbed(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event with nothing but what is known to be harmless. Built from what is kept, so that a new field of the SDK stays at home."""
    kept = {name: event[name] for name in KEPT if name in event}
    if "exception" in event:
        kept["exception"] = {"values": [_exception(e) for e in event["exception"].get("values") or ()]}
    if "logentry" in event or "message" in event:
        kept["message"] = blanked(str(event.get("message") or event["logentry"].get("message", "")))
    kept["contexts"] = {"runtime": event.get("contexts", {}).get("runtime", {})}
    return kept


def blanked(text: str) -> str:
    """The text without addresses, telephone numbers, tokens and query strings."""
    return SECRETS.sub(BLANKED, text[:LONGEST_TEXT])


def _exception(given: Mapping[str, Any]) -> dict[str, Any]:
    frames = [{k: f[k] for k in KEPT_OF_FRAME if k in f} for f in (given.get("stacktrace") or {}).get("frames") or ()]
    # Only our own errors promise a text without personal data; a library's may quote whatever it was given.
    said = blanked(str(given.get("value", ""))) if str(given.get("module", "")).startswith("configs.") else BLANKED
    return {"type": given.get("type"), "module": given.get("module"), "value": said, "stacktrace": {"frames": frames}}


def _started() -> bool:
    try:
        return start()
    except SettingsInvalid as err:
        logging.getLogger("recall").warning("%s", err.message)
        return False


def _is_on() -> bool:
    if "sentry_sdk" not in sys.modules:
        return False
    import sentry_sdk

    return bool(sentry_sdk.get_client().is_active())


def _check(dsn: str) -> None:
    parts = urlsplit(dsn)
    if parts.scheme not in ("https", "http") or not parts.hostname or not parts.username:
        raise _bad_dsn()


def _bad_dsn() -> SettingsInvalid:
    return SettingsInvalid(
        f"the environment variable {DSN} does not hold a Sentry DSN; it looks like https://KEY@HOST/PROJECT, or unset it"
    )


def _init(sdk: Any, dsn: str, environment: str) -> None:
    from sentry_sdk.integrations.atexit import AtexitIntegration

    sdk.init(
        dsn=dsn,
        release=f"app-recall@{_version()}",
        environment=environment,
        server_name="",
        default_integrations=False,  # no hooks into logging, threads, HTTP: only what `capture` is given
        auto_enabling_integrations=False,
        integrations=[AtexitIntegration(callback=_say_nothing)],  # a short run must not end before its report has left
        shutdown_timeout=FLUSH_SECONDS,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        traces_sample_rate=None,
        before_send=_before,
        before_breadcrumb=_no_breadcrumb,
    )


def _before(event: Event, hint: Hint) -> Any:
    return scrubbed(event)


def _say_nothing(pending: int, timeout: float) -> None:
    return None


def _no_breadcrumb(crumb: object, hint: object) -> None:
    return None


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("app-recall")
    except PackageNotFoundError:
        return "unknown"
