"""A look at a service behind the app: does its health address answer, in time, and with what it should say.

It works for anything that answers HTTP with a status or a JSON document: a health end-point, a database's or a queue's status page.
A probe sees the present only: for a window that ended long ago it says that it does not know.

Add here when the answer of a health address is judged otherwise; rather in a new file when the service does not speak HTTP.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Self

import orjson
from pydantic import Field, field_validator, model_validator

from configs.errors import NeighbourRefused, SettingsInvalid, SourceUnavailable, Throttled
from configs.terms import Health, Probe, Reading
from integrations.contracts import Clock, Surroundings
from integrations.http import Answer, Http, Waits
from integrations.options import EnvName, Options, checked, secret

PRESENT = timedelta(minutes=10)
"""How long after a window's end a look still says something about it."""
MAX_BYTES = 1024 * 1024
STEP = re.compile(r"[^.\[\]]+|\[\d+\]")
ANY_STATUS = range(100, 600)


class HttpProbeOptions(Options):
    url: str = Field("", max_length=2000)
    url_env: EnvName | None = None
    token_env: EnvName | None = None
    target: str = Field("", max_length=80, pattern=r"^[\w .:-]*$")
    statuses: tuple[int, ...] = Field((200, 204), min_length=1)
    json_path: str = Field("", max_length=200)
    equals: tuple[str | int | float | bool, ...] = ()
    at_least: float | None = None
    at_most: float | None = None
    max_latency_ms: float | None = Field(None, gt=0, allow_inf_nan=False)
    timeout_seconds: float = Field(10, gt=0, le=60)
    allow_private: bool = False

    @field_validator("equals", mode="before")
    @classmethod
    def _several(cls, given: object) -> object:
        return given if isinstance(given, list | tuple) else (given,)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if bool(self.url) == bool(self.url_env):
            raise ValueError("give either `url` or `url_env`, and only one of them")
        bounds = bool(self.equals) or self.at_least is not None or self.at_most is not None
        if bounds != bool(self.json_path):
            raise ValueError("`json_path` needs one of `equals`, `at_least`, `at_most`, and they need it")
        return self


class HttpProbeSource:
    """One health address as a source of one app. Its readings carry one `Probe`."""

    def __init__(self, name: str, url: str, token: str, options: HttpProbeOptions, clock: Clock) -> None:
        self.name, self._url, self._token, self._options, self._clock = name, url, token, options, clock
        waits = Waits(min(5.0, options.timeout_seconds), options.timeout_seconds, options.timeout_seconds, MAX_BYTES)
        allow = options.allow_private
        self._http = Http(f"probe {name!r}", transient=SourceUnavailable, allow_private=allow, show_path=False, waits=waits)
        self._last: Reading | None = None

    @classmethod
    def build(cls, name: str, options: Mapping[str, object], around: Surroundings) -> Self:
        """The probe of one address; `HttpProbeOptions` says which options there are."""
        given = checked(HttpProbeOptions, f"source {name!r}", options)
        url = secret(f"source {name!r}", "url_env", given.url_env, around) if given.url_env else given.url
        if not url.startswith(("https://", "http://")):
            raise SettingsInvalid(f"source {name!r}: option url{'_env' if given.url_env else ''}: must begin with https:// or http://")
        token = secret(f"source {name!r}", "token_env", given.token_env, around) if given.token_env else ""
        return cls(name, url, token, given, around.clock)

    def __repr__(self) -> str:
        return f"HttpProbeSource({self.name!r})"

    def poll(self, since: datetime, until: datetime) -> Reading:
        """One look, if the window reaches the present. Asking again for the same window gives the look already taken."""
        if self._last is not None and (self._last.since, self._last.until) == (since, until):
            return self._last
        now = self._clock.now()
        if until < now - PRESENT:
            return Reading(self.name, since, until, None, Health.UNKNOWN, "a probe sees only the present, and this window is past")
        self._last = self._reading(since, until, self._look(now))
        return self._last

    def _reading(self, since: datetime, until: datetime, probe: Probe) -> Reading:
        is_answer = probe.latency_ms is not None and probe.health is not Health.UNKNOWN
        if is_answer:
            return Reading(self.name, since, until, probe.at, Health.HEALTHY, probes=(probe,))
        return Reading(self.name, since, until, None, Health.UNKNOWN, probe.detail, probes=(probe,))

    def _look(self, now: datetime) -> Probe:
        target = self._options.target or self.name
        headers = {"Accept": "application/json, */*"} | ({"Authorization": f"Bearer {self._token}"} if self._token else {})
        began = time.perf_counter()
        try:
            answer = self._http.request("GET", self._url, headers=headers, accept=ANY_STATUS)
        except (SourceUnavailable, Throttled) as err:
            detail = f"no answer; a broken network of our own looks the same ({err.message})"
            return Probe(self.name, target, now, Health.DEGRADED, None, detail)
        except NeighbourRefused as err:
            return Probe(self.name, target, now, Health.UNKNOWN, None, err.message)
        latency_ms = round((time.perf_counter() - began) * 1000, 1)
        health, detail = self._judged(answer, latency_ms)
        return Probe(self.name, target, now, health, latency_ms, detail)

    def _judged(self, answer: Answer, latency_ms: float) -> tuple[Health, str]:
        options = self._options
        if answer.status not in options.statuses:
            return Health.DEGRADED, f"status {answer.status}"
        if options.max_latency_ms is not None and latency_ms > options.max_latency_ms:
            return Health.DEGRADED, f"answered after {latency_ms:g} ms, more than {options.max_latency_ms:g} ms"
        if not options.json_path:
            return Health.HEALTHY, ""
        try:
            found = value_at(orjson.loads(answer.body), options.json_path)
        except orjson.JSONDecodeError:
            return Health.UNKNOWN, "the answer is not JSON"
        except LookupError:
            return Health.UNKNOWN, f"the answer has nothing at {options.json_path}"
        return self._compared(found)

    def _compared(self, found: object) -> tuple[Health, str]:
        options = self._options
        shown = f"{options.json_path} is {str(found)[:60]!r}"
        if options.equals:
            fits = any(_same(found, wanted) for wanted in options.equals)
            return (Health.HEALTHY, "") if fits else (Health.DEGRADED, shown)
        if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
            return Health.UNKNOWN, f"{shown}, which is not a number"
        low = -math.inf if options.at_least is None else options.at_least
        high = math.inf if options.at_most is None else options.at_most
        return (Health.HEALTHY, "") if low <= found <= high else (Health.DEGRADED, shown)


def _same(found: object, wanted: object) -> bool:
    return isinstance(found, bool) == isinstance(wanted, bool) and found == wanted


def value_at(document: object, path: str) -> object:
    """The value at a path like `queue.depth` or `checks[0].status`. Raises LookupError when there is none."""
    for step in STEP.findall(path):
        if step.startswith("["):
            if not isinstance(document, list):
                raise LookupError(path)
            document = document[int(step[1:-1])]
        elif isinstance(document, dict) and step in document:
            document = document[step]
        else:
            raise LookupError(path)
    return document
