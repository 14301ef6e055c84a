"""Rows that the exporter cannot read, reads twice, or reads under another name, in replies that are otherwise true."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

from bench.verdicts.reading import Reading
from boks_exporter.model import HostName, Section, TableNumber
from boks_exporter.simulator.domain.replica_link import Status

_TABLE: Final = re.compile(rb"^\|T(\d+) (\S+ \S+) (\d+) \(\d+\)$", re.MULTILINE)
_PRINTED: Final = "T{table} {stamp} {number} ({number})"
FORMS: Final[Mapping[str, str]] = {
    "word": "T{table} {stamp} {number} ({number}) LOCKED",
    "thousands": "T{table} {stamp} {number:,} ({number:,})",
    "mark": "T{table} {stamp} {number} ({number})*",
    "brackets": "T{table} {stamp} {number} [{number}]",
    "alone": "T{table} {stamp} {number}",
    "colon": "T{table}: {stamp} {number} ({number})",
    "nothing": "?????",
    "error": "boksdiag: T{table}: cannot read, retrying",
}
"""How a row of `boksdiag sequence` may look that no rule knows; below a thousand, no number is grouped."""

TWICE, ALIAS, ODD_AGE = "twice", "alias", "odd_age"
ROWS: Final = (TWICE, ALIAS, ODD_AGE)
"""What may happen to a row of `boksdiag list`."""


@dataclass(frozen=True, slots=True)
class Disguise:
    """One row of one host's replies; `target` is the replica of a row of the list."""

    host: HostName
    form: str
    table: TableNumber | None = None
    target: HostName = ""

    def applied(self, reply: bytes) -> bytes:
        """Return the reply with this row changed."""
        if self.table is not None:
            return _TABLE.sub(self._row, reply)
        row = re.compile(rb"^\|(%s)( .*)$" % re.escape(self.target.encode()), re.MULTILINE)
        return row.sub(self._listed, reply)

    def _row(self, found: "re.Match[bytes]") -> bytes:
        if int(found[1]) != self.table:
            return found[0]
        values = {"table": self.table, "stamp": found[2].decode(), "number": int(found[3])}
        return b"|" + FORMS[self.form].format(**values).encode()

    def _listed(self, found: "re.Match[bytes]") -> bytes:
        name, rest = found[1], found[2]
        if self.form == TWICE:
            return found[0] + b"\n|" + name + re.sub(rb"\S+$", b"DOWN", rest)
        if self.form == ALIAS:
            return b"|" + name.upper() + b".EXAMPLE.NET" + rest
        return b"|" + name + re.sub(rb"\d+:\d\d\b", b"1d02h", rest, count=1)


@dataclass
class Disguises:
    """Those that are applied now."""

    active: set[Disguise] = field(default_factory=set)

    def of(self, reading: Reading) -> tuple[Disguise, ...]:
        """Return those that change a reply, and note in its reading what can still be read."""
        found = tuple(each for each in self.active if each.host == reading.host and _is_asked(each, reading))
        for each in found:
            _note(each, reading)
        return found


def _is_asked(each: Disguise, reading: Reading) -> bool:
    if each.table is not None:
        return bool(reading.numbers and each.table in reading.numbers) and _is_changed(each, reading)
    return bool(reading.rows and each.target in reading.rows) and Section.LIST in reading.request.sections


def _is_changed(each: Disguise, reading: Reading) -> bool:
    """Return whether the reply is other than BoKS prints it: `47 (47)` is the same when thousands are grouped."""
    number, stamp = reading.numbers[each.table]
    values = {"table": each.table, "stamp": stamp, "number": number}
    return FORMS[each.form].format(**values) != _PRINTED.format(**values)


def _note(each: Disguise, reading: Reading) -> None:
    if each.table is not None and reading.numbers:
        reading.hidden |= {each.table}
        reading.numbers = {table: row for table, row in reading.numbers.items() if table != each.table}
        reading.is_readable &= bool(reading.numbers)
    elif each.form == TWICE and reading.rows:
        reading.rows = {**reading.rows, each.target: replace(reading.rows[each.target], status=Status.DOWN)}
    elif each.form == ODD_AGE:
        reading.hidden_rows |= {each.target}


def drawn(random: Random, host: HostName, tables: tuple[TableNumber, ...]) -> Disguise:
    """Draw a table whose row cannot be read."""
    return Disguise(host, random.choice(tuple(FORMS)), table=random.choice(tables))
