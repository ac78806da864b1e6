"""Sentry as its contract describes it, from the answers under `recorded/sentry`. Add here when the double must know one more question."""

import json
from datetime import datetime
from pathlib import Path

from tests.integrations.sources.vendor import Asked, Said

FOLDER = Path(__file__).parent / "recorded" / "sentry"
ROOT = "/api/0/organizations/acme"


def recorded(name: str) -> bytes:
    return (FOLDER / f"{name}.json").read_bytes()


def sentry(asked: Asked) -> Said:
    """The recorded answer, sessions cut or filled up to the period asked for."""
    match asked.path.removeprefix(ROOT):
        case "/sessions/":
            by_status = "session.status" in asked.query["groupBy"]
            return Said(body=sessions("sessions_by_status" if by_status else "sessions_by_release", asked))
        case "/releases/":
            page = 2 if "cursor" in asked.query else 1
            return Said(body=recorded(f"releases_{page}"), headers={"Link": link(page)})
        case "/issues/":
            return Said(body=recorded("issues"))
    return Said(404, b'{"detail": "The requested resource does not exist"}')


def link(page: int) -> str:
    url = f"https://us.sentry.io{ROOT}/releases/"
    more = "true" if page == 1 else "false"
    return (
        f'<{url}?&cursor=0:0:1>; rel="previous"; results="false"; cursor="0:0:1", '
        f'<{url}?&cursor=0:{page}00:0>; rel="next"; results="{more}"; cursor="0:{page}00:0"'
    )


def sessions(name: str, asked: Asked) -> bytes:
    known = json.loads(recorded(name))
    start, end = (datetime.fromisoformat(asked.query[key][0]) for key in ("start", "end"))
    hours = int((end - start).total_seconds() // 3600)
    wanted = [datetime.fromtimestamp(start.timestamp() + 3600 * n, start.tzinfo).strftime("%Y-%m-%dT%H:%M:%SZ") for n in range(hours)]
    at = {moment: position for position, moment in enumerate(known["intervals"])}
    for group in known["groups"]:
        for field in list(group["series"]):
            values = group["series"].pop(field)
            if field in asked.query["field"]:
                group["series"][field] = [values[at[moment]] if moment in at else 0 for moment in wanted]
    known |= {"start": wanted[0] if wanted else "", "end": asked.query["end"][0], "intervals": wanted}
    return json.dumps(known).encode()
