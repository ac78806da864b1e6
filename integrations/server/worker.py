"""The worker of this machine: takes runs from the pool and starts each as a process.

Add here when it is about this worker; rather in `prefect.yaml` when runs shall go elsewhere.
"""

from __future__ import annotations

import os
import socket

from configs.settings import settings_path
from integrations.server.process import Child
from integrations.server.settings import POOL, Setup, worker_environment

RUNS_AT_ONCE = 4
"""One of each kind that may meet: a poll, an advance, a review, a signature."""


def worker_name() -> str:
    """What Prefect calls the worker of this machine; the same after a restart."""
    return f"recall-{socket.gethostname()}"


def start_worker(setup: Setup) -> Child:
    """The running worker. Its runs find the settings file that this process would find."""
    ask = ("prefect", "worker", "start", "--pool", POOL, "--type", "process", "--name", worker_name(), "--limit", str(RUNS_AT_ONCE))
    own = {"RECALL_CONFIG": str(settings_path().resolve())}
    return Child(ask, worker_environment(setup, os.environ) | own, setup.folder / "worker.log")
