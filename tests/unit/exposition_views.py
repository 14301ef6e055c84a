"""Views made by hand, as the pages and reports under test show them.

Run as a program, this rewrites the golden pages under tests/golden: read the difference before you keep it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from boks_exporter.errors import FailureReason
from boks_exporter.exposition import (
    DomainCounters,
    DomainView,
    ExporterInfo,
    ExpositionOptions,
    HostCounters,
    TableLag,
    Tables,
    render,
)
from boks_exporter.health import Thresholds, judge_round
from boks_exporter.model import (
    Checksums,
    DomainSnapshot,
    Environment,
    ErrorLog,
    Host,
    HostOutcome,
    Listed,
    Listing,
    MasterReading,
    MasterReport,
    Memory,
    Observed,
    Queue,
    ReplicaLine,
    ReplicaList,
    Reply,
    ReportedStatus,
    Role,
    SequenceReport,
    TableSequence,
    Unreachable,
    UnreadLine,
)
from boks_exporter.replication import History, advance

GOLDEN: Final = Path(__file__).parent.parent / "golden"
BEGUN: Final = 1_790_000_000.0
STAMP: Final = 13678 * 86400 + 8 * 3600 + 33 * 60 + 46
INFO: Final = ExporterInfo(version="1.0.0", revision="0123abc", python="3.12.1", reload_success_at=BEGUN - 600)

PUBLISHED: Final = {7: 5053, 9: 7919, 15: 1865}
"""The master's sequences as K1456 shows them."""


def sequences(numbers: Mapping[int, int], stamp: float | None = STAMP) -> SequenceReport:
    """Write numbers as `boksdiag sequence` has them."""
    return SequenceReport(tuple(TableSequence(table, number, number, stamp) for table, number in numbers.items()))


def seen(
    host: str,
    role: Role,
    numbers: Mapping[int, int] | None,
    at: float,
    *,
    memory: Memory | None = None,
    errlog: ErrorLog | None = None,
    queue: Queue | None = None,
    checksums: Checksums | None = None,
    unread_lines: tuple[UnreadLine, ...] = (),
) -> Observed:
    """Make the outcome of a host that answered within a quarter of a second."""
    word = {Role.MASTER: "master", Role.REPLICA: "server", Role.CLIENT: "client"}.get(role)
    return Observed(
        host=host,
        started_at=at,
        finished_at=at + 0.25,
        reply=Reply("1.0.0", at, (), unread_lines),
        role=role,
        environment=Environment(word, 16000),
        sequences=None if numbers is None else sequences(numbers),
        replicas=ReplicaList(()) if role is Role.MASTER else None,
        memory=memory,
        errlog=errlog,
        queue=queue,
        checksums=checksums,
    )


def silent(host: str, at: float, reason: FailureReason, detail: str) -> Unreachable:
    """Make the outcome of a host that did not answer for five seconds."""
    return Unreachable(host, at, at + 5.0, reason, detail)


def line(server: str, status: str, packet: float, failure: float | None, sync: float, packets: int) -> ReplicaLine:
    """Make one line of the list."""
    known = {"OK": ReportedStatus.OK, "DOWN": ReportedStatus.DOWN, "LOADING": ReportedStatus.LOADING}
    return ReplicaLine(server, packet, failure, sync, packets, known.get(status, ReportedStatus.OTHER), status)


PUBLISHED_LIST: Final = (
    line("REPHOST5", "OK", 49, 523 * 86400 + 5 * 3600 + 19 * 60 + 20, 289, 1853521),
    line("REPHOST4", "OK", 49, 136 * 86400 + 22 * 3600 + 21 * 60 + 35, 289, 526392),
    line("REPHOST3", "OK", 49, None, 290, 726768),
    line("REPHOST2", "OK", 49, 107 * 86400 + 5 * 3600 + 5 * 60 + 33, 289, 425231),
    line("REPHOST", "DOWN", 179, 133, 704, 148342),
)
"""The list as K1456 shows it."""


def view(
    hosts: Sequence[Host],
    outcomes: Sequence[HostOutcome],
    *,
    listed: Sequence[ReplicaLine] | None = None,
    second: Mapping[int, int] | None = None,
    before: Mapping[int, int] | None = None,
    options: ExpositionOptions | None = None,
    domain: str = "bank",
    insecure: bool = False,
    last_master: str | None = "MASTER",
) -> DomainView:
    """Put a round together and have it compared and judged; `before` are the master's numbers two minutes earlier.

    Half a minute before that, each was 40 less: what is missing since then has an exact age.
    """
    readings = [
        MasterReading(o.host, o.started_at, o.finished_at, o.sequences) for o in _masters(outcomes) if o.sequences
    ]
    if second is not None:
        readings.append(MasterReading(readings[0].host, BEGUN + 6, BEGUN + 6.25, sequences(second)))
    names = {host.name for host in hosts}
    entries = tuple(Listed(row, row.server if row.server in names else None) for row in listed or ())
    snapshot = DomainSnapshot(
        domain=domain,
        hosts=tuple(hosts),
        outcomes=tuple(outcomes),
        started_at=BEGUN,
        finished_at=BEGUN + 6.5,
        master_readings=tuple(readings),
        listing=Listing(readings[0].host, BEGUN + 0.25, entries) if listed is not None else None,
        last_known_master=last_master,
        master_reports=tuple(
            MasterReport(seen.host, at, at + 0.25)
            for at in (BEGUN, BEGUN + 6)
            for seen in outcomes
            if isinstance(seen, Observed) and seen.role is Role.MASTER
        ),
    )
    judged = judge_round(snapshot, _earlier(snapshot, before), Thresholds(), exact_to=30.0)
    return DomainView(
        snapshot=snapshot,
        comparison=judged.comparison,
        health=judged.health,
        evidence_since=judged.history.begun_at,
        counters=counters(outcomes, insecure=insecure),
        options=options or ExpositionOptions(),
    )


def _masters(outcomes: Sequence[HostOutcome]) -> list[Observed]:
    return [o for o in outcomes if isinstance(o, Observed) and o.role is Role.MASTER]


def _earlier(snapshot: DomainSnapshot, numbers: Mapping[int, int] | None) -> History:
    if numbers is None or snapshot.master is None:
        return History()
    history = History()
    for at, less in ((BEGUN - 150, 40), (BEGUN - 120, 0)):
        shown = {table: number - less for table, number in numbers.items()}
        reading = MasterReading(snapshot.master, at, at + 0.25, sequences(shown))
        master = seen(snapshot.master, Role.MASTER, shown, at)
        hosts = (Host(snapshot.master, snapshot.master),)
        history = advance(history, DomainSnapshot(snapshot.domain, hosts, (master,), at, at + 1, (reading,)))
    return history


def counters(outcomes: Sequence[HostOutcome], *, insecure: bool) -> DomainCounters:
    """Count ten rounds in which each host did what it does now."""
    return DomainCounters(
        interval_seconds=30.0,
        rounds=10,
        overruns=1,
        hosts={outcome.host: _counted(outcome) for outcome in outcomes},
        insecure_host_keys=insecure,
    )


def _counted(outcome: HostOutcome) -> HostCounters:
    if isinstance(outcome, Observed):
        return HostCounters(10, {}, 0, outcome.started_at, outcome.finished_at)
    return HostCounters(10, {outcome.reason: 4}, 2, outcome.started_at, BEGUN - 115)


# -- domains ----------------------------------------------------------------------------------------------------------

HOSTS: Final = (
    Host("MASTER", "10.1.0.1", site="amsterdam", section="core"),
    Host("REPHOST", "10.1.0.2", site="amsterdam", section="core"),
    Host("REPHOST2", "10.1.0.3", site="amsterdam", section="dmz"),
    Host("REPHOST3", "10.2.0.2", site="utrecht", section="core"),
    Host("REPHOST4", "10.2.0.3", site="utrecht", section="dmz"),
    Host("REPHOST5", "REPHOST5.example.net", discovered=True),
)


def sound_outcomes(**numbers: Mapping[int, int]) -> list[HostOutcome]:
    """The published domain; each host's numbers are the master's unless given."""
    master = seen(
        "MASTER",
        Role.MASTER,
        PUBLISHED,
        BEGUN,
        memory=Memory(1023968, 949824, 74144, 944896),
        errlog=ErrorLog(120, ("a line of 2009",)),
        queue=Queue(2, 90.0),
        checksums=Checksums((("method.conf", "4038471504"), ("SHM_SIZE", "1234567"))),
    )
    replicas = [seen(host.name, Role.REPLICA, numbers.get(host.name, PUBLISHED), BEGUN + 1) for host in HOSTS[1:]]
    return [master, *replicas]


def published(options: ExpositionOptions | None = None) -> DomainView:
    """The published listing: REPHOST is DOWN and does not answer, all others are ok."""
    outcomes = sound_outcomes()
    outcomes[1] = silent("REPHOST", BEGUN + 1, FailureReason.CONNECT, "connection refused")
    return view(HOSTS, outcomes, listed=PUBLISHED_LIST, second=PUBLISHED, before=PUBLISHED, options=options)


def incident() -> DomainView:
    """Show the published incident: the list says OK while three tables of a replica are ahead."""
    listed = [line(host.name, "OK", 49, None, 289, 1000) for host in HOSTS[1:]]
    outcomes = sound_outcomes(REPHOST3={7: 5060, 9: 7920, 15: 1900})
    return view(HOSTS, outcomes, listed=listed, second=PUBLISHED, before=PUBLISHED)


def busy() -> DomainView:
    """Show a master that writes: one replica follows, one lags for two minutes, one loads, one name is unknown."""
    listed = [line(host.name, "OK", 10, None, 12, 1000) for host in HOSTS[1:]]
    listed[3] = line("REPHOST4", "LOADING", 49, None, 289, 3)
    listed.append(line("STRANGER", "RESTING", 49, None, 289, 3))
    outcomes = sound_outcomes(
        REPHOST2={7: 5055, 9: 7919, 15: 1865}, REPHOST3={7: 5001, 9: 7919, 15: 1865}, REPHOST4={7: 12, 9: 7919}
    )
    outcomes[5] = seen(
        "REPHOST5",
        Role.REPLICA,
        PUBLISHED,
        BEGUN + 1,
        unread_lines=(UnreadLine(1, "Welcome"), UnreadLine(2, "to REPHOST5", stands_for=40)),
    )
    return view(
        HOSTS,
        outcomes,
        listed=listed,
        second={7: 5060, 9: 7919, 15: 1865},
        before={7: 5040, 9: 7919, 15: 1865},
        options=ExpositionOptions(tables=Tables.WORST, table_lag=TableLag.ALL),
        insecure=True,
    )


def no_master() -> DomainView:
    """Show a dead master: REPHOST2 is the most advanced server that answers."""
    outcomes = sound_outcomes(REPHOST2={7: 5055, 9: 7919, 15: 1865})
    outcomes[0] = silent("MASTER", BEGUN, FailureReason.TIMEOUT, "no answer within 20 s")
    return view(HOSTS, outcomes)


def two_masters() -> DomainView:
    """A split brain: REPHOST4 reports to be master too."""
    outcomes = sound_outcomes()
    outcomes[4] = seen("REPHOST4", Role.MASTER, PUBLISHED, BEGUN + 1)
    return view(HOSTS, outcomes)


PAGES: Final = {
    "nothing-known-yet": (),
    "published-listing": (published(),),
    "published-incident": (incident(),),
    "busy-worst-tables-only": (busy(),),
    "no-master": (no_master(),),
    "two-masters": (two_masters(),),
}
"""The golden pages by their names."""

if __name__ == "__main__":
    for name, views in PAGES.items():
        (GOLDEN / f"{name}.prom").write_bytes(render(views, INFO).classic)
