"""The parts of an SMS are counted as phones count them."""

import pytest

from configs.phone_text import sms_parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("a" * 459, 3),
        ("a" * 460, 4),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("€" * 152, 2),
        ("€" * 153, 3),
        ("a" * 152 + "€" + "a" * 152, 3),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("ж" * 134, 2),
        ("ж" * 201, 3),
        ("ж" * 202, 4),
        ("召" * 201, 3),
        ("’" + "a" * 69, 1),
        ("’" + "a" * 70, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 66, 2),
        ("😀" * 67, 3),
        ("{}[]~\\^|" * 10, 1),
        ("{}[]~\\^|" * 10 + "a", 2),
        ("`" + "a" * 70, 2),
    ],
)
def test_parts(text: str, parts: int) -> None:
    assert sms_parts(text) == parts
