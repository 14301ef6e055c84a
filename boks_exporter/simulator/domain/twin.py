"""A simulated copy of an observed domain."""

from dataclasses import replace
from random import Random
from typing import Final

from boks_exporter.model import Seconds, Sequence, TableNumber
from boks_exporter.simulator.domain.database import Database, Numbers
from boks_exporter.simulator.domain.domain import SimulatedDomain
from boks_exporter.simulator.domain.host import SimulatedHost
from boks_exporter.simulator.domain.layout import Boksinit, Layout
from boks_exporter.simulator.domain.observed_state import Line, ObservedHost, ObservedState
from boks_exporter.simulator.domain.replica_data import Copy, Position
from boks_exporter.simulator.domain.replica_link import HEARTBEAT, Link, Status
from boks_exporter.simulator.domain.roles import relist
from boks_exporter.simulator.domain.write_history import Piece, Writes

_PAST: Final[tuple[Seconds, Seconds]] = (600.0, 120.0)
"""The span, in seconds before now, in which everything that a replica lacks was written."""

_SEED: Final = 1
_LONG_AGO: Final[Seconds] = 3600.0
"""How long ago the link to a replica broke that is listed as DOWN."""


def twin_of(standing: ObservedState) -> SimulatedDomain:
    """Make a domain in an observed state; raises ValueError for an instant too early to have a past."""
    if standing.now <= _LONG_AGO:
        raise ValueError(f"expected an instant later than {_LONG_AGO:g} s, found {standing.now:g}")
    numbers = standing.numbers()
    layout = Layout(
        hosts=tuple(host.plan for host in standing.hosts),
        tables=tuple(sorted(numbers)),
        writes_per_second=0.0,
        loading_seconds=standing.loading_seconds,
        epoch=standing.epoch,
    )
    domain = SimulatedDomain(layout, seed=_SEED)
    domain.advance(standing.now)
    _Placing(domain, standing, numbers, Random(f"{_SEED}/twin")).place()
    return domain


class _Placing:
    """Puts the hosts of one domain into their observed state."""

    def __init__(self, domain: SimulatedDomain, standing: ObservedState, numbers: Numbers, random: Random) -> None:
        self.domain = domain
        self.standing = standing
        self.now = standing.now
        self.random = random
        self.database = Database(
            {table: [self._writes(table, number, stamp)] for table, (number, stamp) in numbers.items()}
        )

    def place(self) -> None:
        """Place every host, then the links of the masters, then the flow of updates."""
        hosts = self.domain.hosts
        for host in hosts.values():
            host.source, host.links, host.must_load = None, {}, False
        for found in self.standing.hosts:
            self._host(hosts[found.plan.name], found)
        for host in hosts.values():
            if host.role is Boksinit.MASTER:
                self._master(host)
        self.domain.connect()

    def _writes(self, table: TableNumber, high: Sequence, stamp: Seconds) -> Writes:
        """Make a table's past in which every lagging copy has its place."""
        shown = (host.numbers.get(table) for host in self.standing.hosts if host.numbers)
        low = min((mark[0] for mark in shown if mark and mark[1] == stamp and mark[0] < high), default=high)
        began, ended = (self.now - ago for ago in _PAST)
        piece = Piece(began, (ended - began) / max(1, high - low), high - low, low)
        rate = self.standing.rates.get(table, 0.0)
        return Writes.known(Random(f"{self.random.random()}/{table}"), low, piece, stamp, rate=rate, now=self.now)

    def _host(self, host: SimulatedHost, found: ObservedHost) -> None:
        host.daemons_running = found.daemons_running
        host.is_registered = found.is_registered
        host.env_lacks = set(found.env_lacks)
        host.bridge, host.method_conf = found.bridge, found.method_conf
        host.errlog = [(self.now, line) for line in found.errlog]
        if found.met_as is not None:
            host.faults[found.met_as] = {"cut_off": True} if found.is_cut_off else {}
        host.is_deaf = found.line is not None and found.line.status is Status.DOWN and host.can_be_fed
        host.copy = self._copy(host, found)

    def _copy(self, host: SimulatedHost, found: ObservedHost) -> Copy:
        if found.numbers is None:
            return Copy(None, Position(self.now))
        if host.name == self.standing.lead:
            return Copy(self.database, Position(self.now, self.now, 0.0))
        if host.role is Boksinit.MASTER:
            return Copy(self._other_master(found.numbers), Position(self.now, self.now, 0.0))
        return self._replica(found, found.numbers)

    def _replica(self, found: ObservedHost, numbers: Numbers) -> Copy:
        copy = Copy(self.database, Position(self.now))
        copy.absent = set(self.database.tables.keys() - numbers.keys())
        for table, (number, stamp) in numbers.items():
            whole = self.database.number(table, self.now)
            if whole is None or whole[1] != stamp:
                copy.foreign[table] = (number, stamp)
                copy.add_own(table, 0, number)
            elif number > whole[0]:
                copy.surplus[table] = number - whole[0]
                copy.add_own(table, whole[0], number)
            elif number < whole[0]:
                copy.strays[table] = Position(self._reached(table, number))
                copy.stuck |= {table} if found.stuck else set()
        return copy

    def _other_master(self, numbers: Numbers) -> Database:
        """Make the database of a second master: the lead's updates as far as it has them, and its own beyond."""
        tables: dict[TableNumber, list[Writes]] = {}
        for table, (number, stamp) in numbers.items():
            writes = Writes(Random(f"twin/{table}"), number, stamp, rate=0.0, born=-float("inf"))
            lead = self.database.generation(table, self.now)
            if lead is not None and lead.stamp == stamp:
                common = min(number, lead.number(self.now))
                writes.continues(lead.held(common), common)
            tables[table] = [writes]
        return Database(tables)

    def _reached(self, table: TableNumber, number: Sequence) -> Seconds:
        at = self.database.tables[table][-1].written_at(number)
        return self.now - _PAST[0] - 1.0 if at is None else at

    def _master(self, host: SimulatedHost) -> None:
        """Link a master to the replicas that it lists; one that is switched off has no links."""
        is_lead = host.name == self.standing.lead
        host.master_since = self.now if is_lead else 0.0
        if not host.is_working_master or host.copy.database is None:
            if host.copy.database is not None:
                host.copy.database.stop(self.now)
            return
        if not is_lead:
            relist(self.domain, host)
            return
        for found in self.standing.hosts:
            if found.line is not None:
                host.links[found.plan.name] = self._link(found.line)
                self._feed(host, self.domain.hosts[found.plan.name], found.line)

    def _link(self, line: Line) -> Link:
        def ago(seconds: Seconds | None) -> Seconds | None:
            return None if seconds is None else self.now - seconds

        broken_at = self.now - _LONG_AGO if line.status is Status.DOWN else None
        return Link(
            phase=(self.now - (line.since_packet or 0.0)) % HEARTBEAT,
            packets=line.packets,
            up_at=self.now,
            broken_at=broken_at,
            last_failure=ago(line.since_failure),
            last_packet=ago(line.since_packet),
            last_sync=ago(line.since_sync),
        )

    def _feed(self, master: SimulatedHost, replica: SimulatedHost, line: Line) -> None:
        """Feed a replica without loading it again; what it lacks arrives after a heartbeat."""
        if line.status is Status.DOWN or not replica.can_be_fed or replica.copy.database is not self.database:
            return
        since = self.now + HEARTBEAT
        if line.status is Status.LOADING:
            since = self.now + self.standing.loading_seconds
            master.links[replica.name].loading_until = since
        replica.source = master.name
        copy = replica.copy
        copy.position = Position(self.now, since if line.status is Status.LOADING else self.now, replica.delay_seconds)
        for table in copy.strays.keys() - copy.stuck:
            copy.strays[table] = replace(copy.strays[table], since=since, delay=replica.delay_seconds)
