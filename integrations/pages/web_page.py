"""A markdown page as one HTML file that asks nothing of the network: to keep, to mail, to open where no Prefect UI is.

Add here when such a file should look different; rather in the page itself when it should say something else.
"""

from __future__ import annotations

import html

from markdown_it import MarkdownIt

_STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1d1d1f; --faint: #62626a; --line: #dcdce2; --card: #f5f6f8; }
@media (prefers-color-scheme: dark) { :root { --paper: #17181b; --ink: #ececf0; --faint: #a0a0aa; --line: #3a3b42; --card: #212329; } }
body { margin: 0 auto; max-width: 940px; padding: 20px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC", sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.25; } h2 { font-size: 1.15rem; margin-top: 34px; border-bottom: 2px solid var(--line); }
img { max-width: 100%; height: auto; border: 1px solid var(--line); border-radius: 8px; background: #fff; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: 6px 14px 6px 0; border-bottom: 1px solid var(--line); }
th { color: var(--faint); }
blockquote { margin: 10px 0; padding: 6px 14px; background: var(--card); border-radius: 8px; }
hr { border: 0; border-top: 1px solid var(--line); margin-top: 30px; }
code { font: .85em ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
"""

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"


def web_page(markdown: str, title: str) -> str:
    """The page as HTML text. Raw HTML in the markdown is shown, not run; only `data:` pictures of ours load."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    body = reader.render(markdown)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )
