"""How the local Prefect server listens and what it is told: safe by default, and nothing leaves the machine.

Prefect's own defaults are open: no password, any origin, any host name, its encryption key beside the data, files for everyone. Here:
loopback only unless there is a password, this origin only, the key in a file of its own, files for the owner alone.

Add here when Prefect must be told something; rather in `configs/policies` when it is a decision of the recall's.
"""

from __future__ import annotations

import base64
import ipaddress
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from configs.errors import SettingsInvalid

LOOPBACK = "127.0.0.1"
"""The only address that is bound without a password."""

POOL = "recall"
"""The work pool that `prefect.yaml` names and the worker asks."""

LEASE_SECONDS = 60
"""How long a crashed run may hold its deployment's slot; Prefect allows 30 to 3600."""

QUERY_SECONDS = 2
"""How often the worker asks for work: the longest wait between a click in the UI and the start of a process."""


@dataclass(frozen=True, slots=True)
class Setup:
    """One server: its folder inside the product's home, where it listens, and its password ("" for none)."""

    home: Path
    port: int
    host: str = LOOPBACK
    password: str = field(default="", repr=False)
    encryption_key: str = field(default="", repr=False)

    @property
    def folder(self) -> Path:
        """PREFECT_HOME: the server's database, keys and logs."""
        return self.home / "prefect"

    @property
    def ui_url(self) -> str:
        """Where a person looks. A server on all addresses is reached by loopback from here."""
        host = LOOPBACK if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 - compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def api_url(self) -> str:
        """Where a client asks."""
        return f"{self.ui_url}/api"


def new_setup(home: Path, port: int | None = None, *, auth: bool = False, host: str = LOOPBACK) -> Setup:
    """A setup with its secrets read from, or first written to, files in the home (mode 0600).

    Raises:
        SettingsInvalid: another address than loopback without a password, or a port that is taken.
    """
    if not auth and not _is_loopback(host):
        raise SettingsInvalid(f"the server is not opened on {host} without a password; leave the host out, or ask for authentication")
    folder = home.resolve() / "prefect"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = _kept(folder / "encryption.key", lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    password = _kept(folder / "password", lambda: f"admin:{secrets.token_urlsafe(24)}") if auth else ""
    return Setup(home.resolve(), _usable(host, port), host, password, key)


def server_environment(setup: Setup, around: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of the server's process; what `around` says of Prefect is left out."""
    given = {
        "PREFECT_SERVER_API_HOST": setup.host,
        "PREFECT_SERVER_API_PORT": str(setup.port),
        "PREFECT_SERVER_UI_API_URL": setup.api_url,
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": setup.ui_url,
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        "PREFECT_SERVER_CONCURRENCY_INITIAL_DEPLOYMENT_LEASE_DURATION": str(LEASE_SECONDS),
        "PREFECT_SERVER_ENCRYPTION_KEY": setup.encryption_key,
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_API_BLOCKS_REGISTER_ON_START": "false",
        **({"PREFECT_SERVER_API_AUTH_STRING": setup.password} if setup.password else {}),
    }
    return _foreign(around) | _shared(setup) | given


def client_environment(setup: Setup) -> dict[str, str]:
    """What a client of this server needs on top of its own environment: the worker, the runs, a command."""
    return _shared(setup) | {
        "PREFECT_API_URL": setup.api_url,
        "PREFECT_UI_URL": setup.ui_url,
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        **({"PREFECT_API_AUTH_STRING": setup.password} if setup.password else {}),
    }


def worker_environment(setup: Setup, around: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of the worker's process and of the runs it starts; the product's own variables stay."""
    asking = {"PREFECT_WORKER_QUERY_SECONDS": str(QUERY_SECONDS), "PREFECT_WORKER_PREFETCH_SECONDS": "1"}
    return _foreign(around) | client_environment(setup) | asking


def _shared(setup: Setup) -> dict[str, str]:
    quiet = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1", "PREFECT_LOGGING_COLORS": "false"}
    return {"PREFECT_HOME": str(setup.folder)} | quiet


def _foreign(around: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in around.items() if not name.startswith("PREFECT_")}


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _kept(path: Path, made: Callable[[], str]) -> str:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        path.chmod(0o600)
        if text := path.read_text(encoding="ascii").strip():
            return text
        handle = os.open(path, os.O_WRONLY | os.O_TRUNC, 0o600)  # a crash came between creating and writing
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(made())
    return path.read_text(encoding="ascii").strip()


def _usable(host: str, port: int | None) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port or 0))
        except OSError as err:
            raise SettingsInvalid(f"port {port} on {host} cannot be used ({err.strerror}); choose another with --port") from err
        return int(probe.getsockname()[1])
