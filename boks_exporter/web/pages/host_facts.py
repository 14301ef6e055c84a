"""Everything that is known of one host: verdict, tables, raw output, connection, changes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from boks_exporter.exposition import HostCounters
from boks_exporter.health import PRECEDENCE
from boks_exporter.health.table_names import table_name
from boks_exporter.model import Observed, TableNumber, TableSequence
from boks_exporter.replication.brackets import brackets, readings_around
from boks_exporter.report import HostReport
from boks_exporter.report.shapes import Shown
from boks_exporter.web.pages.changes import Change, changes_of
from boks_exporter.web.pages.charts import Spark, Strip, spark, strip
from boks_exporter.web.pages.facts import DomainFacts
from boks_exporter.web.pages.host_rows import HostRow, row
from boks_exporter.web.pages.last_master import FAILURES, failure
from boks_exporter.web.pages.raw_output import RawSection, raw_sections
from boks_exporter.web.pages.wording import (
    UNKNOWN,
    Moment,
    ago,
    bounds,
    for_seconds,
    lasting,
    on_clock,
    runbook_of_host,
)

_CHANGES: Final = 50


@dataclass(frozen=True, slots=True)
class TableRow:
    """One table: the readings of both sides, the bounds that they prove, and the stamps."""

    table: str
    sequence: str
    before: str
    after: str
    lag: str
    lag_age: str
    ahead: str
    stamp: str
    master_stamp: str
    parenthesised: str
    tone: str
    word: str


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed poll in words."""

    at: Moment
    text: str


@dataclass(frozen=True, slots=True)
class HostPage:
    """What the page of a host shows."""

    row: HostRow
    since: Moment
    answered: bool
    state: Shown
    reason: str
    evidence: tuple[str, ...]
    rule: str
    precedence: str
    promotable: bool | None
    against: tuple[str, ...]
    runbook: str | None
    command: str | None
    tables: tuple[TableRow, ...]
    read_at: Moment
    master_read_at: tuple[Moment, ...]
    sections: tuple[RawSection, ...]
    garbled: str
    failure: str
    facts: tuple[tuple[str, str | Moment], ...]
    failures: tuple[Failure, ...]
    changes: tuple[Change, ...]
    strip: Strip
    spark: Spark | None
    is_stale: bool


def host_page(facts: DomainFacts, report: HostReport) -> HostPage:
    """Collect what the page shows."""
    name = report["host"]
    outcome = facts.view.snapshot.outcome(name)
    state = facts.state_of(report)
    timeline = facts.view.timeline.host(name)
    counters = facts.view.counters.hosts.get(name, HostCounters())
    before, after = readings_around(facts.view.snapshot, outcome) if isinstance(outcome, Observed) else (None, None)
    return HostPage(
        row=row(facts, report),
        since=lasting(timeline.since, facts.now, at_least=facts.is_at_least(timeline.since)),
        answered=isinstance(outcome, Observed),
        state=state,
        reason=report["reason"],
        evidence=tuple(report["evidence"]),
        rule=_rule(report),
        precedence=", ".join(str(each) for each, _ in PRECEDENCE),
        promotable=report["promotable"],
        against=tuple(report["promotable_reasons"]),
        runbook=runbook_of_host(facts, report),
        command=facts.commands.next_for(name, report["state"]),
        tables=tuple(_tables(facts, report)),
        read_at=ago(outcome.started_at, facts.now) if isinstance(outcome, Observed) else Moment(UNKNOWN),
        master_read_at=tuple(ago(each.started_at, facts.now) for each in (before, after) if each),
        sections=raw_sections(outcome),
        garbled=getattr(outcome, "raw", ""),
        failure=failure(outcome),
        facts=tuple(_facts(facts, report, counters)),
        failures=tuple(
            Failure(ago(each.at, facts.now), f"{FAILURES.get(each.reason, '')} ({each.reason}): {each.detail}")
            for each in reversed(counters.last_failures)
        ),
        changes=changes_of(facts, name)[:_CHANGES],
        strip=strip(timeline, facts.now),
        spark=spark(timeline, facts.now),
        is_stale=facts.is_stale,
    )


def _rule(report: HostReport) -> str:
    """Return the sentence of the rule behind the verdict."""
    if report["role"] == "master" and report["state"] == "ok":
        return "A master is not compared with itself: it is ok while it answers and is the only one."
    if report["role"] == "client" and report["state"] == "ok":
        return "A client holds no copy of the database; it is ok while it answers."
    return next((reason for state, reason in PRECEDENCE if state == report["state"]), "")


def _facts(facts: DomainFacts, report: HostReport, counters: HostCounters) -> Iterator[tuple[str, str | Moment]]:
    """Yield the connection and the counters, in the order of the page."""
    connection = counters.connection
    yield "address", report["address"]
    if connection:
        yield "connected to", connection.address_text
        yield "host key", connection.host_key or UNKNOWN
        yield from ((label, value or UNKNOWN) for label, value in connection.algorithms())
        yield "SSH server", connection.software or UNKNOWN
        yield "connected since", ago(connection.opened_at, facts.now)
        yield "gate", "answers on an open channel" if connection.keeps_loop else "a channel for each poll"
    else:
        yield "connection", "none is kept"
    yield "gate version", report["gate_version"] or UNKNOWN
    yield "reconnects", f"{counters.reconnects:,}"
    yield "polls", f"{counters.polls:,}, of which {sum(counters.failures.values()):,} failed"
    yield "last attempt", ago(report["last_attempt_timestamp_seconds"], facts.now)
    yield "last success", ago(report["last_success_timestamp_seconds"], facts.now)
    yield from _listed(facts, report)
    if counters.has_unrestricted_key:
        yield "key", "it gives a shell: the forced command is missing on this host"
    if counters.refuses_logins:
        yield "logins", "new logins are refused; only the kept connection still works"


def _listed(facts: DomainFacts, report: HostReport) -> Iterator[tuple[str, str | Moment]]:
    if report["reported_status"] is not None:
        yield "in the master's list", report["reported_status_word"] or ""
        for label, key in (("packet", "last_packet"), ("failure", "last_failure"), ("sync", "last_sync")):
            moment: float | None = report[f"{key}_timestamp_seconds"]  # type: ignore[literal-required]  # one of three keys
            yield f"last {label}", ago(moment, facts.now)


def _tables(facts: DomainFacts, report: HostReport) -> Iterator[TableRow]:
    """Yield every table that this host or the master shows; those with a finding first."""
    seen = facts.view.snapshot.outcome(report["host"])
    if not isinstance(seen, Observed) or seen.sequences is None:
        return
    rows = seen.sequences.by_table()
    is_compared = facts.view.snapshot.master not in {None, report["host"]}
    around = brackets(facts.view.snapshot, seen) if is_compared else {}
    found = [_table(facts, report, table, rows.get(table), around.get(table)) for table in sorted({*rows, *around})]
    yield from sorted(found, key=lambda each: each.tone == "ok")


def _table(
    facts: DomainFacts, report: HostReport, number: TableNumber, shown: TableSequence | None, around: object
) -> TableRow:
    compared = facts.view.comparison.replica(report["host"])
    table = compared.table(number) if compared else None
    tone, word = "ok", ""
    if shown is None:
        tone, word = "odd", "missing here"
    elif table and table.ahead:
        tone, word = "odd", "ahead"
    elif table and table.stamp_mismatch:
        tone, word = "odd", "other stamp"
    elif table and table.lag:
        tone, word = "warn", "behind"
    return TableRow(
        table=table_name(number),
        sequence=_number(shown.sequence if shown else None),
        before=_number(getattr(around, "lower", None)),
        after=_number(getattr(around, "upper", None)),
        lag=bounds(table.lag, table.lag_possible) if table else UNKNOWN,
        lag_age=for_seconds(table.lag_seconds) if table and table.lag else "",
        ahead=bounds(table.ahead, table.ahead_possible) if table else UNKNOWN,
        stamp=_stamp(shown.stamp if shown else None),
        master_stamp=_stamp(getattr(around, "stamp", None)),
        parenthesised=_number(shown.parenthesised if shown else None),
        tone=tone,
        word=word,
    )


def _number(number: int | None) -> str:
    return UNKNOWN if number is None else f"{number:,}"


def _stamp(stamp: float | None) -> str:
    """Write a stamp as it very probably is meant, as a date, with the days that were printed."""
    if stamp is None:
        return UNKNOWN
    days, rest = divmod(int(stamp), 86400)
    return f"{days}d {rest // 3600}:{rest % 3600 // 60:02}:{rest % 60:02}" if days >= 0 else on_clock(stamp).text
