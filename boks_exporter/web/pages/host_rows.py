"""The table of all hosts: filtered, sorted, and cut to the first ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from boks_exporter.health.table_names import table_name
from boks_exporter.report import HostReport
from boks_exporter.report.shapes import Shown
from boks_exporter.web.pages.charts import Spark, Strip, spark, strip
from boks_exporter.web.pages.facts import DomainFacts
from boks_exporter.web.pages.wording import UNKNOWN, Moment, ago, bounds, for_seconds, lasting_for

ROWS: Final = 100
"""The rows of the first page; the others are shown on request."""
_TABLES: Final = 3
NOT_OK: Final = "not-ok"
_CHART_STEP: Final = 3
"""A quarter of an hour: what the width of a column shows, and a page of many hosts stays small."""


class Sort(StrEnum):
    """What the rows are sorted by."""

    STATE = "state"
    HOST = "host"
    SITE = "site"
    LAG = "lag"
    AHEAD = "ahead"
    PACKET = "packet"
    POLL = "poll"


@dataclass(frozen=True, slots=True)
class HostQuery:
    """The filter and order that the query of the page asks for; an empty text is no filter."""

    text: str = ""
    state: str = ""
    site: str = ""
    role: str = ""
    sort: Sort = Sort.STATE
    is_descending: bool = False
    shows_all: bool = False


@dataclass(frozen=True, slots=True)
class HostRow:
    """One host."""

    host: str
    site: str
    section: str
    role: str
    state: Shown
    since: Moment
    lag: str
    lag_age: str
    ahead: str
    tables: tuple[str, ...]
    packet: Moment
    poll: Moment
    strip: Strip
    spark: Spark | None
    reason: str
    stale: str
    """How old the figures are, where they are not of the newest round; empty where they are."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that are shown, and how many there are."""

    rows: tuple[HostRow, ...]
    matching: int
    total: int


def rows(facts: DomainFacts, wanted: HostQuery) -> Rows:
    """Select, sort and write the rows."""
    hosts = [host for host in facts.hosts.values() if _matches(facts, host, wanted)]
    if wanted.sort is not Sort.STATE:
        known = [host for host in hosts if _KEYS[wanted.sort](host) is not None]
        known.sort(key=_KEYS[wanted.sort], reverse=wanted.is_descending)
        hosts = known + [host for host in hosts if _KEYS[wanted.sort](host) is None]
    elif wanted.is_descending:
        hosts.reverse()
    cut = hosts if wanted.shows_all else hosts[:ROWS]
    return Rows(tuple(row(facts, host) for host in cut), len(hosts), len(facts.hosts))


_KEYS: Final[Mapping[Sort, Callable[[HostReport], Any]]] = {
    Sort.HOST: lambda host: host["host"].casefold(),
    Sort.SITE: lambda host: (host["site"].casefold(), host["host"].casefold()),
    Sort.LAG: lambda host: host["lag_sequences"],
    Sort.AHEAD: lambda host: host["ahead_sequences"],
    Sort.PACKET: lambda host: host["last_packet_timestamp_seconds"],
    Sort.POLL: lambda host: host["last_success_timestamp_seconds"],
}


def _matches(facts: DomainFacts, host: HostReport, wanted: HostQuery) -> bool:
    shown = facts.state_of(host)
    is_state = wanted.state in {"", shown.state, host["state"]} or (wanted.state == NOT_OK and shown.state != "ok")
    is_group = wanted.site in {"", host["site"]} and wanted.role in {"", host["role"]}
    return is_state and is_group and wanted.text.casefold() in _searched(host, shown)


def _searched(host: HostReport, shown: Shown) -> str:
    """Return the text in which the filter searches."""
    words = (host["host"], host["site"], host["section"], host["role"], shown.word, host["address"])
    return " ".join((*words, host["reason"], *_faulty(host))).casefold()


def row(facts: DomainFacts, host: HostReport) -> HostRow:
    """Write the row of a host; what is only known from earlier is marked with its age."""
    timeline = facts.view.timeline.host(host["host"])
    known = timeline.known
    is_last_known = known is not None and host["lag_sequences"] is None and host["role"] != "master"
    lag, age, ahead = _figures(host)
    stale = ""
    if known is not None and is_last_known and known.role != "master" and known.lag is not None:
        lag, ahead = bounds(known.lag, known.lag_possible), bounds(known.ahead, known.ahead_possible)
        age = for_seconds(known.lag_seconds) if known.lag else ""
        stale = f"{for_seconds(facts.now - known.at)} ago"
    since = timeline.since
    return HostRow(
        host=host["host"],
        site=host["site"],
        section=host["section"],
        role=host["role"],
        state=facts.state_of(host),
        since=lasting_for(since, facts.now, at_least=facts.is_at_least(since)),
        lag=lag,
        lag_age=age,
        ahead=ahead,
        tables=_faulty(host)[: _TABLES + 1],
        packet=ago(host["last_packet_timestamp_seconds"], facts.now),
        poll=ago(host["last_success_timestamp_seconds"], facts.now),
        strip=strip(timeline, facts.now, _CHART_STEP),
        spark=spark(timeline, facts.now, _CHART_STEP),
        reason=host["reason"],
        stale=stale,
    )


def _figures(host: HostReport) -> tuple[str, str, str]:
    if host["role"] in {"master", "client"}:
        return UNKNOWN, "", UNKNOWN
    lag = bounds(host["lag_sequences"], host.get("lag_possible_sequences"))
    ahead = bounds(host["ahead_sequences"], host.get("ahead_possible_sequences"))
    return lag, for_seconds(host["lag_seconds"]) if host["lag_sequences"] else "", ahead


def _faulty(host: HostReport) -> tuple[str, ...]:
    """Name the tables that are ahead, behind or missing, the worst first, and the number of the others."""
    if host["state"] == "ok":
        return ()  # an update in flight is no finding
    ahead = {name: table["ahead"] for name, table in host["tables"].items() if table["ahead"]}
    behind = {name: table["lag"] for name, table in host["tables"].items() if table["lag"]}
    named = [f"{_named(name)} +{count:,}" for name, count in _most(ahead)]
    named += [f"{_named(name)} \N{MINUS SIGN}{count:,}" for name, count in _most(behind)]
    named += [f"{_named(name)} missing" for name in host["missing_tables"] or ()]
    named += [f"{_named(name)} other stamp" for name in host["stamp_mismatch_tables"] or ()]
    rest = len(named) - _TABLES
    return (*named[:_TABLES], *([f"{rest} more"] if rest > 0 else []))


def _most(counts: Mapping[str, int | None]) -> list[tuple[str, int]]:
    return sorted(((name, count) for name, count in counts.items() if count), key=lambda item: -item[1])


def _named(table: str) -> str:
    return table_name(int(table[1:])) if table[1:].isdecimal() else table
