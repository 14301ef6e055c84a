"""Hand-made rounds for tests of comparison and verdicts.

In each round the master M answers at `at`, the replicas one second later, and M again one second after that.
"""

from collections.abc import Mapping
from typing import Final

from boks_exporter.errors import FailureReason
from boks_exporter.health import DomainHealth, HostVerdict, ReplicaState, Thresholds, judge_once, judge_round
from boks_exporter.model import (
    DomainSnapshot,
    Environment,
    Host,
    HostOutcome,
    Listed,
    Listing,
    MasterReading,
    MasterReport,
    Observed,
    ReplicaLine,
    Reply,
    ReportedStatus,
    Role,
    SectionFault,
    SequenceReport,
    TableSequence,
    Unreachable,
)
from boks_exporter.replication import History

Numbers = Mapping[int, int]

STAMP: Final = 13678 * 86400.0
TOOK: Final = 0.25
INTERVAL: Final = 30.0
NUMBERS: Final = {7: 100, 9: 50}


def report(numbers: Numbers, stamps: Mapping[int, float | None] | None = None) -> SequenceReport:
    """Print numbers as `boksdiag sequence` would."""
    stamps = stamps or {}
    return SequenceReport(tuple(TableSequence(t, n, n, stamps.get(t, STAMP)) for t, n in numbers.items()))


def reading(
    numbers: Numbers, at: float, *, host: str = "M", stamps: Mapping[int, float | None] | None = None
) -> MasterReading:
    return MasterReading(host, at, at + TOOK, report(numbers, stamps))


def answers(
    host: str,
    role: Role,
    numbers: Numbers | None,
    at: float = 1.0,
    *,
    stamps: Mapping[int, float | None] | None = None,
    environment: Environment | None = None,
    faults: tuple[SectionFault, ...] = (),
) -> Observed:
    """Make the outcome of a host that answers."""
    word = {Role.MASTER: "master", Role.REPLICA: "server", Role.CLIENT: "client"}.get(role)
    return Observed(
        host=host,
        started_at=at,
        finished_at=at + TOOK,
        reply=Reply("1.0.0", None, ()),
        role=role,
        environment=environment or Environment(word),
        sequences=None if numbers is None else report(numbers, stamps),
        faults=faults,
    )


def silent(host: str, at: float = 1.0, detail: str = "no answer within 20 s") -> Unreachable:
    """Make the outcome of a host that does not answer."""
    return Unreachable(host, at, at + 20.0, FailureReason.TIMEOUT, detail)


def listed(
    server: str, status: str = "OK", *, packet: float | None = 49.0, failure: float | None = None
) -> ReplicaLine:
    """Make one line of the master's list."""
    known = {"OK": ReportedStatus.OK, "DOWN": ReportedStatus.DOWN, "LOADING": ReportedStatus.LOADING}
    return ReplicaLine(server, packet, failure, 289.0, 1000, known.get(status, ReportedStatus.OTHER), status)


def snapshot(
    *outcomes: HostOutcome,
    at: float = 0.0,
    lines: tuple[ReplicaLine, ...] | None = None,
    second: Numbers | None = None,
    stamps: Mapping[int, float | None] | None = None,
    hosts: tuple[Host, ...] | None = None,
    last_master: str | None = None,
    are_simultaneous: bool = True,
) -> DomainSnapshot:
    """Put a round together; `second` are the master's numbers behind the replicas, None if they were not read.

    Several masters reported so twice, the second time after all others had, unless they are not `are_simultaneous`.
    """
    masters = [seen for seen in outcomes if isinstance(seen, Observed) and seen.role is Role.MASTER]
    readings = [MasterReading(m.host, m.started_at, m.finished_at, m.sequences) for m in masters if m.sequences]
    if second is not None:
        readings.append(reading(second, at + 2.0, host=masters[0].host, stamps=stamps))
    known = hosts or tuple(Host(outcome.host, "192.0.2.1") for outcome in outcomes)
    names = {host.name for host in known}
    listing = None
    if len(masters) == 1 and lines is not None:
        entries = tuple(Listed(line, line.server if line.server in names else None) for line in lines)
        listing = Listing(masters[0].host, at + TOOK, entries)
    return DomainSnapshot(
        domain="bank",
        hosts=known,
        outcomes=outcomes,
        started_at=at,
        finished_at=at + 2.5,
        master_readings=tuple(readings),
        listing=listing,
        last_known_master=masters[0].host if len(masters) == 1 else last_master,
        master_reports=(
            *(MasterReport(seen.host, seen.started_at, seen.finished_at) for seen in masters),
            *(MasterReport(seen.host, at + 2.0, at + 2.1) for seen in masters if are_simultaneous),
        ),
    )


def healthy_round(
    master: Numbers,
    *,
    at: float = 0.0,
    second: Numbers | None = None,
    lines: tuple[ReplicaLine, ...] | None = None,
    **replicas: Numbers,
) -> DomainSnapshot:
    """A round of M, the replicas, and M again (the same numbers, unless given)."""
    outcomes = [answers("M", Role.MASTER, master, at)]
    outcomes += [answers(name, Role.REPLICA, numbers, at + 1.0) for name, numbers in replicas.items()]
    known = tuple(listed(name) for name in replicas) if lines is None else lines
    return snapshot(*outcomes, at=at, second=master if second is None else second, lines=known)


class Watch:
    """Judges one round after the other as the poller does, without polling."""

    def __init__(self, thresholds: Thresholds | None = None) -> None:
        self.thresholds = thresholds or Thresholds()
        self.history = History()

    def judge(self, seen: DomainSnapshot) -> DomainHealth:
        """Judge one more round."""
        judged = judge_round(seen, self.history, self.thresholds, exact_to=INTERVAL)
        self.history = judged.history
        return judged.health


def judge_one_shot(seen: DomainSnapshot, thresholds: Thresholds | None = None) -> DomainHealth:
    """Judge a one-shot poll."""
    return judge_once(seen, thresholds or Thresholds()).health


def of_replica(outcome: HostOutcome, *lines: ReplicaLine) -> HostVerdict:
    """Judge R1 in a one-shot poll with a master that lists it as given."""
    master = answers("M", Role.MASTER, NUMBERS, 0.0)
    return judge_one_shot(snapshot(master, outcome, second=NUMBERS, lines=lines)).host("R1")


def summary(verdict: HostVerdict) -> tuple[ReplicaState, str, tuple[str, ...]]:
    """Return a host's state, reason and evidence."""
    return verdict.state, verdict.reason, verdict.evidence
