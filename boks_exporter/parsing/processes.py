"""Parser of the processes that sites check.

```
boks_init=running pid_file=match
boks_clntd=missing pid_file=stale
servm.r=running
```

The format is the gate's own. That these processes should run on a replica, and boks_master and boks_drainmast on a
master too, is read (SYS and BR1, H).
"""

import re
from typing import Final

from boks_exporter.model import Processes
from boks_exporter.parsing.text_lines import UnreadLines, lines_of, nothing_recognised

PROCESSES: Final = (
    *("boks_init", "boks_servc", "boks_clntd"),
    *("servm.r", "servc.s", "servc.r", "master.s"),
    *("boks_master", "boks_drainmast"),
)
_EXPECTED: Final = "a line such as 'boks_init=running pid_file=match'"
_LINE: Final = re.compile(r"\s*(?P<name>\S+)=(?P<state>running|missing)(?: pid_file=(?P<file>match|stale|none))?\s*")
_SIGN: Final = re.compile(r"=(?:running|missing)")


def parse_processes(text: str) -> Processes:
    """Parse the processes; of one that is printed twice the first line counts, other names are unread."""
    lines = lines_of(text, _SIGN)
    running: dict[str, bool] = {}
    stale: list[str] = []
    unread_lines = UnreadLines(lines)
    for at, line in lines.numbered():
        match = _LINE.fullmatch(line)
        if match and match["name"] in PROCESSES and match["name"] not in running:
            running[match["name"]] = match["state"] == "running"
            if match["file"] == "stale":
                stale.append(match["name"])
        elif line.strip():
            unread_lines.add(at, line)
    if not running:
        raise nothing_recognised(lines, _EXPECTED)
    return Processes(tuple(running.items()), tuple(stale), unread_lines.all())
