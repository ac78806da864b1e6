"""A real browser on a real server. Add here what every browser test needs; rather in one test when only it does."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from integrations.server import deployments
from integrations.server.process import Server

QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", *QUIET]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the browser's own: what other tests deploy on theirs would push ours off the first page."""
    with Server.start(tmp_path_factory.mktemp("browsed"), auth=True) as started:
        yield started


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's Chromium; skips where there is none."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        pytest.skip("no Chromium on this machine; install the package `chromium`, or name one in CHROMIUM")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def forms(server: Server) -> dict[str, str]:
    """Every deployment of `prefect.yaml` on the server: its id by name."""
    deployments.register(server.setup)
    return deployments.addresses(server.setup)


@pytest.fixture(scope="session")
def entered(browser: Browser, server: Server, forms: dict[str, str]) -> Iterator[Page]:
    """A page that has given the password, on a server that has deployments."""
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    page.goto(f"{server.ui_url}/dashboard")
    page.locator("input").first.fill(server.setup.password)
    page.get_by_role("button", name="Login").click()
    page.get_by_text("Active Work Pools").wait_for()
    yield page
    page.close()


@pytest.fixture
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots are kept, to be looked at: RECALL_SHOTS, else a temporary folder."""
    folder = Path(os.environ.get("RECALL_SHOTS") or tmp_path_factory.mktemp("shots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
