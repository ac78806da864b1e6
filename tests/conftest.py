"""Fixtures everyone uses. Add here when two folders of tests need it; rather beside the tests when one does."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.server.process import Server


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder with real data and vendors' API documents; skips where it is absent."""
    folder = Path(os.environ.get("RECALL_REFERENCE") or Path(__file__).parent.parent.parent / "shared")
    if not (folder / "data").is_dir():
        pytest.skip(f"reference data not found at {folder}; set RECALL_REFERENCE to the folder that holds data/ and specs/")
    return folder


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running Prefect server of this test run's own, with a password."""
    with Server.start(tmp_path_factory.mktemp("server"), auth=True) as started:
        yield started
