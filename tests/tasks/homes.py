"""Small rehearsals for tests of steps and flows: a home folder with settings, policy, world and ledger, and the toolbox over it.

The release crashes so much, among so few users, that a recall is proposed within a day and closed within a few.

Add here when steps and flows both need it; rather in `conftest.py` when it must be opened and closed.
"""

from __future__ import annotations

import os
import re
import shutil
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import yaml

from configs.effects import Effect, EffectKind, Message
from configs.policies import load_policy
from configs.terms import Issue, Recall, Verdict
from integrations.ledger import outbox
from integrations.ledger.book import Txn
from integrations.ledger.cases import issues_in, recalls_in, the_recall
from integrations.ledger.journal import Told, entries_after
from integrations.ledger.migrations import migrate
from integrations.ledger.signing import open_proposals
from integrations.rehearsal.scenario import Habits, Scenario
from integrations.rehearsal.world import FILE_NAME, World, world_at
from integrations.toolbox import Toolbox, open_toolbox
from tasks.agreed import policy_in_force
from tasks.decide import Signed, sign

APP = "com.example.app"
START = datetime(2026, 3, 2, tzinfo=UTC)
BAD, FIX = "2.1.0", "2.1.1"
PRODUCT, TECH, COUNSEL = ("product-lead", "product"), ("tech-lead", "tech"), ("counsel", "legal")
EVERYONE = (PRODUCT, TECH, COUNSEL)
CODE = re.compile(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b")
REASON = "Seen in the charts; stop it."

LIVELY = Habits(sessions_a_day=6.0, auto_update_mean_hours=4.0, notice_mean_hours=4.0, sleeper_share=0.02, prompt_chance_per_priority=0.15)
"""People who come often and update soon, so that a test's days are few."""

SMALL = Scenario(
    app=APP,
    seed=5,
    start=START,
    users=1500,
    steps=((0, 0.3), (48, 1.0)),
    crash_rate=0.02,
    crash_ratio=9.0,
    fix_after_hours=5.5,
    habits=LIVELY,
)

SETTINGS: Mapping[str, object] = {
    "home": ".",
    "policy": "policy.yaml",
    "clock": "rehearsal",
    "checkpoint_files": ["elsewhere/checkpoints.jsonl"],
    "apps": [
        {
            "id": APP,
            "title": "Example",
            "platform": "android",
            "store": "play",
            "sources": [{"kind": "simulator", "name": "vitals", "bucket_hours": 6}],
            "contacts": {"kind": "simulated"},
        }
    ],
    "stores": {"play": {"kind": "rehearsal"}},
    "channels": {"email": {"kind": "memory", "bounce_share": 0.01}, "webhook": {"kind": "memory"}},
}

EAGER: Mapping[str, Mapping[str, object]] = {
    "reviewing": {"target_reach": 0.7, "effective_ratio": 5.0, "min_hours": 6},
    "effects": {"lease_seconds": 1.0},
    "notices": {"chunk_size": 150, "follow_up_after_days": (0.4,)},
}
"""What differs from the default policy: a recall this small closes in its first night, with few chunks and one follow-up."""


def write_policy(home: Path, changes: Mapping[str, Mapping[str, object]]) -> None:
    """The default policy with these sections' values changed, as the home's `policy.yaml`."""
    values = load_policy("default").model_dump(mode="json")
    for section, changed in changes.items():
        values[section] |= changed
    (home / "policy.yaml").write_text(yaml.safe_dump(_plain(values)), encoding="utf-8")


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, (list, tuple)) else value


def write_settings(home: Path, **changes: object) -> None:
    """The small settings with these keys changed, as the home's `recall.yaml`; a toolbox opened afterwards is a new one."""
    (home / "recall.yaml").write_text(yaml.safe_dump({**SETTINGS, **changes}), encoding="utf-8")


def make_home(home: Path, scenario: Scenario = SMALL, policy: Mapping[str, Mapping[str, object]] = EAGER, **settings: object) -> Path:
    """A fresh home: settings, policy, world, and an empty ledger unless the settings name another one."""
    home.mkdir(parents=True, exist_ok=True)
    write_settings(home, **settings)
    write_policy(home, policy)
    World.create(home / FILE_NAME, scenario).close()
    migrate(str(settings.get("ledger") or f"sqlite:///{home / 'ledger.db'}"))
    return home


def copy_home(home: Path, target: Path) -> Path:
    """Another home that stands exactly where this one does; its world is one of its own from here on."""
    shutil.copytree(home, target, ignore=shutil.ignore_patterns("*-shm"))
    world = World.open(target / FILE_NAME)
    with world.writing() as pen:
        pen.set_fact("id", uuid.uuid4().hex)
    world.close()
    return target


_openings = iter(range(1, 1_000_000_000))


def reopened(home: Path) -> Toolbox:
    """A toolbox as a new process would build it: the flows find this one from now on (a fixture puts the environment back)."""
    path = home / "recall.yaml"
    os.environ["RECALL_CONFIG"] = str(path)
    opened = next(_openings)
    os.utime(path, ns=(opened, opened))
    return open_toolbox(path)


@dataclass
class Play:
    """A rehearsal going on: the toolbox, its world, and what tests ask about them."""

    tools: Toolbox

    @property
    def home(self) -> Path:
        return self.tools.settings.home_folder

    @cached_property
    def world(self) -> World:
        return world_at(self.home / FILE_NAME)

    def wait(self, **by: float) -> datetime:
        """Lets virtual time pass; returns the new now."""
        self.world.advance(self.world.now() + timedelta(**by))
        return self.world.now()

    # --- what the ledger has ------------------------------------------------------------------------------------------------

    def issue(self) -> Issue:
        with self.tools.book.read() as txn:
            return issues_in(txn)[0]

    def recall(self) -> Recall:
        with self.tools.book.read() as txn:
            return recalls_in(txn)[0]

    def recall_of(self, recall_id: str) -> Recall:
        with self.tools.book.read() as txn:
            return the_recall(txn, recall_id)

    @staticmethod
    def recall_id_in(txn: Txn) -> str:
        return recalls_in(txn)[0].id

    def question(self) -> str:
        """The id of the open proposal."""
        with self.tools.book.read() as txn:
            return open_proposals(txn)[0].id

    def effects(self, *kinds: EffectKind) -> tuple[Effect, ...]:
        """Every effect of every case, of these kinds or of all."""
        with self.tools.book.read() as txn:
            abouts = [row.text("recall_id") for row in txn.rows("SELECT DISTINCT recall_id FROM effects ORDER BY recall_id")]
            found = [effect for about in abouts for effect in outbox.of_recall(txn, about)]
        return tuple(e for e in found if not kinds or e.kind in kinds)

    def entries(self, *kinds: str) -> tuple[Told, ...]:
        """The journal's entries, of these kinds or all."""
        with self.tools.book.read() as txn:
            return tuple(e for e in entries_after(txn, 0) if not kinds or e.kind in kinds)

    def deliveries(self) -> dict[str, str]:
        """State of every notice, by key."""
        with self.tools.book.read() as txn:
            return {row.text("key"): row.text("state") for row in txn.rows("SELECT key, state FROM deliveries ORDER BY key")}

    def tables(self) -> Iterator[tuple[str, tuple[object, ...]]]:
        """Every row of every table of the ledger, for looking for what must not be there."""
        with self.tools.book.read() as txn:
            for row in txn.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
                name = row.text("name")
                yield from ((name, values) for values in txn.tuples(f'SELECT * FROM "{name}"'))

    # --- what the people do -------------------------------------------------------------------------------------------------

    def mail(self, person: str) -> tuple[Message, ...]:
        """What one of our own people was sent, at the address that was agreed on."""
        known = policy_in_force(self.tools).signoff.people.get(person)
        return self.world.messages_to(known.addresses["email"]) if known else ()

    def code(self, person: str, role: str, question: str) -> str:
        """The code in the person's newest mail for that question; "" when nobody asked them."""
        for message in reversed(self.mail(person)):
            found = CODE.search(message.text)
            if found and role in message.text + message.subject and question in message.text + message.subject:
                return found[0]
        return ""

    def sign(self, person: str, role: str, verdict: Verdict = Verdict.APPROVE, *, question: str = "", reason: str = REASON) -> Signed:
        """The person signs with the code of their mail."""
        question = question or self.question()
        code = self.code(person, role, question)
        return sign(self.tools, proposal_id=question, person=person, role=role, verdict=verdict, reason=reason, code=code)

    def outbox(self) -> dict[str, tuple[str, str]]:
        """(address, state) of everything the channels took, by key."""
        with World.open(self.home / FILE_NAME).reading() as pen:
            rows = pen._sql.execute("SELECT key, address, state FROM outbox ORDER BY key").fetchall()
        return {str(key): (str(address), str(state)) for key, address, state in rows}
