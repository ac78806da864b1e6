"""Prefect's own API client, pointed at one server, with its failures in our words.

Add here when the client must be entered another way; rather in `janitor` or `deployments` when it is about what is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from prefect.client.orchestration import SyncPrefectClient
from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import (
    PREFECT_API_AUTH_STRING,
    PREFECT_API_REQUEST_TIMEOUT,
    PREFECT_API_URL,
    PREFECT_CLIENT_MAX_RETRIES,
    PREFECT_SERVER_ALLOW_EPHEMERAL_MODE,
    temporary_settings,
)
from prefect.settings.legacy import Setting

from configs.errors import ServerUnavailable
from integrations.server.settings import Setup

QUICK: dict[str | Setting, object] = {PREFECT_CLIENT_MAX_RETRIES: 1, PREFECT_API_REQUEST_TIMEOUT: 10.0}
"""One more try after two seconds, and seconds for an answer. By default Prefect waits 62 s in all for a server that is dead."""


@contextmanager
def opened(setup: Setup, *, patient: bool = True) -> Iterator[SyncPrefectClient]:
    """A client of that server. A patient one tries for a minute; whoever must start a dead server again asks with one that is not.

    Raises:
        ServerUnavailable: it does not answer, or refuses.
    """
    own: dict[str | Setting, object] = {
        PREFECT_API_URL: setup.api_url,
        PREFECT_API_AUTH_STRING: setup.password or None,
        PREFECT_SERVER_ALLOW_EPHEMERAL_MODE: False,
    }
    if not patient:
        own |= QUICK
    try:  # some calls open further clients by the settings, and without an address those start a server of their own
        with temporary_settings(own), SyncPrefectClient(setup.api_url, auth_string=setup.password or None) as client:
            yield client
    except PrefectHTTPStatusError as err:
        raise ServerUnavailable(f"the Prefect server at {setup.ui_url} answered {err.response.status_code}; see its log") from err
    except (httpx.HTTPError, RuntimeError) as err:
        raise ServerUnavailable(f"the Prefect server at {setup.ui_url} does not answer ({type(err).__name__}); see its log") from err
