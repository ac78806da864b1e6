"""Sends what is due of a home's notices, as a process that a test can kill: `python -m tests.tasks.fan_out_child HOME`.

Add here when the killed process must do more; rather in the test when it is about what must be true afterwards.
"""

from __future__ import annotations

import sys
from pathlib import Path

from configs.effects import EffectKind
from integrations.toolbox import open_toolbox
from tasks.act import perform_due
from tasks.notify import freeze_due


def main(home: str) -> None:
    """Freezes the wave if nobody has, then sends chunk after chunk."""
    tools = open_toolbox(Path(home) / "recall.yaml")
    print("opened", flush=True)
    freeze_due(tools)
    while perform_due(tools, EffectKind.SEND_NOTICES):
        pass
    print("done", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
