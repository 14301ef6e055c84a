"""Everything that a plan rests on, seen at about one instant and frozen together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Final

from boks_exporter.errors import FailureReason
from boks_exporter.failover.journal_facts import DeclaredLost, ForkPoint, JournalView, Numbers
from boks_exporter.health import DomainHealth
from boks_exporter.model import (
    DomainSnapshot,
    Host,
    HostName,
    Observed,
    Reach,
    Role,
    TableNumber,
    Timestamp,
    Unreachable,
)
from boks_exporter.parsing.operator_facts import Daemons, GateReadiness
from boks_exporter.replication import CopyEvidence, DomainComparison, NotCompared
from boks_exporter.replication.not_compared import hidden_in

_ANSWERED: Final = frozenset(
    {
        FailureReason.AUTH,
        FailureReason.HOST_KEY,
        FailureReason.CHANNEL,
        FailureReason.EXIT_STATUS,
        FailureReason.PARSE,
        FailureReason.TOO_LARGE,
        FailureReason.BUSY,
    }
)
"""Failures of a poll that only a running machine causes."""


@dataclass(frozen=True, slots=True)
class GateFacts:
    """The operator's gate of a host; without a readiness, `failure` states why it has none."""

    host: HostName
    readiness: GateReadiness | None
    failure: str = ""
    reason: FailureReason | None = None

    @property
    def is_stopped(self) -> bool:
        """Whether BoKS is known to be stopped there."""
        return self.readiness is not None and self.readiness.daemons is Daemons.STOPPED


@dataclass(frozen=True, slots=True)
class Witness:
    """A replica's attempt to connect to the master's port of another host, `about`."""

    host: HostName
    reach: Reach
    detail: str = ""
    about: HostName = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """Earlier sequence numbers of a server, with their time and source.

    `is_final`: nothing was written there after it. It was a replica, which only copies, or BoKS was stopped on it.
    """

    host: HostName
    numbers: Numbers
    read_at: Timestamp
    source: str
    is_final: bool = False
    unread: tuple[NotCompared, ...] = ()
    """Tables that are, or may be, in lines that could not be read."""


@dataclass(frozen=True)
class FailoverFacts:
    """The facts of one round through both gates.

    `registered` are the replicas by the master's database, None where it could not be read. `readings` are the last
    numbers of each server from before. `evidence` is what is proven of copies that are ahead, were ahead or diverged.
    On `still` ones BoKS was stopped in this round and in the one before: what they show was not written between the
    two. `last_roles` are the roles when each host answered last. `knowledge_gap` states why nothing is known from
    before. `has_fence`: a fence is configured.
    """

    snapshot: DomainSnapshot
    comparison: DomainComparison
    health: DomainHealth
    seen_at: Timestamp
    gates: Mapping[HostName, GateFacts] = field(default_factory=lambda: MappingProxyType({}))
    witnesses: tuple[Witness, ...] = ()
    registered: tuple[str, ...] | None = None
    readings: Mapping[HostName, Reading] = field(default_factory=lambda: MappingProxyType({}))
    journal: JournalView = field(default_factory=JournalView)
    evidence: Mapping[HostName, CopyEvidence] = field(default_factory=lambda: MappingProxyType({}))
    common_forms: frozenset[str] = frozenset()
    """Forms of unread lines that all servers print alike, which hide no table that is shown."""
    still: frozenset[HostName] = frozenset()
    last_roles: Mapping[HostName, Role] = field(default_factory=lambda: MappingProxyType({}))
    knowledge_gap: str = ""
    evidence_since: Timestamp | None = None
    """The first round of which the state file knows; nothing that was proven before it is known."""
    has_fence: bool = False
    reached_before: Mapping[tuple[HostName, HostName], Timestamp] = field(default_factory=lambda: MappingProxyType({}))
    """When a host last reached the master's port of another, by both names."""
    seen_forks: tuple[ForkPoint, ...] = ()
    """The fork points of changes of master that the exporter saw."""
    failing_since: Mapping[HostName, Timestamp] = field(default_factory=lambda: MappingProxyType({}))
    """The first failed poll of each host since it last answered."""
    masters_since: Mapping[HostName, Timestamp] = field(default_factory=lambda: MappingProxyType({}))
    """When each master was first seen as one."""
    known_servers: dict[str, Timestamp] = field(default_factory=dict)
    """Servers that a master's list or another configuration named earlier, and when."""

    def host(self, name: HostName) -> Host | None:
        return self.snapshot.host(name)

    def seen(self, name: HostName) -> Observed | None:
        """Find what a host answered; None where it did not."""
        outcome = self.snapshot.outcome(name)
        return outcome if isinstance(outcome, Observed) else None

    def role(self, name: HostName) -> Role:
        seen = self.seen(name)
        return seen.role if seen else Role.UNKNOWN

    def readiness(self, name: HostName) -> GateReadiness | None:
        facts = self.gates.get(name)
        return facts.readiness if facts else None

    def own_name(self, name: HostName) -> str:
        """Return what the machine of a host calls itself in this round; empty where it did not answer."""
        readiness, seen = self.readiness(name), self.seen(name)
        return (readiness.hostname if readiness else "") or ((seen.reply.machine or "") if seen else "")

    def daemons(self, name: HostName) -> Daemons:
        readiness = self.readiness(name)
        return readiness.daemons if readiness else Daemons.UNKNOWN

    def numbers(self, name: HostName) -> Numbers | None:
        seen = self.seen(name)
        if seen is None or seen.sequences is None:
            return None
        return {row.table: (row.sequence, row.stamp) for row in seen.sequences.tables}

    def reading(self, name: HostName) -> Reading | None:
        """Return a server's numbers of this round as a reading."""
        seen, numbers = self.seen(name), self.numbers(name)
        if seen is None or not numbers or seen.role not in {Role.MASTER, Role.REPLICA}:
            return None
        is_final = seen.role is Role.REPLICA or name in self.still
        return Reading(name, numbers, seen.started_at, "read just now", is_final, self.unread(name))

    @cached_property
    def _known_tables(self) -> frozenset[TableNumber]:
        """The tables that any server shows or showed."""
        shown = [self.numbers(seen.host) or {} for seen in self.snapshot.observed()]
        earlier = [reading.numbers for reading in self.readings.values()]
        return frozenset(table for numbers in (*shown, *earlier) for table in numbers)

    def unread(self, name: HostName) -> tuple[NotCompared, ...]:
        """Find the tables of a server that are, or may be, in lines that could not be read.

        Lines that the configuration ignores count as well: that they hide nothing is accepted for each run by name.
        """
        seen = self.seen(name)
        reports = [reading.sequences for reading in self.snapshot.master_readings if reading.host == name]
        if seen is not None and seen.sequences is not None:
            reports.append(seen.sequences)
        known, common = self._known_tables, self.common_forms
        hidden = (hidden_in(name, report, common, known, with_ignored=True) for report in reports)
        found = {each.table: each for tables in hidden for each in tables}
        return tuple(found.values())

    def latest_numbers(self, name: HostName) -> Numbers | None:
        """Return a master's numbers by its last reading of this round, which is later than all that replicas show.

        Compared with the first, a replica of a busy master seems to have updates that the master lacks.
        """
        read = [reading for reading in self.snapshot.master_readings if reading.host == name]
        if not read:
            return self.numbers(name)
        latest = max(read, key=lambda reading: reading.finished_at)
        return {row.table: (row.sequence, row.stamp) for row in latest.sequences.tables}

    @property
    def forks(self) -> tuple[ForkPoint, ...]:
        """The fork points of the journal, and those that the exporter saw of changes that are not journaled."""
        own = self.journal.forks
        return (*own, *(fork for fork in self.seen_forks if not any(each.is_of_change(fork) for each in own)))

    @property
    def changes(self) -> tuple[ForkPoint, ...]:
        """The fork points in the order of their times."""
        return tuple(sorted(self.forks, key=lambda fork: fork.at))

    @property
    def old_master(self) -> HostName | None:
        """The last known master, where no host is master now."""
        return None if self.snapshot.masters else self.snapshot.last_known_master

    @property
    def possible_masters(self) -> tuple[HostName, ...]:
        """The hosts that were master when they were last seen, and whose present role is unknown.

        Each counts as a running master until it is seen otherwise, fenced, or accepted as lost.
        """
        names = [host.name for host in self.snapshot.hosts]
        last = self.snapshot.last_known_master
        if last is not None and last not in names:
            names.append(last)
        return tuple(name for name in names if self.role(name) is Role.UNKNOWN and self._was_master(name))

    def _was_master(self, name: HostName) -> bool:
        roles = {known[name] for known in (self.last_roles, self.journal.last_roles) if name in known}
        return Role.MASTER in roles if roles else name == self.snapshot.last_known_master

    def why_unknown(self, name: HostName) -> str:
        outcome = self.snapshot.outcome(name)
        if outcome is None:
            return "it is not in the configuration"
        return "its role could not be read" if isinstance(outcome, Observed) else outcome.detail

    def is_unchanged_since(self, run: str | None, name: HostName) -> bool:
        """Return whether a host proves that nothing has written its role since the last change that a run made there.

        Between two readings of a stopped host it can have been made master by hand, have written, and be stopped again.
        """
        readiness = self.readiness(name)
        last = readiness.unchanged_since if readiness else None
        return last is not None and last.partition(".")[0] == run

    def has_role_of_run(self, name: HostName) -> bool:
        """Return whether a host has the role that a run of this journal gave it, and its ENV was not written since."""
        run = self.journal.converted_by.get(name) if self.journal.last_roles.get(name) is self.role(name) else None
        return self.is_unchanged_since(run, name)

    def is_up(self, name: HostName) -> bool:
        """Return whether the machine of a host is proven to be up, though its role is unknown."""
        outcome = self.snapshot.outcome(name)
        responds = {Reach.REFUSED, Reach.REACHABLE}
        has_responded = any(each.about == name and each.reach in responds for each in self.witnesses)
        return has_responded or (isinstance(outcome, Unreachable) and outcome.reason in _ANSWERED)

    def sign_of_life(self, name: HostName) -> str:
        """Return how the machine of a host shows that it is up; empty where it does not."""
        if self.seen(name) is not None or self.readiness(name) is not None:
            return f"{name} answers"
        outcome = self.snapshot.outcome(name)
        why = f": {outcome.detail}" if isinstance(outcome, Unreachable) else ""
        return f"the machine of {name} is up{why}" if self.is_up(name) else ""

    def lost(self, name: HostName) -> DeclaredLost | None:
        """Return the declaration that a host is lost, unless its machine has given a sign of life since."""
        declared, last = self.journal.lost.get(name), self.readings.get(name)
        was_read_since = declared is not None and last is not None and last.read_at > declared.at
        is_of_future = declared is not None and declared.at > self.seen_at
        return None if self.sign_of_life(name) or was_read_since or is_of_future else declared

    @property
    def lost_that_answer(self) -> tuple[HostName, ...]:
        """The hosts that were declared lost and answer again."""
        return tuple(name for name in self.journal.lost if self.seen(name) is not None)
