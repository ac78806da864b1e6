"""Weights of words as data: one `.npz` a language beside the phrases, made by `benchmarks/words/train.py`; and their loader.

Add here when more is stored than a table of small whole numbers; rather in `tasks/rules/word_model.py` when the numbers are used otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from configs.errors import BadInput

Floats = NDArray[np.float32]

LABELS = ("crash", "hang", "breakage", "data_loss", "payment", "account", "privacy", "safety", "suggestion", "opinion")
"""What a text may be given."""

COLUMNS = (*LABELS, "none")
"""What is weighed: each label, and that the text bears none."""


@dataclass(frozen=True, slots=True)
class Weights:
    """One language's learnt weights; each table has one column for each of `COLUMNS`.

    `letters`: by `place_of` a group of letters, a word or a pair. `keys`, `words`: words by their CRC-32, and what words of like use
    taught. `given`: by `given_of`. A text bears a label where the sum with `bias` passes the threshold.
    """

    language: str
    letters: Floats
    keys: NDArray[np.uint32]
    words: Floats
    given: Floats
    bias: Floats
    thresholds: Floats


@cache
def load_weights(language: str) -> Weights | None:
    """The learnt weights of one of `LANGUAGES`, read once; None when the language has no file of them.

    Raises:
        BadInput: the file cannot be read; names it.
    """
    file = files("configs.lexicons").joinpath(f"{language}.npz")
    if not file.is_file():
        return None
    try:
        with np.load(BytesIO(file.read_bytes()), allow_pickle=False) as given:
            letters = given["letters"].astype(np.float32) * given["steps"][0]
            words = given["words"].astype(np.float32) * given["steps"][1]
            rest = (given["given"], given["bias"], given["thresholds"])
            return Weights(language, letters, given["keys"], words, *rest)
    except (OSError, ValueError, KeyError, BadZipFile) as err:
        raise BadInput(f"configs/lexicons/{language}.npz: cannot be read ({err}); install the package again") from err
