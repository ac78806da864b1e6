"""What a person sees in the Prefect UI: it works on its port, the form is filled in, the chart is a picture, script stays text."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import matplotlib.pyplot as plt
import pytest
import yaml
from playwright.sync_api import Browser, Page, Request
from prefect.client.schemas.actions import ArtifactCreate

from integrations.server import client
from integrations.server.process import Server

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.slow]


DEPLOYMENTS = [d["name"] for d in yaml.safe_load((Path(__file__).parents[2] / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]]
"""What this project deploys; other tests may add some of their own to the same server."""


def a_picture() -> str:
    figure, axes = plt.subplots(figsize=(6, 2))
    axes.plot([0, 1, 2], [0, 3, 1])
    out = io.BytesIO()
    figure.savefig(out, format="png")
    plt.close(figure)
    return base64.b64encode(out.getvalue()).decode()


def an_artifact(server: Server, text: str) -> str:
    with client.opened(server.setup) as prefect:
        made = prefect.create_artifact(ArtifactCreate(key=f"page-{uuid4().hex[:8]}", type="markdown", data=text))
    return f"{server.ui_url}/artifacts/artifact/{made.id}"


def test_nobody_sees_anything_before_the_password(browser: Browser, server: Server) -> None:
    page = browser.new_page()
    page.goto(f"{server.ui_url}/dashboard")
    page.get_by_role("button", name="Login").wait_for()
    assert "/login" in page.url
    page.close()


def test_the_dashboard_loads_on_its_own_port_and_asks_nobody_else(
    entered: Page, server: Server, forms: dict[str, str], shots: Path
) -> None:
    elsewhere: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((server.ui_url, server.ui_url.replace("http", "ws", 1), "data:", "blob:")):
            elsewhere.append(request.url)

    entered.on("request", note)
    entered.goto(f"{server.ui_url}/deployments")
    for name in DEPLOYMENTS:
        assert name in forms
        entered.get_by_text(name, exact=True).first.wait_for()
    entered.screenshot(path=shots / "deployments.png")
    entered.goto(f"{server.ui_url}/dashboard")
    entered.get_by_text("Active Work Pools").wait_for()
    entered.screenshot(path=shots / "dashboard.png")
    assert elsewhere == []


def test_the_link_in_the_memo_opens_the_form_filled_in(entered: Page, server: Server, forms: dict[str, str], shots: Path) -> None:
    given = quote(json.dumps({"proposal": "P-17", "role": "legal", "person": "counsel"}), safe="")
    entered.goto(f"{server.ui_url}/deployments/deployment/{forms['sign-off']}/run?parameters={given}")
    entered.get_by_text("The one-time code from your own message", exact=False).wait_for()
    fields = [field.input_value() for field in entered.locator("textarea:visible").all()]
    entered.screenshot(path=shots / "sign-off.png", full_page=True)
    assert {"P-17", "legal", "counsel"} <= set(fields)
    assert not {"approve", "reject"} & set(fields), "the verdict has no default"


def test_a_picture_inside_a_page_is_seen(entered: Page, server: Server, shots: Path) -> None:
    entered.goto(an_artifact(server, f"# Health\n\n![health](data:image/png;base64,{a_picture()})\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"))
    picture = entered.locator("img[alt=health]")
    picture.wait_for()
    entered.screenshot(path=shots / "artifact.png", full_page=True)
    assert picture.evaluate("image => image.naturalWidth") == 600
    assert entered.locator("table").count() >= 1


def test_script_inside_a_page_does_not_run(entered: Page, server: Server, shots: Path) -> None:
    hostile = "<script>window.taken = 1</script><img src=x onerror='window.taken = 1'>"
    entered.goto(an_artifact(server, f"# Reviews\n\nA reviewer wrote: {hostile}\n\nthe end of the page"))
    entered.get_by_text("the end of the page").wait_for()
    entered.screenshot(path=shots / "script.png")
    assert entered.evaluate("() => window.taken") is None
