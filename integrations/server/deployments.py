"""What `prefect.yaml` says, put on a server: the work pool and every deployment, by Prefect's own command in a child.

Add here when something must be on the server before the first run; rather in `prefect.yaml` when it is one more deployment.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

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
    """Creates or refreshes the pool and all deployments; returns their ids by name. Again changes nothing.

    Raises:
        ServerUnavailable: the server does not answer, or a deployment is refused; shows what Prefect said.
    """
    with client.opened(setup) as prefect:
        _ensure_pool(prefect)
    _deploy(setup)
    return _ids(setup)


def addresses(setup: Setup) -> dict[str, str]:
    """The id of every deployment that is on the server, by name, as links need it."""
    return {name: str(known) for name, known in _ids(setup).items()}


def _ids(setup: Setup) -> dict[str, UUID]:
    with client.opened(setup) as prefect:
        return {deployment.name: deployment.id for deployment in prefect.read_deployments()}


def pause_work(setup: Setup, paused: bool) -> None:
    """Holds or frees the handing out of runs. Schedules stay as they are."""
    with client.opened(setup) as prefect:
        prefect.update_work_pool(POOL, WorkPoolUpdate(is_paused=paused))


def pause_schedules(setup: Setup) -> None:
    """Stops every schedule and takes its waiting runs off the list: for a rehearsal, whose time is its own. Forms go on working."""
    with client.opened(setup) as prefect:
        for deployment in prefect.read_deployments():
            prefect.pause_deployment(deployment.id)


def request_run(setup: Setup, name: str) -> UUID:
    """Asks for one run of a deployment now, by its full name (`recall-decision/advance`)."""
    with client.opened(setup) as prefect:
        deployment = prefect.read_deployment_by_name(name)
        return prefect.create_flow_run_from_deployment(deployment.id, tags=deployment.tags).id


def _ensure_pool(prefect: SyncPrefectClient) -> None:
    try:
        prefect.update_work_pool(POOL, WorkPoolUpdate(is_paused=False))
    except ObjectNotFound:
        template = ProcessWorker.get_default_base_job_template()
        prefect.create_work_pool(WorkPoolCreate(name=POOL, type="process", base_job_template=template))


def _deploy(setup: Setup) -> None:
    root = project_root()
    file = next((path for path in (root / "prefect.yaml", root / "configs" / "prefect.yaml") if path.exists()), None)
    if file is None:
        raise ServerUnavailable(f"no prefect.yaml in {root}; install app-recall anew")
    command = [sys.executable, "-P", "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(file)]
    around = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter
            command, cwd=root, env=around | client_environment(setup), capture_output=True, text=True, timeout=DEPLOY_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as err:
        raise ServerUnavailable(f"`prefect deploy` did not end within {DEPLOY_SECONDS} s; see the server's log in {setup.folder}") from err
    (setup.folder / "deploy.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-8:])
        raise ServerUnavailable(f"`prefect deploy` failed with status {done.returncode}:\n{tail}")
