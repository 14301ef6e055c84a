"""Parser of the free space of `$BOKS_var`.

```
total_kilobytes=20511312
free_kilobytes=1043276
```

The format is the gate's own; the figures are those of POSIX `df -Pk`.
"""

import re
from typing import Final

from boks_exporter.model import DiskSpace
from boks_exporter.parsing.text_lines import UnreadLines, lines_of, nothing_recognised, number

_EXPECTED: Final = "a line such as 'free_kilobytes=1043276'"
_LINE: Final = re.compile(r"\s*(total|free)_kilobytes=\s*([0-9]+)\s*")
_SIGN: Final = re.compile(r"_kilobytes=")
_KILOBYTE: Final = 1024


def parse_diskspace(text: str) -> DiskSpace:
    """Parse the figures; the free space is required."""
    lines = lines_of(text, _SIGN)
    figures: dict[str, int] = {}
    unread_lines = UnreadLines(lines)
    for at, line in lines.numbered():
        match = _LINE.fullmatch(line)
        if match and (value := number(match[2])) is not None and match[1] not in figures:
            figures[match[1]] = value * _KILOBYTE
        elif line.strip():
            unread_lines.add(at, line)
    if "free" not in figures:
        raise nothing_recognised(lines, _EXPECTED)
    return DiskSpace(figures["free"], figures.get("total"), unread_lines.all())
