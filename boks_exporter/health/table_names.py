"""What the tables of BoKS's database hold."""

from collections.abc import Iterable, Sequence
from typing import Final

from boks_exporter.model import TableNumber
from boks_exporter.text.formatting import updates

TABLE_NAMES: Final[dict[TableNumber, str]] = {
    0: "system parameters",
    1: "user accounts",
    2: "user access routes",
    4: "SSH authentication methods",
    5: "logged-in users",
    6: "hosts",
    7: "host group to host",
    9: "host to host group",
    14: "HTTPS certificates",
    15: "IP address to host",
    16: "user-class access routes",
    17: "user classes",
    20: "log rotation",
    22: "seccheck and filmon",
    23: "LDAP bind",
    25: "password complexity",
    31: "user SSH authenticators",
    34: "certificates",
    37: "suexec program groups",
    41: "virtual cards",
    44: "users to LDAP",
    47: "Unix group to GID",
    48: "user to GID",
    49: "user to user class",
}
"""Unofficial names from a single old source (K1514, 2009): for display only, never used in a verdict."""

_NAMED_AT_MOST: Final = 3


def table_name(table: TableNumber) -> str:
    """Return a table's display name, such as `T7 (host group to host)`."""
    name = TABLE_NAMES.get(table)
    return f"T{table} ({name})" if name else f"T{table}"


def tables_named(tables: Iterable[TableNumber]) -> str:
    """Write the first tables and the number of the others."""
    names = [table_name(table) for table in tables]
    rest = len(names) - _NAMED_AT_MOST
    return ", ".join(names[:_NAMED_AT_MOST]) + (f" and {rest} more" if rest > 0 else "")


def amount(tables: Sequence[tuple[TableNumber, int]]) -> str:
    """Write the amount in the worst table and the number of the others."""
    table, count = tables[0]
    others = len(tables) - 1
    more = f" and by as much or less in {others} other{'s' if others > 1 else ''}" if others else ""
    return f"{updates(count)} in {table_name(table)}{more}"
