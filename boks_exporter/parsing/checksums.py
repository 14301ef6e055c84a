"""Parser of the check sums of files and settings that must be equal on all servers.

```
method.conf 2841057391 612
SHM_SIZE 3915528286 6
```

The format is the gate's own: the name, then POSIX `cksum`'s sum and number of bytes. An empty output means that the
host has none of these files and settings.
"""

import re
from typing import Final

from boks_exporter.model import Checksums
from boks_exporter.parsing.numbers import number
from boks_exporter.parsing.text_lines import lines_of, nothing_recognised
from boks_exporter.parsing.unrecognised import UnreadLines

_EXPECTED: Final = "a line such as 'method.conf 2841057391 612'"
_WORDS: Final = 3
_SIGN: Final = re.compile(r"[0-9]\s+[0-9]")


def parse_checksums(text: str) -> Checksums:
    """Parse the check sums; of a name that is printed twice the first counts."""
    lines = lines_of(text, _SIGN)
    by_name: dict[str, str] = {}
    unread_lines = UnreadLines(lines)
    for at, line in lines.numbered():
        words = line.split()
        if len(words) == _WORDS and words[0] not in by_name and None not in {number(words[1]), number(words[2])}:
            by_name[words[0]] = words[1]
        elif words:
            unread_lines.add(at, line)
    if unread_lines and not by_name:
        raise nothing_recognised(lines, _EXPECTED)
    return Checksums(tuple(by_name.items()), unread_lines.all())
