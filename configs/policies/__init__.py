"""Policies as YAML, and the loader that names file, line and way out when one cannot be used.

Add a YAML file here when an organisation needs other thresholds; rather a key in `configs/policy.py` when a new thing must be decided.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from configs.errors import PolicyInvalid
from configs.policy import Policy
from configs.yaml_text import Document, parsed, text_of


def load_policy(name_or_path: str) -> Policy:
    """The policy of that built-in name ("default") or at that path.

    Raises:
        PolicyInvalid: no such file, not YAML, a wrong or missing key, values that contradict each other; names file and line.
    """
    place, text = _read(name_or_path)
    document = parsed(text, place, PolicyInvalid)
    try:
        return Policy.model_validate(document.values)
    except ValidationError as err:
        raise PolicyInvalid(_explained(document, err)) from err


def _read(name_or_path: str) -> tuple[str, str]:
    builtin = files("configs.policies").joinpath(f"{name_or_path}.yaml")
    if "/" not in name_or_path and builtin.is_file():
        return f"policy {name_or_path!r}", builtin.read_text(encoding="utf-8")
    try:
        return name_or_path, text_of(Path(name_or_path))
    except (OSError, ValueError) as err:
        why = err.strerror if isinstance(err, OSError) else err
        raise PolicyInvalid(f"{name_or_path}: cannot be read ({why}); built in are: {', '.join(builtin_names())}") from err


def builtin_names() -> list[str]:
    """Names of the policies that come with the product."""
    return sorted(f.name.removesuffix(".yaml") for f in files("configs.policies").iterdir() if f.name.endswith(".yaml"))


def _explained(document: Document, err: ValidationError) -> str:
    lines = [f"{document.at(found['loc'])}: {'.'.join(map(str, found['loc']))}: {found['msg']}" for found in err.errors()]
    return "; ".join(lines) + "; the commented keys are in configs/policies/default.yaml"
