"""What a channel without room says: a notice's short form where it has one, else all of its plain text.

Nothing is cut here: who approved a text approved the whole of it.

Add here when short channels need another choice of words; rather in the templates when the short form itself should say more.
"""

from __future__ import annotations

from configs.effects import TOKEN, Message


def short_words(message: Message) -> str:
    """The words, with the reader's own token in its place."""
    return (message.short or message.text).replace(TOKEN, message.token)
