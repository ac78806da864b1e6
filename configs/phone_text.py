"""How long a text is on a phone: parts of an SMS, and what a push message shows.

Add here when another phone format limits a text; rather in `tasks/rules/wording_rules.py` when a rule judges the length.
"""

from __future__ import annotations

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""One septet each; 3GPP TS 23.038, 6.2.1."""
GSM_EXTENDED = frozenset("\f^{}\\[~]|€")
"""Two septets each, which one part must hold together; 3GPP TS 23.038, 6.2.1.1."""

GSM_ALONE, GSM_JOINED = 160, 153
UCS2_ALONE, UCS2_JOINED = 70, 67
"""Septets, or UTF-16 units, of a text in one part and of each part of a longer one; 3GPP TS 23.040, 9.2.3.24.1."""

MOST_SMS_PARTS = 3
LONGEST_PUSH_TITLE = 65
LONGEST_PUSH = 240
"""Characters; what Android and iOS show of a push message without cutting it, unfolded (ours, with room to spare)."""


def sms_parts(text: str) -> int:
    """How many parts an SMS with this text takes: in GSM-7 where every character has a place in it, in UCS-2 else."""
    if all(c in GSM_BASIC or c in GSM_EXTENDED for c in text):
        return _parts([2 if c in GSM_EXTENDED else 1 for c in text], GSM_ALONE, GSM_JOINED)
    return _parts([2 if ord(c) > 0xFFFF else 1 for c in text], UCS2_ALONE, UCS2_JOINED)


def _parts(sizes: list[int], alone: int, joined: int) -> int:
    """A character is never split between two parts."""
    if sum(sizes) <= alone:
        return 1
    parts, room = 1, joined
    for size in sizes:
        if size > room:
            parts, room = parts + 1, joined
        room -= size
    return parts
