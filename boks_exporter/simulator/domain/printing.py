"""The commands' output in the layout of the published samples (K1456, K1256, HS troubleshooting/312)."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from boks_exporter.model import HostName, Seconds
from boks_exporter.simulator.domain.database import Numbers
from boks_exporter.simulator.domain.layout import Boksinit, ListStyle
from boks_exporter.simulator.domain.replica_link import Row

_NAME: Final = 12
_AGE: Final = 15
_COUNT: Final = 10
_DAY: Final = 86400
_HOUR: Final = 3600

_WORDS: Final = {Boksinit.MASTER: "master", Boksinit.SERVER: "replica", Boksinit.CLIENT: "client"}


def duration(seconds: Seconds) -> str:
    """Write an age as `boksdiag list` does: `04:49`, `1:04:49` (inferred), `136D 22:21:35`."""
    whole = max(0, int(seconds))
    days, rest = divmod(whole, _DAY)
    hours, minutes, rest = rest // _HOUR, rest % _HOUR // 60, rest % 60
    if days:
        return f"{days}D {hours}:{minutes:02}:{rest:02}"
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


@lru_cache(maxsize=4096)
def stamp(seconds: Seconds) -> str:
    """Write a stamp as `boksdiag sequence` does: `13678d 8:33:46`."""
    days, rest = divmod(int(seconds), _DAY)
    return f"{days}d {rest // _HOUR}:{rest % _HOUR // 60:02}:{rest % 60:02}"


def list_text(rows: Iterable[tuple[HostName, Row]], now: Seconds, style: ListStyle) -> str:
    """Write the list: under a header of two lines, or with runs of blanks collapsed under one."""
    if style is ListStyle.COLLAPSED:
        header = ["SERVER SINCE LAST SINCE LAST SINCE LAST COUNT LAST"]
        return _lines(header + [" ".join(" ".join(_cells(name, row, now)).split()) for name, row in rows])
    header = [
        _aligned(("SERVER", "SINCE LAST", "SINCE LAST", "SINCE LAST", "COUNT", "LAST")),
        _aligned(("", "PCKT", "FAIL", "SYNC", "", "STATUS")),
    ]
    return _lines(header + [_aligned(_cells(name, row, now)) for name, row in rows])


def _cells(name: HostName, row: Row, now: Seconds) -> tuple[str, str, str, str, str, str]:
    packet, failure, sync = ("" if at is None else duration(now - at) for at in (row.packet, row.failure, row.sync))
    return name, packet, failure, sync, str(row.packets), row.status


def _aligned(cells: tuple[str, str, str, str, str, str]) -> str:
    """Align the cells; a name that is too long shifts the rest of its line."""
    name, packet, failure, sync, count, status = cells
    ages = f"{packet:<{_AGE}}{failure:<{_AGE}}{sync:<{_AGE}}"
    return f"{name:<{_NAME - 1}} {ages}{count:<{_COUNT}}{status}".rstrip()


def sequence_text(numbers: Numbers) -> str:
    """Write the sequence numbers; both numbers of a line are equal in every published sample."""
    return _lines(f"T{table} {stamp(at)} {number} ({number})" for table, (number, at) in sorted(numbers.items()))


def memory_text(shm_size_kilobytes: int, used_bytes: int) -> str:
    """Write the line of `dumpbase -m`."""
    total = shm_size_kilobytes * 1024 - 32
    used = min(used_bytes, total)
    return f"Total: {total}, Free: {total - used}, Used: {used}, Largest free: {(total - used) * 98 // 100}\n"


def conversion_text(before: Boksinit, after: Boksinit) -> str:
    """Write the four lines of `convert -v`."""
    return _lines(
        (
            "Stopping daemons...",
            f"Setting BOKSINIT={after} in ENV file...",
            "Restarting daemons...",
            f"Conversion from {_WORDS[before]} to {_WORDS[after]} done.",
        )
    )


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
