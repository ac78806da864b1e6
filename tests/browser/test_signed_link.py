"""A signed link in a real browser: read on a phone in three languages, light and dark, without script, and signed."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from configs.settings import load_settings
from integrations.web.serving import address, start_web
from tests.browser.accessibility import broken_rules
from tests.tasks.conftest import bring_to_proposal
from tests.tasks.homes import COUNSEL, EAGER, PRODUCT, TECH, Play, make_home, reopened

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LANGUAGES = {PRODUCT: "en", TECH: "zh", COUNSEL: "ru"}
WORDS = {"en": "Your signature", "zh": "您的签署", "ru": "Ваша подпись"}
PHONE = {"width": 390, "height": 844}
REASONS = {
    "en": "Users cannot work; stop it.",
    "zh": "新版本崩溃已经确认，请立即停止发布。",
    "ru": "Обязаны сообщить пользователям, согласен.",
}


@dataclass(frozen=True)
class Mailbox:
    """The running pages, and each person's link as their mail has it."""

    play: Play
    links: dict[tuple[str, str], str]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def mailbox(quick_folder: Path) -> Iterator[Mailbox]:
    """A recall is proposed, everyone has a link, and `recall web` serves them from a process of its own."""
    people = {
        name: {
            "roles": [role],
            "may_brake": role != "legal",
            "locale": LANGUAGES[name, role],
            "addresses": {"email": f"{name}@recall.example"},
        }
        for name, role in LANGUAGES
    }
    port = free_port()
    policy = {**EAGER, "signoff": {"people": people}}
    home = make_home(quick_folder / "links", policy=policy, web={"port": port, "public_url": f"http://127.0.0.1:{port}"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECALL_CONFIG", "")
        play = Play(reopened(home))
        play.wait(hours=6, minutes=5)
        bring_to_proposal(play.tools)
        child = start_web(home, home / "recall.yaml")
        try:
            wait_until_listening(port)
            yield Mailbox(play, {who: link_in(play, who[0], port) for who in LANGUAGES})
        finally:
            child.stop()
    assert "/s/s1." not in (home / "web.log").read_text(encoding="utf-8")


def wait_until_listening(port: int, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with socket.socket() as line:
            line.settimeout(1)
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError(f"nothing listens on {port}")


def link_in(play: Play, person: str, port: int) -> str:
    found = re.search(rf"http://127\.0\.0\.1:{port}/s/\S+", play.mail(person)[-1].text)
    assert found is not None
    return found[0]


@contextmanager
def a_phone(browser: Browser, scheme: str = "light") -> Iterator[Page]:
    """A narrow browser in which no script runs."""
    context = browser.new_context(viewport=PHONE, color_scheme=scheme, java_script_enabled=False, device_scale_factor=2)  # type: ignore[arg-type]
    try:
        yield context.new_page()
    finally:
        context.close()


def checked(browser: Browser, link: str, shots: Path, name: str) -> Sequence[str]:
    """Opens the page light and dark, keeps both pictures, and returns the rules it breaks. The rules need script; the page does not."""
    broken = []
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport=PHONE, color_scheme=scheme, device_scale_factor=2)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(link)
        page.screenshot(path=shots / f"link-{name}-{scheme}.png", full_page=True)
        broken += [f"{scheme}: {rule}" for rule in broken_rules(page)]
        context.close()
    return broken


@pytest.mark.parametrize("who", list(LANGUAGES), ids=LANGUAGES.values())
def test_page_is_accessible_on_a_phone_in_light_and_dark(mailbox: Mailbox, browser: Browser, shots: Path, who: tuple[str, str]) -> None:
    assert checked(browser, mailbox.links[who], shots, LANGUAGES[who]) == []


def test_page_asks_nobody_else_and_keeps_nothing(mailbox: Mailbox, browser: Browser) -> None:
    context = browser.new_context()
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(mailbox.links[PRODUCT])
    assert {url.split("/")[2] for url in asked} == {mailbox.links[PRODUCT].split("/")[2]}
    assert context.cookies() == []
    context.close()


def test_altered_link_says_so_in_the_browsers_language(mailbox: Mailbox, browser: Browser, shots: Path) -> None:
    altered = mailbox.links[PRODUCT][:-1] + ("a" if mailbox.links[PRODUCT][-1] != "a" else "b")
    context = browser.new_context(viewport=PHONE, locale="ru-RU")
    page = context.new_page()
    answer = page.goto(altered)
    assert answer is not None
    assert answer.status == 404
    page.get_by_text("Эта ссылка ничего не открывает").wait_for()
    assert broken_rules(page) == []
    page.screenshot(path=shots / "link-altered.png")
    context.close()


def test_three_people_sign_by_link_without_script_and_the_recall_starts(mailbox: Mailbox, browser: Browser, shots: Path) -> None:
    for who, language in LANGUAGES.items():
        with a_phone(browser) as page:
            page.goto(mailbox.links[who])
            assert WORDS[language] in page.content()
            page.locator("input[value=approve]").check()
            page.locator("textarea").fill(REASONS[language])
            page.locator("button").click()
            page.locator(".said.good").wait_for()
            assert page.locator("form").count() == 0
            assert REASONS[language] in page.content()
        assert checked(browser, mailbox.links[who], shots, f"{language}-signed") == []
    given = [(e.facts["person"], e.facts["outcome"]) for e in mailbox.play.entries("signature.given")]
    assert given == [(PRODUCT[0], "waiting"), (TECH[0], "waiting"), (COUNSEL[0], "approved")]
    assert mailbox.play.recall().approved_at is not None


def test_refused_answer_is_shown_where_it_was_typed(browser: Browser, shots: Path) -> None:
    """With the page alone: what a browser lets through and the step refuses."""
    from integrations.web.rendering import signing_page
    from tests.integrations.web.desks import a_page

    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.set_content(
        signing_page(a_page(), problem="the reason has 2 letters and digits; at least 10 are needed", verdict="reject", reason="ok")
    )
    assert broken_rules(page) == []
    page.screenshot(path=shots / "link-refused.png", full_page=True)
    context.close()


def test_settings_say_where_the_pages_are(mailbox: Mailbox) -> None:
    web = load_settings(mailbox.play.home / "recall.yaml").web
    assert web is not None
    assert mailbox.links[PRODUCT].startswith(address(web))
