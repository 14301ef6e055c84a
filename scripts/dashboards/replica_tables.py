"""The tables of one host."""

from typing import Final

from boks_exporter.health.table_names import TABLE_NAMES, table_name
from scripts.dashboards import panel_ids as n
from scripts.dashboards import scales
from scripts.dashboards.panel_types import Column, grid, lines
from scripts.dashboards.panels import Builder, PanelFrame, Query
from scripts.dashboards.queries import IN_DOMAIN, OF_HOSTS
from scripts.dashboards.thresholds import limit

_BY_TABLE: Final = "max by (table)"
_MASTERS: Final = f'{IN_DOMAIN}, role="master"'


def tables() -> dict[int, Builder]:
    """Return the table of tables, and graphs of those that differ."""
    return {
        n.TABLES: _by_table(),
        32: _lag(),
        33: _ahead(),
    }


def _by_table() -> Builder:
    return grid(
        PanelFrame(
            "Tables, worst first",
            "Each table here and on the master, as last read. The two are read at different instants, so a small "
            "difference is normal; lag and ahead are proven, and empty where there is none. Names are unofficial. "
            "The stamp is the date that boksdiag sequence prints: on a healthy replica it is the master's.",
            24,
            12,
        ),
        [
            f"{_BY_TABLE} (boks_table_sequence{{{OF_HOSTS}}})",
            (
                f"{_BY_TABLE} (boks_table_sequence{{{IN_DOMAIN}}} and on (boks_domain, host) "
                f"boks_host_role{{{_MASTERS}}} == 1)"
            ),
            f"{_BY_TABLE} (boks_replica_table_lag_sequences{{{OF_HOSTS}}})",
            f"{_BY_TABLE} (boks_replica_table_ahead_sequences{{{OF_HOSTS}}})",
            f"1000 * {_BY_TABLE} (boks_table_stamp_timestamp_seconds{{{OF_HOSTS}}})",
            (
                f"1000 * {_BY_TABLE} (boks_table_stamp_timestamp_seconds{{{IN_DOMAIN}}} and on (boks_domain, host) "
                f"boks_host_role{{{_MASTERS}}} == 1)"
            ),
        ],
        [
            Column("table", "Table", texts={f"T{number}": table_name(number) for number in TABLE_NAMES}),
            Column("Value #A", "Here", scales.UPDATES, 90),
            Column("Value #B", "Master", scales.UPDATES, 90),
            Column("Value #C", "Lag", scales.LAG_UPDATES, 70, empty=""),
            Column("Value #D", "Ahead", scales.AHEAD, 75, empty=""),
            Column("Value #E", "Stamp", scales.DATE, 160),
            Column("Value #F", "Master's stamp", scales.DATE, 160),
        ],
        sort=[("Lag", True), ("Ahead", True)],
        empty="No table is known",
    )


def _lag() -> Builder:
    return lines(
        PanelFrame(
            "Lag by table",
            "Updates that each table lacks. A gap means that it cannot be proven. From "
            f"{limit('lag_sequences:critical'):g} on a lasting lag pages.",
            12,
            8,
        ),
        [Query(_drawn("boks_replica_table_lag_sequences", "boks_replica_lag_sequences"), "{{table}}")],
        scales.LAG_UPDATES,
    )


def _ahead() -> Builder:
    return lines(
        PanelFrame("Ahead by table", "Updates that each table has and the master lacks. Must be 0.", 12, 8),
        [Query(_drawn("boks_replica_table_ahead_sequences", "boks_replica_ahead_sequences"), "{{table}}")],
        scales.AHEAD,
    )


def _drawn(metric: str, proven: str) -> str:
    """Select a value of each table: 0 for those without a series, while it is known that they have none."""
    return (
        f"max by (table) (\n  {metric}{{{OF_HOSTS}}}\n"
        f"  or 0 * (boks_table_sequence{{{OF_HOSTS}}} and on (boks_domain, host) {proven}{{{OF_HOSTS}}})\n)"
    )
