"""Deterministic names: the same problem, recall or effect has the same key whoever computes it, however often.

Add here when something needs a key; rather in `tasks/rules/pseudonyms.py` when the key must hide what it stands for.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from configs.effects import EffectKind
from configs.terms import IssueKind, Scope

ID_DIGITS = 10
"""Forty bits of SHA-256: short enough to type, and a clash among a million cases has odds under one in two."""


def _hashed(domain: str, *parts: object) -> str:
    text = json.dumps([str(part) for part in parts], separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"app-recall/{domain}/v1\n{text}".encode()).hexdigest()


def issue_id(scope: Scope, kind: IssueKind, occurrence: int = 1) -> str:
    """One id per problem of a release: by the kind and scope it was opened with.

    `occurrence` above 1: the same kind and scope again, as another problem. What concerns everyone, the first time, has the id it had
    before scopes were told apart.
    """
    parts = [scope.app, scope.platform.value, scope.version, kind.value]
    narrow = (scope.countries, scope.os_versions, scope.devices)
    if any(narrow):
        parts += [json.dumps([sorted(part) for part in narrow])]
    if occurrence > 1:
        parts += [str(occurrence)]
    return f"ISS-{_hashed('issue', *parts)[:ID_DIGITS]}"


def recall_id(issue: str) -> str:
    """One recall per issue; a new decision raises its revision."""
    return f"REC-{_hashed('recall', issue)[:ID_DIGITS]}"


def unknown_id(app: str, at: datetime) -> str:
    """One id for what is told of an app's unknowns at one look."""
    return f"UNK-{_hashed('unknown', app, at.isoformat())[:ID_DIGITS]}"


def effect_key(recall: str, kind: EffectKind, target: str, revision: int) -> str:
    """Hash of (recall, step, target, revision): what the outbox and the neighbour deduplicate by."""
    return _hashed("effect", recall, kind.value, target, revision)[:32]
