"""A migrated, empty Prefect database, made once at installation: the first start of a home takes 5 s instead of 16.

    python -m integrations.server.seed        writes it beside the interpreter; `make` does so

Without a seed, or with one of another Prefect version, the server migrates by itself, only later.

Add here when the empty server must already hold something; rather in `deployments` when it is ours.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path


def seed_path() -> Path:
    """Where this interpreter's seed lies."""
    return Path(sys.prefix) / "share" / "app-recall" / f"prefect-{version('prefect')}.db"


def plant(folder: Path) -> None:
    """Gives a new server folder its database; one that has a database is left alone."""
    target, seed = folder / "prefect.db", seed_path()
    if target.exists() or not seed.exists():
        return
    fresh = folder / f"prefect.db.{os.getpid()}"
    shutil.copyfile(seed, fresh)
    fresh.chmod(0o600)
    fresh.replace(target)


def make() -> None:
    """Migrates a new database in a folder of its own and puts it in place whole."""
    with tempfile.TemporaryDirectory() as folder:
        around = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
        own = {"PREFECT_HOME": folder, "DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
        upgrade = [sys.executable, "-P", "-m", "prefect", "server", "database", "upgrade", "-y"]
        subprocess.run(upgrade, env=around | own, check=True, capture_output=True)  # noqa: S603 - our own interpreter
        made, target = Path(folder) / "prefect.db", seed_path()
        target.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(made)) as database:
            database.execute("PRAGMA journal_mode = DELETE")  # one file, no -wal beside it
        fresh = target.with_suffix(f".{os.getpid()}")
        shutil.copyfile(made, fresh)
        fresh.replace(target)


if __name__ == "__main__":
    make()
