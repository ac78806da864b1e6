"""Policies as YAML, and the loader that names file, line and way out when one cannot be used.

Add a YAML file here when an organisation needs other thresholds; rather a key in `configs/policy.py` when a new thing must be decided.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import yaml
from pydantic import ValidationError

from configs.errors import PolicyInvalid
from configs.policy import Policy


def load_policy(name_or_path: str) -> Policy:
    """The policy of that built-in name ("default") or at that path.

    Raises:
        PolicyInvalid: no such file, not YAML, a wrong or missing key, values that contradict each other; names file and line.
    """
    place, text = _read(name_or_path)
    try:
        return Policy.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as err:
        raise PolicyInvalid(f"{place}: not YAML: {' '.join(str(err).split())}; mend the file or start from `recall init`") from err
    except ValidationError as err:
        raise PolicyInvalid(_explained(place, text, err)) from err


def _read(name_or_path: str) -> tuple[str, str]:
    builtin = files("configs.policies").joinpath(f"{name_or_path}.yaml")
    if "/" not in name_or_path and builtin.is_file():
        return f"policy {name_or_path!r}", builtin.read_text(encoding="utf-8")
    try:
        return name_or_path, Path(name_or_path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise PolicyInvalid(f"{name_or_path}: cannot be read ({err}); built in are: {', '.join(builtin_names())}") from err


def builtin_names() -> list[str]:
    """Names of the policies that come with the product."""
    return sorted(f.name.removesuffix(".yaml") for f in files("configs.policies").iterdir() if f.name.endswith(".yaml"))


def _explained(place: str, text: str, err: ValidationError) -> str:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    lines = []
    for found in err.errors():
        line = _line_of(root, found["loc"])
        lines.append(f"{place}:{line}: {'.'.join(map(str, found['loc']))}: {found['msg']}")
    return "; ".join(lines) + "; the commented keys are in configs/policies/default.yaml"


def _line_of(node: yaml.Node | None, path: tuple[int | str, ...]) -> int:
    line = node.start_mark.line + 1 if node else 1
    for part in path:
        if not isinstance(node, yaml.MappingNode):
            break
        found = next(((k, v) for k, v in node.value if k.value == str(part)), None)
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line
