"""Parser of `$BOKS_etc/ENV`: the three keys that matter here.

```
BOKSINIT=server
SHM_SIZE=16000
```

Evidence: the keys and their values are read verbatim (K1456, HS; H). Whether a shell or BoKS itself reads the file is
not known (U), so shell spelling is accepted (`export`, quotes, comments, `KEY=value; export KEY`) and a value without
quotes may contain blanks. As in a shell, the last of several lines for a key counts; a role whose last
line cannot be read is unknown, whatever the lines before it have. The gate adds `database=absent` where the host has no
file of a database; it prints no such line of ENV itself.
"""

import re
from typing import Final

from boks_exporter.model import Environment
from boks_exporter.parsing.text_lines import UnreadLines, lines_of, nothing_recognised, number

_EXPECTED: Final = "a line such as 'BOKSINIT=server'"
_ROLE: Final = "BOKSINIT"
_MEMORY: Final = "SHM_SIZE"
_MASTERS: Final = "BRIDGE_ACCEPT_MASTER_IPS"
_DATABASE: Final = "database"
_ABSENT: Final = "absent"

_KEY: Final = re.compile(r"(?:export\s+)?([A-Za-z_]\w*)=", re.ASCII)
_SIGN: Final = re.compile(r"[=#;]|export")
_END_OF_BARE_VALUE: Final = re.compile(r"""[;"']|\s\#""")


def parse_env(text: str) -> Environment:
    """Parse an ENV file, or the lines of it that the gate prints; assignments of other keys are skipped."""
    lines = lines_of(text, _SIGN)
    values: dict[str, str | None] = {}
    unread_lines = UnreadLines(lines)
    for at, line in lines.numbered():
        found = _assignment(line.strip())
        if found and _is_readable(*found):
            values[found[0]] = found[1]
        elif not _is_without_effect(line.strip()):
            unread_lines.add(at, line)
            if (match := _KEY.match(line.strip())) and match[1] == _ROLE in values:
                values[_ROLE] = None
    if not values:
        raise nothing_recognised(lines, _EXPECTED)
    return Environment(
        boksinit=values.get(_ROLE),
        shm_size_kilobytes=number(values.get(_MEMORY) or ""),
        bridge_accept_master_ips=values.get(_MASTERS),
        unread_lines=unread_lines.all(),
        has_no_database=values.get(_DATABASE) == _ABSENT,
    )


def _assignment(line: str) -> tuple[str, str] | None:
    """Parse a line that sets one key and does nothing else but export it; None for any other line."""
    match = _KEY.match(line)
    if match is None:
        return None
    text = line[match.end() :]
    value, rest = _quoted(text) if text.startswith(('"', "'")) else _bare(text)
    return (match[1], value) if _ends_well(rest) else None


def _quoted(text: str) -> tuple[str, str]:
    """Split into the quoted value and the rest; of a quote that is not closed everything is the rest."""
    value, closed, rest = text[1:].partition(text[0])
    return (value, rest) if closed else ("", text)


def _bare(text: str) -> tuple[str, str]:
    end = _END_OF_BARE_VALUE.search(text)
    return (text[: end.start()].rstrip(), text[end.start() :]) if end else (text, "")


def _ends_well(rest: str) -> bool:
    """Accept an empty rest, a comment after a blank, and `; export KEY`."""
    if rest[:1] not in {"", ";"} and not rest[:1].isspace():
        return False
    first, *others = rest.partition("#")[0].split(";")
    return not first.strip() and all(_is_without_effect(part.strip()) for part in others)


def _is_without_effect(command: str) -> bool:
    """Recognise an empty command, a comment, and an export of keys."""
    words = command.rstrip("; \t").split()
    return not words or words[0].startswith("#") or (words[0] == "export" and all(map(str.isidentifier, words[1:])))


def _is_readable(key: str, value: str) -> bool:
    """Reject a size that is not a number: the line is unread, the size not known."""
    return key != _MEMORY or number(value) is not None
