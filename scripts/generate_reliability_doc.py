"""Fill docs/reliability.md from the figures of `make fuzz` and `make durability`; a test compares."""

import json
from collections.abc import Iterator
from typing import Final

from scripts.generated_blocks import ROOT, filled_page, write

PAGE: Final = ROOT / "docs" / "reliability.md"
FUZZED: Final = ROOT / "docs" / "fuzzing.json"
"""Written by `make fuzz`."""
ENDURED: Final = ROOT / "docs" / "durability.json"
"""Written by `make durability`."""


def page() -> str:
    """Return the page with its table."""
    return filled_page(PAGE, {"fuzzing": _fuzzing(), "durability": _durability()})


def _fuzzing() -> Iterator[str]:
    rows = json.loads(FUZZED.read_text(encoding="utf-8"))
    yield "| reader | inputs | failed |"
    yield "|---|---:|---:|"
    for row in rows:
        yield f"| {row['target']} | {row['executions']} | {row['failed']} |"
    yield f"| all | {sum(row['executions'] for row in rows)} | {sum(row['failed'] for row in rows)} |"


def _durability() -> Iterator[str]:
    yield "| what happened | times | confirmed writes lost, or there in part |"
    yield "|---|---:|---:|"
    for row in json.loads(ENDURED.read_text(encoding="utf-8")):
        yield f"| {row['what']} | {row['times']} | {row['lost']} |"


if __name__ == "__main__":
    write(PAGE, page())
