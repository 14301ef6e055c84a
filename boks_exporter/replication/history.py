"""What earlier rounds recorded: when each of the master's numbers first showed, each replica's numbers, roles."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeAlias

from boks_exporter.model import DomainSnapshot, HostName, Observed, Role, Seconds, Sequence, TableNumber, Timestamp
from boks_exporter.replication.brackets import Timed
from boks_exporter.replication.common_forms import ROUNDS, counted
from boks_exporter.replication.discovered import DiscoveredHost, keep_discovered, keep_unresolved
from boks_exporter.replication.evidence import NO_EVIDENCE, Clearance, Condition, CopyEvidence, Findings, carried_on
from boks_exporter.replication.master_terms import Marks, MasterTerm, PreviousRound, continue_terms
from boks_exporter.replication.table_history import Age, TableHistory

Floor: TypeAlias = Mapping[TableNumber, Sequence]
Stamps: TypeAlias = Mapping[TableNumber, Seconds | None]
Tables: TypeAlias = Mapping[TableNumber, TableHistory]


@dataclass(frozen=True)
class History:
    """The recorded past of a domain; an empty one answers None, never zero."""

    tables: Tables = field(default_factory=lambda: MappingProxyType({}))
    master: HostName | None = None
    """The host that `tables` were read from."""
    floors: Mapping[HostName, Floor] = field(default_factory=lambda: MappingProxyType({}))
    """Each replica's numbers when it was last read."""
    roles: Mapping[HostName, Role] = field(default_factory=lambda: MappingProxyType({}))
    lasting: Mapping[tuple[HostName, Condition], Timestamp] = field(default_factory=lambda: MappingProxyType({}))
    """Which conditions were there when they could be judged last, and when that was."""
    gone_back: frozenset[HostName] = frozenset()
    """Replicas with a number lower than in the round before: they reload their copy, whatever the list says yet."""
    stamps: Mapping[HostName, Stamps] = field(default_factory=lambda: MappingProxyType({}))
    """The stamps next to `floors`; those of older versions' state files are not known."""
    forms: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """Forms of unread lines that all servers print, with the number of successive rounds."""
    evidence: Mapping[HostName, CopyEvidence] = field(default_factory=lambda: MappingProxyType({}))
    """What is proven of each copy and not cleared."""
    clearances: Mapping[Clearance, Timestamp] = field(default_factory=lambda: MappingProxyType({}))
    """What has cleared evidence, with its time by this exporter's clock: it moves along with a step."""
    addresses: Mapping[HostName, str] = field(default_factory=lambda: MappingProxyType({}))
    """Address and port of the hosts with evidence, and of the masters."""
    undecided: Mapping[HostName, Mapping[TableNumber, Timestamp]] = field(default_factory=lambda: MappingProxyType({}))
    """Tables whose bounds leave open whether the copy is ahead, and since when."""
    terms: Mapping[HostName, MasterTerm] = field(default_factory=lambda: MappingProxyType({}))
    """The hosts that are master, or were when they last answered."""
    discovered: Mapping[HostName, DiscoveredHost] = field(default_factory=lambda: MappingProxyType({}))
    """Hosts that the master's list named and the configuration does not."""
    failing: Mapping[HostName, Timestamp] = field(default_factory=lambda: MappingProxyType({}))
    """The first failed poll of each host since it last answered."""
    unresolved: Mapping[str, Timestamp] = field(default_factory=lambda: MappingProxyType({}))
    """The servers in the master's last list that match no known host, and when it was read."""
    begun_at: Timestamp | None = None
    """The first recorded round: evidence from before it does not exist."""
    recorded_at: Timestamp | None = None
    """The last recorded round."""

    @property
    def common_forms(self) -> frozenset[str]:
        """The forms that all servers have printed for so many rounds that they hide no row."""
        return frozenset(form for form, rounds in self.forms.items() if rounds >= ROUNDS)

    @property
    def is_empty(self) -> bool:
        """Return whether no round was recorded, as in a one-shot poll."""
        return not self.roles

    def age_of_missing(self, table: TableNumber, sequence: Sequence, seen: Timed) -> Age | None:
        """Return the age of the first update after `sequence`; None where this table's past is not known at all."""
        known = self.tables.get(table)
        return known.age_of_missing(sequence, seen.started_at, seen.finished_at) if known else None

    def stamp_age(self, table: TableNumber, now: Timestamp) -> Seconds | None:
        """Return the proven age of this table's stamp on the master."""
        known = self.tables.get(table)
        return now - known.since if known else None

    def is_new(self, table: TableNumber) -> bool:
        """Return whether the master was seen without this table, or with another stamp of it, before."""
        return table in self.tables and self.tables[table].is_new

    def has(self, host: HostName, condition: Condition) -> bool:
        """Return whether a condition was there when it could be judged last."""
        return (host, condition) in self.lasting

    def evidence_of(self, host: HostName) -> CopyEvidence:
        """Return what is proven of a copy and not cleared; empty where there is nothing."""
        return self.evidence.get(host) or NO_EVIDENCE

    def is_apart(self, host: HostName) -> bool:
        """Return whether anything is proven of a copy and not cleared."""
        return bool(self.evidence.get(host))

    def without_ages(self, now: Timestamp) -> "History":
        """Drop the times by which updates have an age, as after a reboot with a clock that was wrong.

        All others count as if the last round were now: evidence of the future could not be cleared until then.
        """
        moved = self if self.recorded_at is None else self.shifted(now - self.recorded_at)
        return replace(moved, tables={}, undecided={}, lasting={})

    def shifted(self, by: Seconds) -> "History":
        """Move all times by a step of the exporter's clock, which would otherwise age every update."""
        return replace(
            self,
            tables={table: known.shifted(by) for table, known in self.tables.items()},
            lasting={key: seen_at + by for key, seen_at in self.lasting.items()},
            evidence={host: known.shifted(by) for host, known in self.evidence.items()},
            clearances={entry: at + by for entry, at in self.clearances.items()},
            undecided={
                host: {table: since + by for table, since in tables.items()} for host, tables in self.undecided.items()
            },
            terms={host: term.shifted(by) for host, term in self.terms.items()},
            discovered={host: known.shifted(by) for host, known in self.discovered.items()},
            failing={host: at + by for host, at in self.failing.items()},
            unresolved={server: at + by for server, at in self.unresolved.items()},
            begun_at=None if self.begun_at is None else self.begun_at + by,
            recorded_at=None if self.recorded_at is None else self.recorded_at + by,
        )


def advance(history: History, snapshot: DomainSnapshot) -> History:
    """Record a round: the master's numbers, each replica's numbers, roles."""
    tables = _tables(history, snapshot)
    floors = _floors(history.floors, snapshot)
    roles = _roles(history.roles, snapshot)
    return replace(
        history,
        tables=_pruned(tables, _waited_for(snapshot, floors, roles)),
        master=snapshot.master or history.master,
        floors=floors,
        roles=roles,
        lasting={key: seen_at for key, seen_at in history.lasting.items() if roles.get(key[0]) is Role.REPLICA},
        stamps=_stamps(history.stamps, floors, snapshot),
        forms=counted(history.forms, snapshot),
        terms=continue_terms(history.terms, snapshot, _before(history, snapshot)),
        discovered=keep_discovered(history.discovered, snapshot),
        failing=_failing(history.failing, snapshot),
        unresolved=keep_unresolved(history.unresolved, snapshot),
        begun_at=snapshot.started_at if history.begun_at is None else history.begun_at,
        recorded_at=snapshot.finished_at,
        gone_back=frozenset(seen.host for seen in _replicas(snapshot) if _went_back(history, seen)),
    )


def remember(history: History, findings: Findings, now: Timestamp) -> History:
    """Record this round's findings, so that the next round recognises what was seen before."""
    return replace(history, lasting=carried_on(history.lasting, findings, now))


def _tables(history: History, snapshot: DomainSnapshot) -> Tables:
    """Record the master's numbers; with two masters, those of the earlier one.

    It may be the only master again, and what it wrote or restored meanwhile must be known.
    """
    master = snapshot.master or (history.master if history.master in snapshot.masters else None)
    tables = dict(_handed_over(history, master))
    is_known = bool(history.tables) and history.master == master
    for reading in snapshot.master_readings:
        if reading.host == master:
            for row in reading.sequences.tables:
                known = tables.get(row.table)
                tables[row.table] = (
                    known.read(row, reading) if known else TableHistory.begin(row, reading, is_new=is_known)
                )
            if not reading.sequences.unread_lines:
                for table in tables.keys() - reading.sequences.numbers.keys():
                    tables[table] = tables[table].absent(reading)
        is_known = is_known or reading.host == master
    return tables


def _handed_over(history: History, master: HostName | None) -> Tables:
    """Carry the history over to a new master, up to what it had as a replica.

    Numbers that it had not got then may be the old master's, received in the meantime, or its own, given out a second
    time: their age is not known. A table in which it was proven ahead has its own updates under the old master's
    numbers. A master that was never seen as a replica starts with an empty history.
    """
    if master is None or history.master in {None, master}:
        return history.tables
    floor, leads = history.floors.get(master, {}), history.evidence_of(master).leads
    recent = () if master in history.failing else history.stamps.get(master, ())
    carried: dict[TableNumber, TableHistory] = {}
    for table in history.tables.keys() & floor.keys():
        known = history.tables[table]
        if kept := known.up_to(floor[table], read_by=history.recorded_at, is_recent=table in recent):
            carried[table] = kept.without_bounds() if table in leads else kept
    return carried


def _floors(known: Mapping[HostName, Floor], snapshot: DomainSnapshot) -> dict[HostName, Floor]:
    """Record each replica's last numbers; a client or a master is not waited for."""
    floors = {host.name: known[host.name] for host in snapshot.hosts if host.name in known}
    for seen in snapshot.observed():
        if seen.role is Role.REPLICA and seen.sequences:
            read, is_whole = seen.sequences.numbers, not seen.sequences.unread_lines
            floors[seen.host] = read if is_whole else {**floors.get(seen.host, {}), **read}
        elif seen.role in {Role.MASTER, Role.CLIENT}:
            floors.pop(seen.host, None)
    return floors


def _roles(known: Mapping[HostName, Role], snapshot: DomainSnapshot) -> dict[HostName, Role]:
    roles = {host.name: known[host.name] for host in snapshot.hosts if host.name in known}
    return roles | {seen.host: seen.role for seen in snapshot.observed() if seen.role is not Role.UNKNOWN}


def _failing(known: Mapping[HostName, Timestamp], snapshot: DomainSnapshot) -> dict[HostName, Timestamp]:
    failed = (outcome for outcome in snapshot.outcomes if not isinstance(outcome, Observed))
    return {outcome.host: known.get(outcome.host, outcome.started_at) for outcome in failed}


def _before(history: History, snapshot: DomainSnapshot) -> PreviousRound:
    """Return what is recorded of the hosts that report to be master now."""
    marks: dict[HostName, Marks] = {}
    for seen in snapshot.observed():
        if seen.role is Role.MASTER and seen.host in history.floors:
            stamps = history.stamps.get(seen.host, {})
            floor = history.floors[seen.host]
            marks[seen.host] = {table: (sequence, stamps.get(table)) for table, sequence in floor.items()}
    return PreviousRound(history.master, marks, history.recorded_at)


def _replicas(snapshot: DomainSnapshot) -> Iterator[Observed]:
    return (seen for seen in snapshot.observed() if seen.role is Role.REPLICA and seen.sequences)


def _stamps(
    known: Mapping[HostName, Stamps], hosts: Collection[HostName], snapshot: DomainSnapshot
) -> Mapping[HostName, Stamps]:
    """Record the stamps of each replica's tables."""
    kept = {host: known[host] for host in hosts if host in known}
    read = {seen.host: seen.sequences for seen in _replicas(snapshot)}
    return kept | {host: rows.stamps for host, rows in read.items() if rows}


def _went_back(history: History, seen: Observed) -> bool:
    """Return whether a number is lower than before; a new generation begins low without having gone back."""
    if seen.sequences and history.floors.get(seen.host) is seen.sequences.numbers:
        return False
    rows = seen.sequences.by_table() if seen.sequences else {}
    stamps = history.stamps.get(seen.host, {})
    for table, sequence in history.floors.get(seen.host, {}).items():
        row = rows.get(table)
        if row is None:
            if not (seen.sequences and seen.sequences.unread_lines):
                return True
        elif row.sequence < sequence and stamps.get(table, row.stamp) == row.stamp:
            return True
    return False


def _waited_for(
    snapshot: DomainSnapshot, floors: Mapping[HostName, Floor], roles: Mapping[HostName, Role]
) -> Iterator[Floor]:
    """Yield every replica's numbers; a replica that was never read may lack everything."""
    for host in snapshot.hosts:
        if host.name in floors:
            yield floors[host.name]
        elif roles.get(host.name, Role.REPLICA) is Role.REPLICA:
            yield {}


def _pruned(tables: Tables, waited_for: Iterable[Floor]) -> Tables:
    floors = {id(floor): floor for floor in waited_for}.values()  # equal outputs share theirs
    return {table: known.pruned([floor.get(table, -1) for floor in floors]) for table, known in tables.items()}
