"""`recall verify`: proves the journal offline.

Add here when the proof is shown otherwise; rather in `integrations/ledger/verify.py` when the proof itself changes.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from configs.places import Places, read_places
from integrations.ledger.checkpoint_files import checkpoint_files
from integrations.ledger.glance import ledger_at, restored_at
from integrations.ledger.keys import PublicKey, known_keys, public_keys
from integrations.ledger.verify import Proof, verify


def run(args: argparse.Namespace) -> int:
    """0 when the journal is sound, 1 when it is not."""
    places = read_places()
    files = [Path(p) for p in args.checkpoints] or list(_known_files(places))
    proof = verify(places.ledger_url, files, _keys(args, places))
    restored = restored_at(places.ledger_url) if proof.is_sound else []
    if args.json:
        json.dump(asdict(proof) | {"is_sound": proof.is_sound, "restored": restored}, sys.stdout, indent=2)
        print()
    else:
        _tell(proof)
        for at in restored:
            print(f"  note: at {at} other people began to sign whom nobody had signed for; `recall roles` shows who signs now")
    return 0 if proof.is_sound else 1


def _known_files(places: Places) -> tuple[Path, ...]:
    return checkpoint_files(places.home, places.checkpoint_files, ledger_at(places.ledger_url))


def _keys(args: argparse.Namespace, places: Places) -> tuple[PublicKey, ...]:
    return public_keys(Path(args.keys)) if args.keys else known_keys(places.home)


def _tell(proof: Proof) -> None:
    if proof.is_sound:
        print(f"✔ {proof.entries} entries verify; {proof.covered} of them are under {proof.checkpoints} signed checkpoints")
        print(f"  head {proof.head}")
    else:
        print(f"✘ {proof.fault}")
    for warning in proof.warnings:
        print(f"  note: {warning}")
