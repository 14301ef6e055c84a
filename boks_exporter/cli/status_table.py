"""The status table, on a terminal or as plain lines."""

import os
import sys
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from boks_exporter.cli.gate_versions import old_gates
from boks_exporter.cli.status_rows import COLUMNS, REASON, footers, headline, rows
from boks_exporter.cli.streams import say
from boks_exporter.remote.gate import gate_version
from boks_exporter.report import DomainReport, StatusReport

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
_NARROW: Final = 110
_WIDE: Final = 10_000
"""Without a terminal nothing is wrapped: one line per host."""


def show(report: StatusReport) -> None:
    """Print one table per domain."""
    console = _console()
    with console.capture() as captured:
        for index, domain in enumerate(report["domains"]):
            if index:
                console.print()
            _show_domain(console, domain)
    text = captured.get()
    if not console.is_terminal:  # rich pads the last column with spaces
        text = "\n".join(line.rstrip() for line in text.split("\n"))
    say(text, nl=False, color=True)


def _show_domain(console: Console, domain: DomainReport) -> None:
    """Print a domain; on a narrow terminal, the reasons of hosts that are not ok are below the table."""
    is_narrow = console.width < _NARROW
    columns = COLUMNS[:-1] if is_narrow else COLUMNS
    table = Table(box=None, pad_edge=False)
    for name in columns:
        table.add_column(name, no_wrap=name != REASON, overflow="fold")
    for row in rows(domain):
        style = _style(row.state)
        table.add_row(*(Text(row.cells[name], style=style if name == "STATE" else "") for name in columns))
    console.print(Text(headline(domain), style=_style(domain["state"])), table)
    for row in rows(domain) if is_narrow else ():
        if row.state != "ok":
            console.print(Text(f"{row.cells['HOST']}: {row.cells[REASON]}"))
    for line in (*old_gates(domain, gate_version()), *footers(domain)):
        console.print(Text(line))


def _console() -> Console:
    on_terminal = sys.stdout.isatty()
    is_coloured = on_terminal and not os.environ.get("NO_COLOR")
    return Console(
        force_terminal=on_terminal,
        color_system="auto" if is_coloured else None,
        width=None if on_terminal else _WIDE,
        highlight=False,
        soft_wrap=False,
    )


def _style(state: str) -> str:
    return _STYLES.get(state, _ALARM)
