"""Values ledger tests are made of. Add here when two of them need it; rather in `conftest.py` when it must be opened and closed."""

from datetime import UTC, datetime, timedelta

from configs.effects import Effect, EffectKind
from integrations.ledger.book import Entry

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class SetClock:
    """A clock that stands until it is moved."""

    def __init__(self, start: datetime = NOON) -> None:
        self.time = start

    def now(self) -> datetime:
        return self.time

    def move(self, **by: float) -> None:
        self.time += timedelta(**by)


def an_entry(number: int = 1, **facts: object) -> Entry:
    return Entry("test.happened", f"subject-{number}", facts or {"number": number}, "tester")


def an_effect(key: str = "k1", **varied: object) -> Effect:
    given = {"recall_id": "r1", "kind": EffectKind.HALT_ROLLOUT, "target": "play", "revision": 1, "body": {"version": "4.2.1"}}
    return Effect(key=key, **(given | varied))  # type: ignore[arg-type]
