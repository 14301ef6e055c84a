"""Parser of `dumpbase -m`: how much of BoKS's shared memory is free.

```
Total: 1023968, Free: 949824, Used: 74144, Largest free: 944896
```

Evidence: the line is read verbatim (HS troubleshooting/312, H). That the figures are bytes is inferred (L): `SHM_SIZE`
is in kB, and this total is 32 less than 1000 of them.
"""

import re
from typing import Final

from boks_exporter.model import Memory
from boks_exporter.parsing.text_lines import UnreadLines, lines_of, nothing_recognised, number

_EXPECTED: Final = "a line such as 'Total: 1023968, Free: 949824, Used: 74144, Largest free: 944896'"
_FIGURE: Final = re.compile(r"\s*(total|free|used|largest\s+free)\s*[:=]\s*([0-9]+)\s*", re.IGNORECASE)
_SIGN: Final = re.compile(r"[:=]\s*[0-9]")
_NEEDED: Final = ("total", "free")


def parse_memory(text: str) -> Memory:
    """Parse the figures, on one line or on several; total and free are required."""
    lines = lines_of(text, _SIGN)
    figures: dict[str, int] = {}
    unread_lines = UnreadLines(lines)
    for at, line in lines.numbered():
        found = _figures(line)
        if found and not found.keys() & figures.keys():
            figures |= found
        elif line.strip():
            unread_lines.add(at, line)
    if any(name not in figures for name in _NEEDED):
        raise nothing_recognised(lines, _EXPECTED)
    return Memory(
        total_bytes=figures["total"],
        free_bytes=figures["free"],
        used_bytes=figures.get("used"),
        largest_free_bytes=figures.get("largest free"),
        unread_lines=unread_lines.all(),
    )


def _figures(line: str) -> dict[str, int] | None:
    """Parse a line that contains only figures, each once; None for any other line."""
    figures: dict[str, int] = {}
    for part in line.rstrip().removesuffix(",").split(","):
        match = _FIGURE.fullmatch(part)
        value = number(match[2]) if match else None
        name = " ".join(match[1].lower().split()) if match else ""
        if value is None or name in figures:
            return None
        figures[name] = value
    return figures
