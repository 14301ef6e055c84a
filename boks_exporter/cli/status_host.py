"""`status HOST`: what is known of single hosts, with all their tables."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from boks_exporter.cli.status_rows import headline
from boks_exporter.health.table_names import TABLE_NAMES
from boks_exporter.report import DomainReport, HostReport, StatusReport
from boks_exporter.text.formatting import between, in_words, utc_clock
from boks_exporter.text.harmless import harmless

_COLUMNS: Final = ("TABLE", "SEQUENCE", "MASTER", "LAG", "AHEAD", "NOTE", "HOLDS")
_UNKNOWN: Final = "?"


def restricted(report: StatusReport, hosts: Sequence[str]) -> StatusReport:
    """Leave only these hosts in a report, and only the domains that have one of them."""
    kept: list[DomainReport] = []
    for domain in report["domains"]:
        found = [each for each in domain["hosts"] if each["host"] in hosts]
        if found:
            kept.append({**domain, "hosts": found})
    return {**report, "domains": kept}


def unknown_hosts(report: StatusReport, hosts: Sequence[str]) -> list[str]:
    """Return the names that no domain has."""
    known = {each["host"] for domain in report["domains"] for each in domain["hosts"]}
    return [name for name in hosts if name not in known]


def host_lines(report: StatusReport, hosts: Sequence[str]) -> Iterator[str]:
    """Format the hosts, each under the headline of its domain."""
    for domain in report["domains"]:
        for each in domain["hosts"]:
            if each["host"] in hosts:
                yield headline(domain)
                yield from map(harmless, _facts(domain, each))
                yield from map(harmless, _tables(domain, each))
                yield ""


def _facts(domain: DomainReport, host: HostReport) -> Iterator[str]:
    yield f"{host['host']}: {host['state']} - {host['reason']}"
    yield from (f"  {each}" for each in host["evidence"])
    where = [host["role"], host["address"], *(part for part in (host["site"], host["section"]) if part)]
    yield f"  {', '.join(where)}; gate {host['gate_version'] or _UNKNOWN}"
    if host["reported_status_word"]:
        packet = host["last_packet_timestamp_seconds"]
        age = domain["last_round_timestamp_seconds"] - packet if packet is not None else None
        last = f", last packet {in_words(max(0.0, age))} before" if age is not None else ""
        yield f"  listed as {host['reported_status_word']}{last}"
    if host["role"] == "replica":
        may = {True: "yes", False: "no", None: "unknown"}[host["promotable"]]
        yield f"  promotable: {may}{''.join(f'; {each}' for each in host['promotable_reasons'])}"
    yield f"  polled {utc_clock(domain['last_round_timestamp_seconds'])}"


def _tables(domain: DomainReport, host: HostReport) -> Iterator[str]:
    """Format every table of the host and every one that it lacks, in the order of their numbers."""
    masters = [each for each in domain["hosts"] if [each["host"]] == domain["masters"]]
    master = masters[0]["tables"] if masters else {}
    names = sorted({*host["tables"], *(host["missing_tables"] or ())}, key=lambda name: (len(name), name))
    if not names:
        yield "  no table was read"
        return
    yield from _aligned(
        [_COLUMNS, *(_row(host, name, master[name]["sequence"] if name in master else None) for name in names)]
    )


def _row(host: HostReport, name: str, of_master: int | None) -> tuple[str, ...]:
    table = host["tables"].get(name)
    number = int(name.removeprefix("T")) if name.removeprefix("T").isdecimal() else -1
    notes = [
        word
        for word, tables in (("missing", host["missing_tables"]), ("other stamp", host["stamp_mismatch_tables"]))
        if name in (tables or ())
    ]
    return (
        name,
        "" if table is None else str(table["sequence"]),
        _UNKNOWN if of_master is None else str(of_master),
        _bounds(table["lag"], table.get("lag_possible")) if table else "",
        _bounds(table["ahead"], table.get("ahead_possible")) if table else "",
        ", ".join(notes),
        TABLE_NAMES.get(number, ""),
    )


def _bounds(proven: int | None, possible: int | None) -> str:
    return _UNKNOWN if proven is None else between(proven, possible)


def _aligned(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    table = list(rows)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        yield ("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip()
