"""Layout of the status table: the columns that fit into a width, so that none is ever cut."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len

from boks_exporter.cli.status_rows import COLUMNS, REASON, SINCE, SITE, StatusRow

_DROPPED_FIRST: Final = ("LAST PACKET", SITE, "ROLE", SINCE)
_GAP: Final = 2
_REASON_AT_LEAST: Final = 40


@dataclass(frozen=True, slots=True)
class StatusLayout:
    """The columns of the table; `is_stacked` if the other columns are on a line of their own below the host."""

    columns: tuple[str, ...]
    is_stacked: bool = False

    @property
    def has_reasons(self) -> bool:
        """Return whether the reasons are a column; otherwise they are listed below the table."""
        return REASON in self.columns


def fitting(rows: Sequence[StatusRow], width: int) -> StatusLayout:
    """Choose the columns for a width: the least important ones are dropped, and a host's name or state is never cut."""
    widths = {name: max(map(cell_len, (name, *(row.cells[name] for row in rows)))) for name in COLUMNS}
    empty = {name for name in (SINCE, SITE) if not any(row.cells[name] for row in rows)}
    columns = tuple(name for name in COLUMNS if name != REASON and name not in empty)
    for dropped in (None, *_DROPPED_FIRST):
        columns = tuple(name for name in columns if name != dropped)
        needed = sum(widths[name] for name in columns) + _GAP * (len(columns) - 1)
        if needed + _GAP + min(widths[REASON], _REASON_AT_LEAST) <= width and dropped is None:
            return StatusLayout((*columns, REASON))
        if needed <= width:
            return StatusLayout(columns)
    return StatusLayout(columns, is_stacked=True)


def common_suffix(hosts: Sequence[str]) -> str:
    """Return the DNS domain, with its dot, that all qualified host names share; empty if a name would be ambiguous."""
    qualified = [host for host in hosts if "." in host]
    if len(qualified) < 2 or any(host.rpartition(".")[2].isdecimal() or ":" in host for host in qualified):  # noqa: PLR2004 - nothing is shared by one
        return ""
    shared: list[str] = []
    for parts in zip(*(reversed(host.split(".")[1:]) for host in qualified), strict=False):
        if len(set(parts)) > 1:
            break
        shared.insert(0, parts[0])
    suffix = f".{'.'.join(shared)}" if shared else ""
    return suffix if len({host.removesuffix(suffix) for host in hosts}) == len(set(hosts)) else ""
