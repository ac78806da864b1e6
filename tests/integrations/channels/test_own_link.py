"""The reader's own link arrives whole, in every language and however long its address is. Add here when a mail is cut elsewhere."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP

import pytest

from configs.effects import TOKEN, Message
from configs.wording import notice
from integrations.channels.mime import Mailer, Sender
from tests.configs.facts import some_facts


@pytest.mark.parametrize("address", ["https://a.example/a/", "https://answers.recall.example/a/", "https://x.example/" + "long-" * 30])
@pytest.mark.parametrize("locale", ["en", "zh", "ru"])
def test_every_reader_gets_a_link_of_their_own(locale: str, address: str) -> None:
    made = notice(some_facts(answer_url=address + TOKEN), locale)
    mailer = Mailer(Sender("a@recall.example", "Recall", "", "recall.example"), datetime(2026, 11, 6, tzinfo=UTC), takes_utf8=False)
    for token in ("-" * 43, "Ab_9" * 10 + "xyz"):
        message = Message("k-1", "a@post.example", made.subject, made.text, made.html, locale, token=token)
        _, words, _ = mailer.parts(message)
        assert max(map(len, words.split(b"\r\n"))) <= 998
        read = message_from_bytes(words.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n."), policy=SMTP)
        text, html = (read.get_body((kind,)).get_content() for kind in ("plain", "html"))
        assert text.split() == made.text.replace(TOKEN, token).split()
        assert html.split() == made.html.replace(TOKEN, token).split()
