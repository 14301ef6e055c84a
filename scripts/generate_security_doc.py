"""Fill the table of docs/security.md from the program's limits; a test compares."""

from collections.abc import Iterator
from typing import Final

from scripts.generated_blocks import ROOT, filled_page, write
from scripts.party_limits import LIMITS

PAGE: Final = ROOT / "docs" / "security.md"


def page() -> str:
    """Return the page with its table."""
    return filled_page(PAGE, {"limits": _limits()})


def _limits() -> Iterator[str]:
    yield "| who sends | what | at most | beyond that |"
    yield "|---|---|---|---|"
    for row in LIMITS:
        yield f"| {row.party} | {row.what} | {row.bound} | {row.beyond} |"


if __name__ == "__main__":
    write(PAGE, page())
