"""The pages of signed links. GET shows and never signs, for mail scanners fetch links; POST signs, with the key of the page's own form.

Add here when the link's page is asked for something else; rather in a file beside it when another page is served.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from configs.errors import KeyReused, RecallError, SignatureRefused
from configs.terms import Verdict
from configs.web_words import preferred, web_words
from integrations.links import SIGN_PATH
from integrations.web.facts import Desk, Page, Standing
from integrations.web.rendering import plain_page, signing_page

LONGEST_REASON = 2000
"""Characters, as in the form of the Prefect UI."""

_FIELDS = 8
"""The form has three; more is not from it."""


def signing_routes(desk: Desk) -> list[Route]:
    """What the app must serve so that links open."""

    async def show(request: Request) -> Response:
        return await run_in_threadpool(_shown, desk, request)

    async def answer(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(_answered, desk, request, body)

    path = f"{SIGN_PATH}/{{token}}"
    return [Route(path, show, methods=["GET"]), Route(path, answer, methods=["POST"])]


def _shown(desk: Desk, request: Request) -> Response:
    try:
        return HTMLResponse(signing_page(desk.look(request.path_params["token"])))
    except SignatureRefused:
        return _no_link(request)
    except RecallError:
        return _broken(request)


def _answered(desk: Desk, request: Request, body: bytes) -> Response:
    token = request.path_params["token"]
    try:
        page = desk.look(token)
        if page.standing is not Standing.OPEN:
            return HTMLResponse(signing_page(page), 409)
        return _signed(desk, token, page, _fields(body))
    except SignatureRefused:
        return _no_link(request)
    except RecallError:
        return _broken(request)


def _signed(desk: Desk, token: str, page: Page, given: dict[str, str]) -> Response:
    verdict, reason = given.get("verdict", ""), given.get("reason", "").replace("\r\n", "\n").strip()[:LONGEST_REASON]
    if verdict not in list(Verdict) or not reason:
        choose = str(web_words(page.locale)["choose"])
        return HTMLResponse(signing_page(page, problem=choose, is_english=False, verdict=verdict, reason=reason), 422)
    try:
        desk.answer(token, given.get("key", ""), Verdict(verdict), reason)
    except (SignatureRefused, KeyReused) as err:
        return HTMLResponse(signing_page(desk.look(token), problem=err.message, verdict=verdict, reason=reason), 422)
    return RedirectResponse(f"./{token}", 303)  # relative, for a proxy may have put us below a path


def _fields(body: bytes) -> dict[str, str]:
    try:
        given = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict")
    except ValueError:
        return {}
    return {name: values[0] for name, values in given.items() if len(values) == 1}


def _no_link(request: Request) -> Response:
    return HTMLResponse(plain_page(_locale(request), "no_link", "no_link_text"), 404)


def _broken(request: Request) -> Response:
    return HTMLResponse(plain_page(_locale(request), "not_signed", "broken"), 503)


def _locale(request: Request) -> str:
    return preferred(request.headers.get("accept-language", ""))
