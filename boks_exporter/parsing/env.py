"""`$BOKS_etc/ENV`: the three keys that matter here.

```
BOKSINIT=server
SHM_SIZE=16000
```

Evidence: the keys and their values are read verbatim (K1456, HS; H). Whether a shell or BoKS itself reads the file is
not known (U), so shell spelling is taken (`export`, quotes, comments, `KEY=value; export KEY`) and a value without
quotes may hold blanks. As in a shell, the last of several lines for a key counts.
"""

import re
from typing import Final

from boks_exporter.model import Environment
from boks_exporter.parsing.lines import leftover, lines_of, nothing_recognised
from boks_exporter.parsing.numbers import number

_EXPECTED: Final = "a line such as 'BOKSINIT=server'"
_ROLE: Final = "BOKSINIT"
_MEMORY: Final = "SHM_SIZE"
_MASTERS: Final = "BRIDGE_ACCEPT_MASTER_IPS"

_EXPORT: Final = re.compile(r"\s*export(?:\s+[A-Za-z_]\w*)+\s*;?\s*", re.ASCII)
_COMMENT: Final = re.compile(r"\s*#.*")
_ASSIGNMENT: Final = re.compile(
    r"""\s*(?:export\s+)?(?P<key>[A-Za-z_]\w*)=
        (?: "(?P<double>[^"]*)" | '(?P<single>[^']*)' | (?P<bare>(?:[^\s;#"'][^;"']*?)?) )
        \s*(?:;\s*(?:export\s+\w+\s*;?\s*)?)?(?:(?<=[\s;])\#.*)?""",
    re.VERBOSE | re.ASCII,
)


def parse_env(text: str) -> Environment:
    """Read an ENV file, or the lines of it that the gate lets out; assignments of other keys are passed over."""
    lines = lines_of(text)
    values: dict[str, str] = {}
    leftovers = []
    for at, line in enumerate(lines, 1):
        found = _ASSIGNMENT.fullmatch(line)
        if found and _is_readable(found["key"], _value(found)):
            values[found["key"]] = _value(found)
        elif line.strip() and not (_COMMENT.fullmatch(line) or _EXPORT.fullmatch(line)):
            leftovers.append(leftover(at, line))
    if not values:
        raise nothing_recognised(lines, _EXPECTED)
    return Environment(
        boksinit=values.get(_ROLE),
        shm_size_kilobytes=number(values.get(_MEMORY, "")),
        bridge_accept_master_ips=values.get(_MASTERS),
        leftovers=tuple(leftovers),
    )


def _value(found: re.Match[str]) -> str:
    double, single, bare = found["double"], found["single"], found["bare"]
    return next(value for value in (double, single, bare) if value is not None)


def _is_readable(key: str, value: str) -> bool:
    """Refuse a size that is no number: the line is a leftover, the size not known."""
    return key != _MEMORY or number(value) is not None
