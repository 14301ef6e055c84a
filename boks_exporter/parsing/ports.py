"""Parser of the master's ports as a host reaches them.

```
192.0.2.1 6500 reachable
192.0.2.1 6501 timeout
```

The format is the gate's own; the meaning of the ports is read (HS reference/238, H).
"""

import re
from typing import Final

from boks_exporter.model import PortCheck, Ports, Reach
from boks_exporter.parsing.text_lines import UnreadLines, lines_of, nothing_recognised, number

_EXPECTED: Final = "a line such as '192.0.2.1 6500 reachable'"
_WORDS: Final = 3
_SIGN: Final = re.compile(r"[0-9] [a-z]")


def parse_ports(text: str) -> Ports:
    """Parse the checks; without any the output is rejected."""
    lines = lines_of(text, _SIGN)
    checks: list[PortCheck] = []
    unread_lines = UnreadLines(lines)
    for at, line in lines.numbered():
        words = line.split()
        port = number(words[1]) if len(words) == _WORDS else None
        if port is not None and words[2] in set(Reach):
            checks.append(PortCheck(words[0], port, Reach(words[2])))
        elif words:
            unread_lines.add(at, line)
    if not checks:
        raise nothing_recognised(lines, _EXPECTED)
    return Ports(tuple(checks), unread_lines.all())
