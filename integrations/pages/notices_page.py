"""The notices of a recall as one page for signers: every language and form, what the check finds, and the digest.

Add here when the page should look different; rather in `tasks/preview.py` when a preview should hold more.
"""

from __future__ import annotations

from collections.abc import Sequence

from configs.notice import RenderedNotice
from configs.phone_text import sms_parts


def notices_page(messages: Sequence[tuple[str, RenderedNotice, Sequence[str]]], digest: str, way: str) -> str:
    """Markdown. `messages`: (name, words, findings). `way`: the command that writes them as files, HTML too."""
    lines = [f"Digest of all of it: `{digest}`", "", f"As files, with the HTML: `{way}`"]
    for name, words, found in messages:
        lines += ["", f"## {name}", "", *([f"- **cannot be sent**: {_line(f)}" for f in found] or ["No findings."])]
        lines += ["", "Mail", *_block(f"{words.subject}\n\n{words.text}")]
        lines += ["", f"SMS, {sms_parts(words.short)} parts", *_block(words.short)]
        lines += ["", "Push", *_block(f"{words.push_title}\n{words.push}")]
    return "\n".join(lines) + "\n"


def _line(text: str) -> str:
    return " ".join(text.replace("<", "‹").replace("`", "'").split())


def _block(text: str) -> list[str]:
    return ["", "```text", *text.replace("```", "'''").splitlines(), "```"]
