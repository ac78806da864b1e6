"""Whether the checkpoints themselves can be believed: every line tied to the one before, the last one signed, all places alike.

Since each line carries the hash of the one before it, one good signature on the last vouches for all. Only where a line is damaged is
every signature checked, so that damaging one line does not blind the proof to the others.

Add here when checkpoint lines can be doubted for another reason; rather in `walk.py` when it is about entries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from configs.errors import BadInput
from integrations.ledger.checkpoint_line import Checkpoint, parsed
from integrations.ledger.hashing import line_hash
from integrations.ledger.keys import PublicKey, is_signed_by, valid_key

IN_LEDGER = "the ledger's own list of checkpoints"


def read_lines(path: Path) -> list[str]:
    """The lines of a checkpoint file, without pieces of lines that a crash cut off and that were written again; [] where there is none.

    Raises:
        BadInput: the file cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        return []
    except OSError as err:
        raise BadInput(f"{path}: cannot be read ({err.strerror}); name the checkpoint files to check against") from err
    if not lines[-1] or parsed(lines[-1]) is None:
        lines.pop()  # after the last line's end: nothing, or a line still being written
    return [line for line, after in pairwise([*lines, ""]) if line and not (after.startswith(line) and after != line)]


def check_lines(
    lines: Sequence[str], kept: Mapping[str, Sequence[str]], keys: Sequence[PublicKey]
) -> tuple[tuple[Checkpoint, ...], tuple[str, ...]]:
    """The checkpoints that can be believed, by number, and every doubt in words.

    Args:
        lines: those in the database.
        kept: those of each file, by its name.
        keys: public keys that may have signed them.
    """
    judged: dict[tuple[str, ...], tuple[list[Checkpoint], list[str]]] = {}
    believed: dict[int, Checkpoint] = {}
    doubts: list[str] = []
    for place, found in {IN_LEDGER: lines, **kept}.items():
        key = tuple(found)
        if key not in judged:
            judged[key] = _judged(found, keys)
        good, faults = judged[key]
        doubts += [f"{place}: {fault}" for fault in faults]
        doubts += _disagreements(place, good, believed)
        believed |= {point.number: point for point in good if point.number not in believed}
    counted = {place: len(found) for place, found in {IN_LEDGER: lines, **kept}.items()}
    return tuple(believed[number] for number in sorted(believed)), tuple(doubts + _shorter(counted))


def _disagreements(place: str, good: Sequence[Checkpoint], believed: Mapping[int, Checkpoint]) -> list[str]:
    odd = next((point for point in good if believed.get(point.number, point) != point), None)
    return [f"{place}: checkpoint {odd.number} is signed but differs from the one elsewhere; the key was used twice"] if odd else []


def _shorter(counted: Mapping[str, int]) -> list[str]:
    longest = max(counted.values())
    return [
        f"{place}: has {count} of {longest} checkpoints; it was cut or removed (after a crash the next `recall tick` completes a file)"
        for place, count in counted.items()
        if count < longest
    ]


def _judged(lines: Sequence[str], keys: Sequence[PublicKey]) -> tuple[list[Checkpoint], list[str]]:
    """Checkpoints of one list that can be believed, and the first thing wrong with it."""
    points = [parsed(line) for line in lines]
    fault = _first_fault(lines, points)
    whole = [point for point in points if point is not None]
    if not fault and whole and not _is_signed(whole[-1], keys):
        fault = f"checkpoint {whole[-1].number} of {whole[-1].at} has no valid signature of a known key ({whole[-1].key})"
    if fault:
        whole = [point for point in whole if _is_signed(point, keys)]
    return whole, [fault] if fault else []


def _first_fault(lines: Sequence[str], points: Sequence[Checkpoint | None]) -> str:
    before = ""
    seq = 0
    for number, (line, point) in enumerate(zip(lines, points, strict=True), start=1):
        if point is None:
            return f"line {number} was altered: it is no checkpoint"
        if point.number != number:
            return f"checkpoint {number} is missing: line {number} says that it is number {point.number}"
        if point.previous != before or point.seq <= seq:
            return f"line {number - 1} was altered or replaced: checkpoint {number} follows another one"
        before, seq = line_hash(line), point.seq
    return (
        "" if len({point.ledger for point in points if point}) <= 1 else "it holds checkpoints of several ledgers; keep one file a ledger"
    )


def _is_signed(point: Checkpoint, keys: Sequence[PublicKey]) -> bool:
    key = valid_key(keys, point.key, point.at)
    return key is not None and is_signed_by(key, point.signature, point.signed_bytes)
