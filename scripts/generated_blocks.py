"""Fill the generated blocks of a page, each between `<!-- generated: NAME -->` and `<!-- end -->`."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

Block = str | Iterable[str]
"""The text of a block, or its lines."""

ROOT: Final = Path(__file__).resolve().parent.parent
_BLOCK: Final = re.compile(
    r"(<!-- generated: (?P<name>[\w.-]+) -->\n)(?P<body>.*?)^(?P<end><!-- end -->)$", re.DOTALL | re.MULTILINE
)
_MARK: Final = re.compile(r"^<!-- (?:generated: .*|end) -->$", re.MULTILINE)


class PageError(ValueError):
    """The marks of a page are not those that its generator fills."""


def blocks_of(text: str) -> dict[str, str]:
    """Return what is between the marks of a page, by name."""
    return {found["name"]: found["body"] for found in _BLOCK.finditer(text)}


def filled(text: str, blocks: Mapping[str, Block]) -> str:
    """Return the page with the given blocks in place of what is between its marks."""
    names = [found["name"] for found in _BLOCK.finditer(text)]
    if len(_MARK.findall(text)) != 2 * len(names):
        message = (
            "expected every '<!-- generated: NAME -->' to be followed by one '<!-- end -->', each on a line of its own"
        )
        raise PageError(message)
    if sorted(names) != sorted(blocks):
        message = f"expected each of the blocks {sorted(blocks)} once, found {sorted(names)}"
        raise PageError(message)
    return _BLOCK.sub(lambda found: f"{found[1]}\n{_text(blocks[found['name']])}\n\n{found['end']}", text)


def filled_page(page: Path, blocks: Mapping[str, Block]) -> str:
    """Return the text of a page with its blocks filled; names the page in an error."""
    try:
        return filled(page.read_text(encoding="utf-8"), blocks)
    except PageError as error:
        message = f"{page}: {error}"
        raise PageError(message) from None


def write(page: Path, text: str) -> None:
    """Write a page and print its name."""
    page.write_text(text, encoding="utf-8")
    print(f"wrote {page.relative_to(ROOT)}")


def _text(block: Block) -> str:
    return (block if isinstance(block, str) else "\n".join(block)).strip("\n")
