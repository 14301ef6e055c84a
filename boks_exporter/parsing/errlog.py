"""Parser of the size and the last lines of `boks_errlog`.

```
lines=4711
> Checksum mismatch
```

The format around the log's lines is the gate's own. The meaning of the lines is not public (U): they are kept as they
are, without terminal escapes.
"""

import re
from typing import Final

from boks_exporter.model import ErrorLog
from boks_exporter.parsing.text_lines import UnreadLines, lines_of, nothing_recognised, number

_EXPECTED: Final = "a line such as 'lines=4711'"
_LINES: Final = re.compile(r"\s*lines=\s*([0-9]+)\s*")
_SIGN: Final = re.compile(r"lines=|^>")
_QUOTED: Final = re.compile(r"> ?(.*)")


def parse_errlog(text: str) -> ErrorLog:
    """Parse the number of lines and the last ones; without the number the output is rejected."""
    lines = lines_of(text, _SIGN)
    size: int | None = None
    tail: list[str] = []
    unread_lines = UnreadLines(lines)
    for at, line in lines.numbered():
        counted = _LINES.fullmatch(line)
        quoted = _QUOTED.fullmatch(line)
        if counted and size is None and number(counted[1]) is not None:
            size = number(counted[1])
        elif quoted:
            tail.append(quoted[1].rstrip())
        elif line.strip():
            unread_lines.add(at, line)
    if size is None:
        raise nothing_recognised(lines, _EXPECTED)
    return ErrorLog(size, tuple(tail), unread_lines.all())
