"""Contents of the status table."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from boks_exporter.report import DomainReport, HostReport, unread_sentences
from boks_exporter.report.shapes import shown_state, worst_first
from boks_exporter.text.formatting import STRANGERS_NAMED, between, in_words, listed, short_time, utc_clock
from boks_exporter.text.harmless import harmless

STATE, HOST, SINCE, SITE, REASON = "STATE", "HOST", "SINCE", "SITE", "REASON"
COLUMNS: Final = (STATE, HOST, SINCE, SITE, "ROLE", "LAG", "AHEAD", "LAST PACKET", REASON)
UNKNOWN: Final = "?"

_TABLES_NAMED_AT_MOST: Final = 5
_WITH_TABLES: Final = frozenset({"lagging", "ahead", "diverged"})


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One host; `state` selects the colour."""

    state: str
    cells: Mapping[str, str]
    host: str = ""


def headline(domain: DomainReport) -> str:
    """Format the domain's name, state and reason."""
    return harmless(f"{domain['domain']}: {domain['state'].replace('_', ' ')} - {domain['reason']}")


def hosts_worst_first(domain: DomainReport) -> list[HostReport]:
    """Sort the hosts by their states, the worst first, and within a state by name."""
    by_name = {host["host"]: host for host in domain["hosts"]}
    return [by_name[name] for name in worst_first((host["host"], host["state"]) for host in domain["hosts"])]


def rows(
    domain: DomainReport, omitted_suffix: str = "", *, shapes: bool = False, changed: Collection[str] = ()
) -> Iterator[StatusRow]:
    """Build a row per host, the worst first; with a shape before the state, and a mark at hosts that changed."""
    for host in hosts_worst_first(domain):
        shape = f"{shown_state(host['state']).shape} " if shapes else ""
        mark = " *" if host["host"] in changed else ""
        cells = (
            shape + host["state"],
            host["host"].removesuffix(omitted_suffix) + mark,
            _since(domain, host),
            host["site"],
            host["role"],
            _lag(host),
            _count(host, host["ahead_sequences"], host.get("ahead_possible_sequences")),
            _last_packet(domain, host),
            "; ".join((host["reason"], *_faulty_tables(host))),
        )
        yield StatusRow(host["state"], dict(zip(COLUMNS, map(harmless, cells), strict=True)), host["host"])


def _since(domain: DomainReport, host: HostReport) -> str:
    """Write since when the state holds, as far as an exporter has watched it; empty where none has."""
    at = host.get("since_timestamp_seconds")
    if at is None:
        return ""
    text = short_time(at, domain["last_round_timestamp_seconds"])
    return text if host.get("since_is_exact") else f"before {text}"


def _faulty_tables(host: HostReport) -> Iterator[str]:
    """Name the tables with a fault if there are several: the reason names the worst one only."""
    if host["state"] in _WITH_TABLES:
        tables = host["tables"]
        yield from _several("ahead", [name for name, table in tables.items() if table["ahead"]])
        yield from _several("behind", [name for name, table in tables.items() if table["lag"]])
        yield from _several("missing", host["missing_tables"] or [])
        yield from _several("different stamp", host["stamp_mismatch_tables"] or [])


def _several(fault: str, tables: list[str]) -> Iterator[str]:
    if len(tables) > 1:
        yield f"{fault}: {listed(tables, _TABLES_NAMED_AT_MOST)}"


def footers(domain: DomainReport) -> Iterator[str]:
    """Format what concerns no single host, and the time of the round."""
    if domain["unresolved"]:
        yield harmless(f"listed by the master, but not configured: {listed(domain['unresolved'], STRANGERS_NAMED)}")
    for kind, groups in (("site", domain["sites"]), ("section", domain["sections"])):
        for group in groups:
            if group["verdict"] != "ok":
                yield harmless(f"{kind} {group['name']}: {group['replicas_ok']} of {group['replicas']} replicas ok")
    yield from map(harmless, unread_sentences(domain))
    yield from map(harmless, _maintenance(domain))
    yield from map(harmless, domain.get("notes", ()))
    yield f"polled {utc_clock(domain['last_round_timestamp_seconds'])}"


def _maintenance(domain: DomainReport) -> Iterator[str]:
    """List the hosts under maintenance; their alerts are inhibited."""
    if domain["maintenance"] is None:
        yield "maintenance is unknown: the failover journal cannot be read"
    for window in domain["maintenance"] or ():
        until = utc_clock(window["until_timestamp_seconds"])
        yield f"{window['host']} is under maintenance until {until}, {window['owner']}: {window['reason']}"


def _count(host: HostReport, count: int | None, possible: int | None = None) -> str:
    """Format a proven count, and what is possible at most where that is more."""
    if count is not None:
        return between(count, possible)
    return UNKNOWN if host["role"] in {"replica", "unknown"} else ""


def _lag(host: HostReport) -> str:
    count, seconds = _count(host, host["lag_sequences"], host.get("lag_possible_sequences")), host["lag_seconds"]
    return f"{count}, {in_words(seconds)}" if host["lag_sequences"] and seconds is not None else count


def _last_packet(domain: DomainReport, host: HostReport) -> str:
    """Return the age that the list printed; both times are the exporter's, so no host's clock is involved."""
    at = host["last_packet_timestamp_seconds"]
    if at is None:
        return _count(host, None)
    return in_words(max(0.0, domain["last_round_timestamp_seconds"] - at))
