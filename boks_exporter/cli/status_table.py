"""The status table, on a terminal or as plain lines."""

import os
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from boks_exporter.cli.status_rows import COLUMNS, HOST, REASON, SINCE, SITE, STATE, StatusRow, footers, headline, rows
from boks_exporter.cli.streams import echo
from boks_exporter.remote.gate import gate_version
from boks_exporter.report import DomainReport, StatusReport
from boks_exporter.report.next_commands import NextCommands
from boks_exporter.report.shapes import SHAPES, worst_of
from boks_exporter.text.formatting import listed, version_numbers
from boks_exporter.text.harmless import harmless

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


def old_gates(domain: DomainReport, shipped: str) -> Iterator[str]:
    """Format one line for each older version; a version that is not numeric is never reported as old."""
    hosts: dict[str, list[str]] = {}
    for host in domain["hosts"]:
        version = host["gate_version"]
        if version is not None and _is_older(version, shipped):
            hosts.setdefault(version, []).append(host["host"])
    for version, names in sorted(hosts.items()):
        yield harmless(f"gate {version} on {listed(names)} is older than {shipped}; see `boks-exporter gate install`")


def _is_older(version: str, shipped: str) -> bool:
    known, ours = version_numbers(version), version_numbers(shipped)
    return known is not None and ours is not None and known < ours


_STYLES: Final = {
    "ok": "green",
    "loading": "yellow",
    "lagging": "yellow",
    "unlisted": "yellow",
    "unreachable": "yellow",
    "degraded": "yellow",
    "unknown": "magenta",
}
_ALARM: Final = "bold red"
_PLAIN: Final = NextCommands()
_WIDE: Final = 10_000
"""Without a terminal nothing is wrapped: one line per host."""


def show(report: StatusReport, commands: NextCommands = _PLAIN) -> None:
    """Print one table per domain, each with the next command."""
    echo(rendered(report, commands), nl=False, color=True)


def rendered(
    report: StatusReport,
    commands: NextCommands = _PLAIN,
    *,
    width: int | None = None,
    changed: Collection[tuple[str, str]] = (),
) -> str:
    """Format one table per domain; `changed` are the domains and hosts that are marked."""
    console = _console(width)
    with console.capture() as captured:
        for index, domain in enumerate(report["domains"]):
            if index:
                console.print()
            marked = {host for name, host in changed if name == domain["domain"]}
            # A name or command that is wrapped cannot be copied; on a screen that is drawn again, every line must fit.
            is_whole = width is None
            _show_domain(console, domain, marked, is_whole=is_whole)
            own = commands if len(report["domains"]) == 1 else commands.of(domain["domain"])
            if command := own.next_for_domain(domain):
                console.print(Text(harmless(f"next: {command}")), soft_wrap=is_whole)
    text = captured.get()
    if not console.is_terminal:  # rich pads the last column with spaces
        text = "\n".join(line.rstrip() for line in text.split("\n"))
    return text


def _show_domain(console: Console, domain: DomainReport, changed: Collection[str], *, is_whole: bool) -> None:
    """Print a domain; on a narrow terminal, the reasons of hosts that are not ok are below the table."""
    suffix = common_suffix([host["host"] for host in domain["hosts"]]) if console.is_terminal else ""
    shown = list(rows(domain, suffix, shapes=console.is_terminal and _can_print_shapes(), changed=changed))
    layout = fitting(shown, console.width)
    worst = worst_of(domain["state"], (host["state"] for host in domain["hosts"]))
    console.print(Text(headline(domain), style=_style(worst.state)))
    if layout.is_stacked:
        _show_stacked(console, shown, layout.columns, is_whole=is_whole)
    else:
        console.print(_table(shown, layout.columns))
    for row in () if layout.has_reasons else shown:
        if row.state != "ok":
            console.print(Text(f"{row.cells[HOST].removesuffix(' *')}: {row.cells[REASON]}"))
    if suffix:
        console.print(Text(f"host names without {suffix}"))
    for line in (*old_gates(domain, gate_version()), *footers(domain)):
        console.print(Text(line))


def _can_print_shapes() -> bool:
    try:
        "".join(SHAPES.values()).encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _table(shown: Sequence[StatusRow], columns: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in columns:
        table.add_column(name, no_wrap=name != REASON, overflow="fold")
    for row in shown:
        table.add_row(*(_cell(row, name) for name in columns))
    return table


def _show_stacked(console: Console, shown: Sequence[StatusRow], columns: Sequence[str], *, is_whole: bool) -> None:
    """Print each host on a line of its own, and its other columns indented below it."""
    for row in shown:
        console.print(Text(row.cells[HOST]), soft_wrap=is_whole)
        line = Text("  ")
        for name in columns:
            if name != HOST and row.cells[name]:
                label = "" if name == STATE else f"{name.lower()} "
                line.append_text(Text(label)).append_text(_cell(row, name)).append("  ")
        line.rstrip()
        console.print(line, soft_wrap=is_whole)


def _cell(row: StatusRow, name: str) -> Text:
    return Text(row.cells[name], style=_style(row.state) if name == STATE else "")


def _console(width: int | None) -> Console:
    on_terminal = sys.stdout.isatty()
    is_coloured = on_terminal and not os.environ.get("NO_COLOR")
    return Console(
        force_terminal=on_terminal,
        color_system="auto" if is_coloured else None,
        width=width if on_terminal else _WIDE,
        highlight=False,
        soft_wrap=False,
    )


def _style(state: str) -> str:
    return _STYLES.get(state, _ALARM)
