"""What strangers may write, and a look at a page as a browser sees it."""

from html.parser import HTMLParser

NASTY = [
    "<script>alert(1)</script>",
    "<img src=https://evil.example/p.png onerror=alert(1)>",
    "![pixel](https://evil.example/p.png)",
    "[click](javascript:alert(1))",
    "[click]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "<https://evil.example>",
    "https://evil.example/login www.evil.example me@evil.example",
    "\n# Heading\n\n- list\n\n```\ncode\n```\n---\n",
    "| cell | cell |\n|---|---|",
    "**bold** _it_ ~~gone~~ `code` $x^2$",
    "&lt;script&gt; &#60;script&#62; &amp;",
    "</td></tr></table><iframe src=//evil.example>",
    "data:text/html;base64,PHNjcmlwdD4=",
    "\\[x](javascript:y) \\![x](//evil.example)",
    "\u202egnp.exe\u202c \u200b\ufeff\x00\x1b[31m \ud800",
    "]]></x>'\"--><svg onload=alert(1)>",
    "{{ 7*7 }} {% raw %} ${7*7}",
]


class Seen(HTMLParser):
    """Tags, attributes and addresses as a browser would see them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.addresses: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        found = {value or "" for name, value in attrs if name in ("src", "href", "action", "srcset", "style")}
        self.addresses |= {value for value in found if not value.startswith("data:image/png;base64,")}
