"""What the status table says, cell by cell; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from boks_exporter.cli.sanitize import harmless
from boks_exporter.exposition import DomainReport, HostReport
from boks_exporter.health.formatting import in_words
from boks_exporter.model import Timestamp

REASON: Final = "REASON"
COLUMNS: Final = ("HOST", "SITE", "ROLE", "STATE", "LAG", "AHEAD", "LAST PACKET", REASON)
UNKNOWN: Final = "?"


@dataclass(frozen=True, slots=True)
class Row:
    """One host; `state` chooses the colour."""

    state: str
    cells: Mapping[str, str]


def headline(domain: DomainReport) -> str:
    """Name the domain and say how it is."""
    return harmless(f"{domain['domain']}: {domain['state'].replace('_', ' ')} - {domain['reason']}")


def rows(domain: DomainReport) -> Iterator[Row]:
    """Write a row for each host, in the configuration's order, then the discovered ones."""
    for host in domain["hosts"]:
        cells = (
            host["host"],
            host["site"],
            host["role"],
            host["state"],
            _lag(host),
            _count(host, host["ahead_sequences"]),
            _last_packet(domain, host),
            host["reason"],
        )
        yield Row(host["state"], dict(zip(COLUMNS, map(harmless, cells), strict=True)))


def footers(domain: DomainReport) -> Iterator[str]:
    """Add what belongs to no host, and when all this was seen."""
    if domain["unresolved"]:
        yield harmless(f"listed by the master, but not known here: {', '.join(domain['unresolved'])}")
    for kind, groups in (("site", domain["sites"]), ("section", domain["sections"])):
        for group in groups:
            if group["verdict"] != "ok":
                yield harmless(f"{kind} {group['name']}: {group['replicas_ok']} of {group['replicas']} replicas ok")
    yield from map(harmless, _maintenance(domain))
    yield f"seen {_clock(domain['last_round_timestamp_seconds'])}"


def _maintenance(domain: DomainReport) -> Iterator[str]:
    """Name the hosts on which somebody works: alerts about them are held back."""
    if domain["maintenance"] is None:
        yield "maintenance is not known: the journal of failover cannot be read"
    for window in domain["maintenance"] or ():
        until = _clock(window["until_timestamp_seconds"])
        yield f"{window['host']} is under maintenance until {until}, {window['owner']}: {window['reason']}"


def _clock(moment: Timestamp) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _count(host: HostReport, count: int | None) -> str:
    if count is not None:
        return str(count)
    return UNKNOWN if host["role"] in {"replica", "unknown"} else ""


def _lag(host: HostReport) -> str:
    count, seconds = _count(host, host["lag_sequences"]), host["lag_seconds"]
    return f"{count}, {in_words(seconds)}" if host["lag_sequences"] and seconds is not None else count


def _last_packet(domain: DomainReport, host: HostReport) -> str:
    """Tell the age that the list printed: both times are the exporter's, so no clock of a host comes in."""
    at = host["last_packet_timestamp_seconds"]
    if at is None:
        return _count(host, None)
    return in_words(max(0.0, domain["last_round_timestamp_seconds"] - at))
