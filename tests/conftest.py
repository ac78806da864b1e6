"""Fixtures everyone uses. Add here when two folders of tests need it; rather beside the tests when one does."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from integrations.server.process import Server

settings.register_profile("recall", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("recall")  # a busy machine is no failure, and a gate must say the same twice


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder with real data and vendors' API documents; skips where it is absent."""
    folder = Path(os.environ.get("RECALL_REFERENCE") or Path(__file__).parent.parent.parent / "shared")
    if not (folder / "data").is_dir():
        pytest.skip(f"reference data not found at {folder}; set RECALL_REFERENCE to the folder that holds data/ and specs/")
    return folder


MEMORY = Path("/dev/shm")
"""Here a durable commit costs nothing; what is lost when the machine itself dies is not what these tests are about."""


@pytest.fixture(scope="session")
def quick_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory where there is one, for tests with hundreds of ledgers."""
    if not (MEMORY.is_dir() and os.access(MEMORY, os.W_OK)):
        yield tmp_path_factory.mktemp("quick")
        return
    folder = Path(tempfile.mkdtemp(prefix="recall-tests-", dir=MEMORY))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running Prefect server of this test run's own, with a password."""
    with Server.start(tmp_path_factory.mktemp("server"), auth=True) as started:
        yield started
