"""docs/performance.md, of which each benchmark fills a block."""

from pathlib import Path
from typing import Final

from scripts.generated_blocks import blocks_of, filled

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "performance.md"


def write_block(name: str, text: str) -> None:
    """Replace one block of the page."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(filled(page, blocks_of(page) | {name: text}), encoding="utf-8")
