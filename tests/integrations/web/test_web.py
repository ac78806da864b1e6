"""The web app, asked as a browser, a mail scanner and an attacker would ask it.

Add here when a request is treated otherwise; rather in `tests/tasks/test_answer.py` when it is about whether a link counts.
"""

from __future__ import annotations

import hashlib
import logging
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import yaml
from pydantic import ValidationError
from starlette.testclient import TestClient

from configs.errors import LedgerBusy
from configs.terms import Verdict
from configs.web import Web
from configs.web_words import preferred, web_locales
from integrations.links import sign_address
from integrations.web.app import web_app
from integrations.web.facts import Page, Standing
from integrations.web.guarding import LARGEST_BODY, REMEMBERED, Rate
from integrations.web.rendering import signing_page
from integrations.web.signing import signing_routes
from tests.house import ROOT
from tests.integrations.web.desks import KEY, TOKEN, OneQuestion, a_page

WEB = Web(public_url="https://recall.example", requests_a_minute=1000)
GOOD = {"key": KEY, "verdict": "approve", "reason": "Seen in the charts; stop it."}
PATH = f"/s/{TOKEN}"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def client(desk: OneQuestion, web: Web = WEB) -> TestClient:
    return TestClient(web_app(web, signing_routes(desk)), base_url="https://recall.example", follow_redirects=False)


@pytest.fixture
def desk() -> OneQuestion:
    return OneQuestion()


# --- showing and signing --------------------------------------------------------------------------------------------------


def test_opening_a_link_shows_the_form_and_signs_nothing(desk: OneQuestion) -> None:
    for method in ("GET", "HEAD", "GET"):
        assert client(desk).request(method, PATH).status_code == 200
    assert desk.answers == []


def test_page_says_what_is_decided_by_when_and_what_a_signature_covers(desk: OneQuestion) -> None:
    said = client(desk).get(PATH).text
    for expected in ("Full recall of Example 2.1.0 (Android)?", "high", "Crashes of 4.1 %", "1 h 40 min", "2026-03-02 10:40 UTC", "d" * 64):
        assert expected in said
    for expected in ("go on watching", "no action", "1\u202f400", "1 × product, 1 × tech", "tech-lead"):
        assert expected in said


def test_answer_signs_and_leads_back_to_the_page_that_shows_it(desk: OneQuestion) -> None:
    answered = client(desk).post(PATH, data=GOOD)
    assert (answered.status_code, answered.headers["location"]) == (303, f"./{TOKEN}")
    assert desk.answers == [(Verdict.APPROVE, GOOD["reason"])]
    said = client(desk).get(PATH).text
    assert "You have signed" in said
    assert "<form" not in said


def test_second_answer_is_not_taken(desk: OneQuestion) -> None:
    client(desk).post(PATH, data=GOOD)
    again = client(desk).post(PATH, data=GOOD | {"verdict": "reject"})
    assert again.status_code == 409
    assert len(desk.answers) == 1


WRONG = {
    "no key": {"key": ""},
    "another key": {"key": "guessed"},
    "no verdict": {"verdict": ""},
    "no such verdict": {"verdict": "maybe"},
    "no reason": {"reason": "  "},
    "short reason": {"reason": "ok"},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_answer_that_is_not_whole_is_shown_again_and_signs_nothing(desk: OneQuestion, wrong: dict[str, str]) -> None:
    answered = client(desk).post(PATH, data=GOOD | wrong)
    assert answered.status_code == 422
    assert "Not signed." in answered.text
    assert '<form method="post"' in answered.text
    assert desk.answers == []


def test_what_was_typed_is_still_there_after_a_refusal(desk: OneQuestion) -> None:
    said = client(desk).post(PATH, data=GOOD | {"key": "", "verdict": "reject", "reason": "Typed <with> care."}).text
    assert "Typed &lt;with&gt; care." in said
    assert re.search(r'value="reject" required checked', said)


@pytest.mark.parametrize("standing", [s for s in Standing if s not in (Standing.OPEN, Standing.SIGNED)])
def test_link_that_is_over_says_why_and_has_no_form(standing: Standing) -> None:
    said = client(OneQuestion(a_page(standing=standing, newest="P-2"))).get(PATH).text
    assert "You cannot sign here any more." in said
    assert "<form" not in said
    assert ("P-2" in said) is (standing is Standing.RENEWED)


@pytest.mark.parametrize("path", ["/s/other", "/s/", "/s", "/", "/s/a/b", "/static/x", "/%2e%2e/etc"])
def test_unknown_address_says_so_and_no_more(desk: OneQuestion, path: str) -> None:
    answered = client(desk).get(path)
    assert answered.status_code in (404, 307)
    assert "Example" not in answered.text


def test_ledger_that_is_busy_is_no_answer(desk: OneQuestion) -> None:
    class Busy(OneQuestion):
        def answer(self, token: str, key: str, verdict: Verdict, reason: str) -> None:
            raise LedgerBusy("locked")

    answered = client(Busy()).post(PATH, data=GOOD)
    assert (answered.status_code, "nothing was signed" in answered.text) == (503, True)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"key", b"&".join([b"a=1"] * 50), b"verdict=approve&verdict=reject&key=" + KEY.encode()])
def test_body_that_is_no_form_signs_nothing(desk: OneQuestion, body: bytes) -> None:
    assert client(desk).post(PATH, content=body, headers=FORM).status_code == 422
    assert desk.answers == []


# --- what every answer carries --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [PATH, "/s/other", "/nowhere", "/health"])
def test_every_answer_is_kept_nowhere_framed_nowhere_and_runs_nothing(desk: OneQuestion, path: str) -> None:
    headers = client(desk).get(path).headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "script" not in policy
    assert "unsafe" not in policy


def test_style_is_the_one_the_policy_names(desk: OneQuestion) -> None:
    answered = client(desk).get(PATH)
    style = re.search(r"<style>(.*?)</style>", answered.text, re.DOTALL)
    named = re.search(r"style-src 'sha256-([^']+)'", answered.headers["content-security-policy"])
    assert style is not None
    assert named is not None
    import base64

    assert base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode() == named[1]


def test_strangers_text_is_text(desk: OneQuestion) -> None:
    hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> \ud800 \u202e"
    page = a_page()
    assert page.proposal is not None
    desk.page = replace(page, app_title=hostile, proposal=replace(page.proposal, summary=hostile), missing={hostile: 1})
    said = client(desk).get(PATH).text
    assert "<script" not in said
    assert "<img" not in said


def test_no_log_has_the_link(desk: OneQuestion, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        client(desk).get(PATH)
        client(desk).post(PATH, data=GOOD)
        client(desk).get(f"/{TOKEN}%0AGET")
    own = [r.getMessage() for r in caplog.records if r.name == "recall.web"]
    assert [line.split(" ")[:3] for line in own[:2]] == [["GET", "/s", "200"], ["POST", "/s", "303"]]
    assert len(own) == 3
    assert TOKEN not in "".join(own)
    assert KEY not in "".join(own)
    assert "\n" not in "".join(own)


# --- what is refused before a page ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "", "recall.example.evil.example", "10.0.0.1"])
def test_other_host_names_are_not_answered(desk: OneQuestion, host: str) -> None:
    assert client(desk).get(PATH, headers={"host": host}).status_code == 421
    assert desk.looks == 0


@pytest.mark.parametrize("host", ["recall.example", "127.0.0.1:4280", "localhost:4280", "[::1]:4280", "RECALL.example"])
def test_own_host_names_are(desk: OneQuestion, host: str) -> None:
    assert client(desk).get(PATH, headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}], ids=str
)
def test_form_on_another_site_signs_nothing(desk: OneQuestion, headers: dict[str, str]) -> None:
    assert client(desk).post(PATH, data=GOOD, headers=headers).status_code == 403
    assert desk.answers == []


@pytest.mark.parametrize("headers", [{"origin": "null", "sec-fetch-site": "same-origin"}, {"origin": "https://recall.example"}], ids=str)
def test_form_on_our_own_page_does(desk: OneQuestion, headers: dict[str, str]) -> None:
    assert client(desk).post(PATH, data=GOOD, headers=headers).status_code == 303


def test_large_body_is_refused_by_its_header_and_by_its_bytes(desk: OneQuestion) -> None:
    assert client(desk).post(PATH, data=GOOD | {"reason": "x" * (LARGEST_BODY + 1)}).status_code == 413
    chunks = (b"reason=" + b"x" * 4096 for _ in range(LARGEST_BODY // 4096 + 2))
    assert client(desk).post(PATH, content=chunks, headers=FORM).status_code == 413
    assert desk.looks == 0


def test_longest_reason_in_chinese_fits(desk: OneQuestion) -> None:
    assert client(desk).post(PATH, data=GOOD | {"reason": "签" * 2000}).status_code == 303
    assert desk.answers == [(Verdict.APPROVE, "签" * 2000)]


def test_too_many_requests_are_told_to_wait(desk: OneQuestion) -> None:
    asked = client(desk, WEB.model_copy(update={"requests_a_minute": 5}))
    statuses = [asked.get(PATH).status_code for _ in range(8)]
    assert statuses == [200] * 5 + [429] * 3


def test_rate_comes_back_with_time_and_forgets_old_clients() -> None:
    now = [0.0]
    rate = Rate(3, lambda: now[0])
    assert [rate.takes("a") for _ in range(5)] == [True, True, True, False, False]
    now[0] = 20.5
    assert [rate.takes("a") for _ in range(2)] == [True, False]
    assert rate.takes("b")
    for n in range(REMEMBERED + 50):
        rate.takes(str(n))
    assert len(rate._buckets) == REMEMBERED


# --- languages and structure ----------------------------------------------------------------------------------------------


def test_every_language_has_every_word() -> None:
    catalogue = yaml.safe_load((ROOT / "configs" / "templates" / "web.yaml").read_text(encoding="utf-8"))
    shapes = {locale: {(k, tuple(v) if isinstance(v, dict) else None) for k, v in words.items()} for locale, words in catalogue.items()}
    assert set(shapes) == {"en", "zh", "ru"}
    assert shapes["en"] == shapes["zh"] == shapes["ru"]
    assert set(catalogue["en"]["state"]) == set(Standing) - {Standing.OPEN, Standing.SIGNED}


@pytest.mark.parametrize("locale", web_locales())
@pytest.mark.parametrize("standing", list(Standing))
@pytest.mark.parametrize("is_release", [False, True])
def test_every_page_is_there_in_every_language(locale: str, standing: Standing, is_release: bool) -> None:
    bare = {"proposal": None, "options": (), "reason": "All is right.", "asked_by": "tech-lead", "expires_at": None} if is_release else {}
    said = signing_page(a_page(locale=locale, standing=standing, newest="P-2", **bare))
    assert f'<html lang="{locale}">' in said
    assert "{" not in re.sub(r"<style>.*?</style>", "", said, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("ru-RU,ru;q=0.9", "ru"), ("de, zh-CN;q=0.5", "zh"), ("", "en"), ("xx", "en"), ("*", "en"), ("," * 10_000, "en")],
)
def test_page_without_a_person_speaks_the_browsers_language(asked: str, expected: str) -> None:
    assert preferred(asked) == expected


class Outline(HTMLParser):
    """Headings, labelled fields and what is never closed."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(signing_page(page))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("standing", list(Standing))
def test_page_is_well_formed_without_script_and_with_one_first_heading(standing: Standing) -> None:
    outline = Outline(a_page(standing=standing))
    tags = [tag for tag, _ in outline.seen]
    assert outline.open == []
    assert tags.count("h1") == tags.count("main") == 1
    assert "script" not in tags
    assert not [name for _, attributes in outline.seen for name in attributes if name.startswith("on")]


# --- settings -------------------------------------------------------------------------------------------------------------


def test_link_is_made_only_where_people_can_reach_it() -> None:
    assert sign_address(None, "t") == sign_address(Web(), "t") == ""
    assert sign_address(Web(public_url="https://recall.example/sub/"), "t") == "https://recall.example/sub/s/t"


UNSAFE = {
    "plain http": {"public_url": "http://recall.example"},
    "no address": {"public_url": "recall.example"},
    "a password in it": {"public_url": "https://u:p@recall.example"},
    "a query": {"public_url": "https://recall.example/?a=1"},
    "open host without TLS": {"host": "0.0.0.0"},
    "no such key": {"token": "x"},
    "no port": {"port": 0},
}


@pytest.mark.parametrize("given", UNSAFE.values(), ids=UNSAFE.keys())
def test_unsafe_settings_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Web.model_validate(given)


def test_public_address_on_this_machine_may_be_plain() -> None:
    assert Web(public_url="http://127.0.0.1:4280").public_host == "127.0.0.1"
