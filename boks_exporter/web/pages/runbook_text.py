"""The runbooks as HTML, without raw HTML and without links that lead out of them."""

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_RUNBOOK: Final = re.compile(r"(?P<name>Boks[A-Za-z]+)\.md(?:#.*)?")


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # a megabyte that an exporter whose runbooks are not read goes without

    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def as_html(text: str, to_runbooks: str) -> Markup:
    """Render Markdown; `to_runbooks` leads from the page to the runbooks."""
    tokens = _parser().parse(text)
    for token in tokens:
        if token.children:
            token.children = _linked(token.children, to_runbooks)
    return Markup(_parser().renderer.render(tokens, _parser().options, {}))  # noqa: S704 - the parser escapes all text


def _linked(tokens: list["Token"], to_runbooks: str) -> list["Token"]:
    """Turn links to other runbooks into links of these pages, and leave the text of all others."""
    kept, open_links = [], []
    for token in tokens:
        if token.type == "link_open":
            found = _RUNBOOK.fullmatch(str(token.attrGet("href")))
            open_links.append(found is not None)
            if found:
                token.attrSet("href", to_runbooks + found["name"])
                kept.append(token)
        elif token.type == "link_close":
            if open_links.pop():
                kept.append(token)
        else:
            kept.append(token)
    return kept
