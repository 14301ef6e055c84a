"""Parser of the check sums of files and settings that must be equal on all servers.

```
method.conf 2841057391 612
SHM_SIZE 3915528286 6
```

The format is the gate's own: the name, then POSIX `cksum`'s sum and number of bytes. An empty output means that the
host has none of these files and settings. Gates before 2.1.1 sum up the two settings of ENV themselves; later ones
print their values in the section `role` only, and they are summed up here in the same way.
"""

import re
from dataclasses import replace
from typing import Final

from boks_exporter.model import Checksums, Environment
from boks_exporter.parsing.text_lines import UnreadLines, lines_of, nothing_recognised, number

_EXPECTED: Final = "a line such as 'method.conf 2841057391 612'"
_WORDS: Final = 3
_SIGN: Final = re.compile(r"[0-9]\s+[0-9]")
_POLYNOMIAL: Final = 0x04C11DB7
_ALL_BITS: Final = 0xFFFFFFFF


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


def with_settings(checksums: Checksums, environment: Environment) -> Checksums:
    """Add the sums of the settings that must be equal on all servers, where the gate has not sent them."""
    shm_size = environment.shm_size_kilobytes
    values = {
        "SHM_SIZE": None if shm_size is None else str(shm_size),
        "BRIDGE_ACCEPT_MASTER_IPS": environment.bridge_accept_master_ips,
    }
    sums = {name: str(cksum(f"{value}\n".encode())) for name, value in values.items() if value is not None}
    return replace(checksums, by_name=tuple((dict(checksums.by_name) | sums | dict(checksums.by_name)).items()))


def cksum(data: bytes) -> int:
    """Compute POSIX `cksum`'s sum: a CRC of the bytes and of their number, its least significant byte first."""
    size = len(data)
    crc = 0
    for byte in data + size.to_bytes((size.bit_length() + 7) // 8, "little"):
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (_POLYNOMIAL if crc >> 31 else 0)) & _ALL_BITS
    return crc ^ _ALL_BITS
