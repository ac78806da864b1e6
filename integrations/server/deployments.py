"""What `prefect.yaml` says, put on a server: the work pool and every deployment, by Prefect's own command in a child.

Add here when something must be on the server before the first run; rather in `prefect.yaml` when it is one more deployment.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import yaml
from prefect import __version__ as prefect_version
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.exceptions import ObjectNotFound
from prefect.workers.process import ProcessWorker

import configs
from configs.errors import ServerUnavailable
from integrations.server import client
from integrations.server.settings import POOL, Setup, client_environment

DEPLOY_SECONDS = 180
"""More than enough for a dozen deployments on a busy machine."""


def project_root() -> Path:
    """The folder that holds `flows`: a checkout's, or site-packages."""
    return Path(configs.__file__).resolve().parent.parent


def register(setup: Setup) -> dict[str, UUID]:
    """Creates or refreshes the pool and all deployments; returns their ids by name.

    What is on the server already, from the same files, is left as it is: a start after a crash must be quick.

    Raises:
        ServerUnavailable: the server does not answer, or a deployment is refused; shows what Prefect said.
    """
    with client.opened(setup) as prefect:
        _ensure_pool(prefect)
        known = _ids(prefect)
    file, note = _prefect_file(), setup.folder / "deployed"
    wanted = _fingerprint(file)
    if note.exists() and note.read_text(encoding="ascii") == wanted and _names(file) <= known.keys():
        return known
    note.unlink(missing_ok=True)
    _deploy(setup, file)
    _written(note, wanted)
    with client.opened(setup) as prefect:
        return _ids(prefect)


def addresses(setup: Setup) -> dict[str, str]:
    """The id of every deployment that is on the server, by name, as links need it."""
    with client.opened(setup) as prefect:
        return {name: str(known) for name, known in _ids(prefect).items()}


def _ids(prefect: SyncPrefectClient) -> dict[str, UUID]:
    return {deployment.name: deployment.id for deployment in prefect.read_deployments()}


def pause_work(setup: Setup, paused: bool) -> None:
    """Holds or frees the handing out of runs. Schedules stay as they are."""
    with client.opened(setup, patient=False) as prefect:
        prefect.update_work_pool(POOL, WorkPoolUpdate(is_paused=paused))


def pause_schedules(setup: Setup) -> None:
    """Stops every schedule and takes its waiting runs off the list: for a rehearsal, whose time is its own. Forms go on working."""
    with client.opened(setup) as prefect:
        for deployment in prefect.read_deployments():
            prefect.pause_deployment(deployment.id)


def request_run(setup: Setup, name: str) -> UUID:
    """Asks for one run of a deployment now, by its full name (`recall-decision/advance`)."""
    with client.opened(setup, patient=False) as prefect:
        deployment = prefect.read_deployment_by_name(name)
        return prefect.create_flow_run_from_deployment(deployment.id, tags=deployment.tags).id


def _ensure_pool(prefect: SyncPrefectClient) -> None:
    try:
        prefect.update_work_pool(POOL, WorkPoolUpdate(is_paused=False))
    except ObjectNotFound:
        template = ProcessWorker.get_default_base_job_template()
        prefect.create_work_pool(WorkPoolCreate(name=POOL, type="process", base_job_template=template))


def _prefect_file() -> Path:
    root = project_root()
    file = next((path for path in (root / "prefect.yaml", root / "configs" / "prefect.yaml") if path.exists()), None)
    if file is None:
        raise ServerUnavailable(f"no prefect.yaml in {root}; install app-recall anew")
    return file


def _names(file: Path) -> set[str]:
    return {str(deployment["name"]) for deployment in yaml.safe_load(file.read_text(encoding="utf-8"))["deployments"]}


def _fingerprint(file: Path) -> str:
    """Of everything a deployment is made from: the file, the flows whose forms it shows, where they lie, and who reads them."""
    root = project_root()
    digest = hashlib.sha256(f"{root}\n{sys.executable}\n{prefect_version}\n".encode())
    for path in (file, *sorted((root / "flows").glob("*.py"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _deploy(setup: Setup, file: Path) -> None:
    command = [sys.executable, "-P", "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(file)]
    around = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter
            command,
            cwd=project_root(),
            env=around | client_environment(setup),
            capture_output=True,
            text=True,
            timeout=DEPLOY_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as err:
        raise ServerUnavailable(f"`prefect deploy` did not end within {DEPLOY_SECONDS} s; see the server's log in {setup.folder}") from err
    _written(setup.folder / "deploy.log", done.stdout + done.stderr)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-8:])
        raise ServerUnavailable(f"`prefect deploy` failed with status {done.returncode}:\n{tail}")


def _written(path: Path, text: str) -> None:
    """For the owner alone, as everything in the server's folder."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
