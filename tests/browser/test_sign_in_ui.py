"""Three people sign through the form of the Prefect UI, one of them with a wrong and with a spent code first, and the recall starts.

Every screenshot is kept (see `shots` in `conftest.py`); the folder is printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Page
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.sorting import FlowRunSort

from configs.effects import EffectKind
from configs.terms import RecallState
from integrations.links import form_link, keep_addresses
from integrations.server import client, deployments
from integrations.server.process import Server
from integrations.server.worker import start_worker
from tests.tasks.conftest import bring_to_proposal
from tests.tasks.homes import COUNSEL, PRODUCT, REASON, TECH, Play, make_home, reopened

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.slow]

RUN_MILLISECONDS = 90_000
"""A run is a process of its own; most of it is Prefect's import on a busy machine."""


@pytest.fixture(scope="module")
def play(quick_folder: Path, server: Server, forms: dict[str, str]) -> Iterator[Play]:
    """A recall is proposed, everyone was asked, and a worker carries out what is clicked in the UI."""
    home = make_home(quick_folder / "signed-in-ui")
    keep_addresses(home, server.ui_url, forms)
    deployments.pause_schedules(server.setup)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECALL_CONFIG", "")
        play = Play(reopened(home))
        worker = start_worker(server.setup)
        try:
            play.wait(hours=6, minutes=5)
            bring_to_proposal(play.tools)
            yield play
        finally:
            worker.stop()


@dataclass(frozen=True)
class Screen:
    """A browser that has given the UI's password; each picture is numbered."""

    page: Page
    play: Play
    server: Server
    form: UUID
    shots: Path

    def submit(self, who: tuple[str, str], code: str, name: str) -> UUID:
        """Opens the link of the person's own mail, fills in what is left open, and presses the button; the run's id."""
        link = form_link(self.play.home, "sign-off", {"proposal": self.play.question(), "role": who[1], "person": who[0]})
        assert link in self.play.mail(who[0])[0].text
        self.page.goto(link)
        self.page.get_by_text("The one-time code from your own message", exact=False).wait_for()
        self.page.locator(".p-select-button__control").first.press("ArrowDown")
        self.page.get_by_role("option", name="approve").click()
        fields = self.page.locator("textarea:visible")
        assert [fields.nth(n).input_value() for n in range(3)] == [self.play.question(), *who]
        fields.nth(3).fill(REASON)
        fields.nth(4).fill(code)
        self.shoot(f"{name}-form")
        self.page.get_by_role("button", name="Submit").click()
        self.page.get_by_text("scheduled to start").first.wait_for()
        return self._newest_run()

    def _newest_run(self) -> UUID:
        mine = DeploymentFilter(id=DeploymentFilterId(any_=[self.form]))
        with client.opened(self.server.setup) as prefect:
            return prefect.read_flow_runs(deployment_filter=mine, sort=FlowRunSort.EXPECTED_START_TIME_DESC, limit=1)[0].id

    def see(self, run: UUID, state: str, name: str) -> str:
        """Watches a run until it has ended in that state; what the page says then."""
        self.page.goto(f"{self.server.ui_url}/runs/flow-run/{run}")
        self.page.locator(".state-badge", has_text=state).first.wait_for(timeout=RUN_MILLISECONDS)
        told = self.page.get_by_text("Finished in state").last
        told.wait_for(timeout=RUN_MILLISECONDS)
        told.scroll_into_view_if_needed()
        self.shoot(f"{name}-run")
        return self.page.inner_text("body")

    def shoot(self, name: str) -> None:
        number = len(list(self.shots.glob("sign-*.png"))) + 1
        self.page.screenshot(path=self.shots / f"sign-{number:02}-{name}.png", full_page=True)


def test_three_people_sign_in_the_ui_and_the_recall_starts(
    play: Play, entered: Page, server: Server, forms: dict[str, str], shots: Path
) -> None:
    screen, question = Screen(entered, play, server, UUID(forms["sign-off"]), shots), play.question()
    codes = {who: play.code(*who, question) for who in (PRODUCT, TECH, COUNSEL)}

    signed = screen.submit(PRODUCT, codes[PRODUCT], "product")
    wrong = screen.submit(TECH, "00000-00000", "wrong-code")
    assert "NOT SIGNED: not the code of 'tech-lead'" in screen.see(wrong, "Not signed", "wrong-code")
    screen.see(signed, "Completed", "product")
    assert [e.facts["person"] for e in play.entries("signature.given")] == [PRODUCT[0]]

    spent = screen.submit(TECH, codes[PRODUCT], "spent-code")
    assert "NOT SIGNED: not the code of 'tech-lead'" in screen.see(spent, "Not signed", "spent-code")
    assert play.recall().state is RecallState.PROPOSED

    runs = {who[0]: screen.submit(who, codes[who], who[1]) for who in (TECH, COUNSEL)}
    for person, run in runs.items():
        screen.see(run, "Completed", person)
    assert {str(e.facts["person"]) for e in play.entries("signature.given")} == {PRODUCT[0], TECH[0], COUNSEL[0]}
    assert play.recall().state in (RecallState.APPROVED, RecallState.REVIEWING)
    assert len(play.effects(EffectKind.HALT_ROLLOUT)) == 1
    (last,) = (str(e.facts["person"]) for e in play.entries("signature.given") if e.facts["outcome"] == "approved")
    screen.page.goto(f"{server.ui_url}/runs/flow-run/{runs[last]}")
    screen.page.get_by_text("Subflow Runs", exact=True).click()
    screen.page.get_by_text("recall-decision").first.wait_for()
    screen.shoot("the-recall-starts")
    print(f"screenshots: {shots}")
