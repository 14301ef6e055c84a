"""A whole BoKS domain that changes with time, by commands and by faults."""

from collections.abc import Callable, Iterable, Mapping
from random import Random
from types import MappingProxyType
from typing import Any, Final

from boks_exporter.model import HostName, Seconds, TableNumber
from boks_exporter.simulator.domain.command_result import Printed
from boks_exporter.simulator.domain.commands import run
from boks_exporter.simulator.domain.database import Database
from boks_exporter.simulator.domain.fault_effects import CLEARED, OF_REPLICAS, SET
from boks_exporter.simulator.domain.faults import Connectivity, Fault
from boks_exporter.simulator.domain.files import files
from boks_exporter.simulator.domain.ground_truth import Truth
from boks_exporter.simulator.domain.ground_truth_reader import truth
from boks_exporter.simulator.domain.host import SimulatedHost
from boks_exporter.simulator.domain.initial_data import first_database, promoted_database, table_writes
from boks_exporter.simulator.domain.layout import Boksinit, Layout
from boks_exporter.simulator.domain.replica_data import Copy, Position
from boks_exporter.simulator.domain.scheduler import Agenda
from boks_exporter.simulator.domain.update_flow import connect, cut_off, follow, new_link

_KEPT_SECONDS: Final[Seconds] = 86400.0
"""So long the instants of single updates are kept; what a replica lacks longer counts as that old."""


class SimulatedDomain:
    """All hosts of one domain; the same layout, seed and calls always give the same history."""

    def __init__(self, layout: Layout, *, seed: int) -> None:
        """Begin at second 0 with everything sound."""
        self.layout = layout
        self.seed = seed
        self.now: Seconds = 0.0
        self.epoch = layout.epoch
        self.random = Random(f"{seed}/domain")
        self.bridge_addresses = ",".join(plan.address for plan in layout.hosts)
        self.agenda = Agenda()
        self.observers: list[Callable[[str], None]] = []
        self._forgotten: Seconds = 0.0
        database = first_database(layout, seed)
        self._hosts = {plan.name: SimulatedHost(plan, Copy(database, Position(0.0))) for plan in layout.hosts}
        for host in self._hosts.values():
            if host.role is Boksinit.MASTER:
                self.become_master(host, database)
            elif host.role is Boksinit.CLIENT:
                host.copy = Copy(None, Position(0.0))
        self.connect(settled=True)

    def __repr__(self) -> str:
        """Tell the time and the size."""
        return f"<SimulatedDomain {len(self._hosts)} hosts at {self.now:g} s>"

    @property
    def hosts(self) -> Mapping[HostName, SimulatedHost]:
        """Give the hosts by name."""
        return MappingProxyType(self._hosts)

    def advance(self, to: Seconds) -> None:
        """Let time pass until `to`, with all that is due until then; a time that is over already changes nothing."""
        while (due := self.agenda.next_before(to)) is not None:
            self.now = max(self.now, due.at)
            due.act()
        self.now = max(self.now, to)
        if self.now - self._forgotten > 2 * _KEPT_SECONDS:
            self._forgotten = self.now - _KEPT_SECONDS
            for host in self._hosts.values():
                if host.copy.database is not None:
                    host.copy.database.forget(self._forgotten)

    def run(self, host: HostName, argv: tuple[str, ...]) -> Printed:
        """Do and print what `boksadm -S <argv>` does on a host now."""
        return run(self, self._hosts[host], argv)

    def files(self, host: HostName) -> Mapping[str, bytes]:
        """Give the files of a host as they are now, by their path below the two BoKS directories etc and var."""
        return files(self, self._hosts[host])

    def remove_data(self, host: HostName) -> None:
        """Remove the database of a host, as `rm *.dat sequence` does."""
        self.tell(f"remove {host}")
        self._hosts[host].copy = Copy(None, Position(self.now))
        self._hosts[host].source = None

    def move_data_aside(self, host: HostName, name: str) -> None:
        """Move the database of a host into a directory beside it, where no daemon looks."""
        self.tell(f"move aside {host}")
        simulated = self._hosts[host]
        simulated.copy.freeze(self.now)
        simulated.aside[name], simulated.copy, simulated.source = simulated.copy, Copy(None, Position(self.now)), None

    def bring_data_back(self, host: HostName, name: str) -> None:
        """Move back what was moved aside; nothing stands in its place."""
        self._hosts[host].copy = self._hosts[host].aside.pop(name)

    def tell(self, event: str) -> None:
        """Let the observers look: a removal is told before it happens, everything else when it has happened."""
        for observer in self.observers:
            observer(event)

    def connectivity(self, host: HostName) -> Connectivity:
        """Tell what somebody who connects to a host meets."""
        return self._hosts[host].connectivity

    def set_fault(self, host: HostName, fault: Fault, **parameters: Any) -> None:
        """Let something go wrong; a fault that is set already is cleared first.

        What only a replica's data can suffer changes nothing on a master, whose data are the measure, nor on a client.
        """
        if fault in self._hosts[host].faults:
            self.clear_fault(host, fault)
        self._hosts[host].faults[fault] = parameters
        if fault in SET and (fault not in OF_REPLICAS or self._hosts[host].role is Boksinit.SERVER):
            SET[fault](self, self._hosts[host], parameters)
        self.connect()

    def clear_fault(self, host: HostName, fault: Fault) -> None:
        """Let something be right again; a fault that is not set changes nothing."""
        if fault not in self._hosts[host].faults:
            return
        parameters = self._hosts[host].faults.pop(fault)
        if fault in CLEARED:
            CLEARED[fault](self, self._hosts[host], parameters)
        self.connect()

    def truth(self) -> Truth:
        """Tell what is really so now."""
        return truth(self)

    def masters(self) -> tuple[HostName, ...]:
        """Name the hosts that are switched on and whose ENV says master."""
        return tuple(
            host.name
            for host in self._hosts.values()
            if host.role is Boksinit.MASTER and Fault.MASTER_DEAD not in host.faults
        )

    def begin_table(self, master: HostName, table: TableNumber, *, rate: float = 0.0) -> None:
        """Make a new table on a master, or give one that is there a new generation."""
        database = self._hosts[master].copy.database
        if database is not None:
            stamp = float(int(self.epoch + self.now))
            writes = table_writes(self.layout, f"{self.seed}/{table}/{self.now}", 1, stamp, rate, self.now)
            database.begin_generation(table, writes)

    def restore(self, master: HostName, seconds: Seconds) -> None:
        """Put a master's database back to what it was some time ago, as from a backup; no other host is changed."""
        host = self._hosts[master]
        if host.copy.database is None or host.role is not Boksinit.MASTER:
            return
        host.copy.database.stop(self.now)
        for replica in self._hosts.values():
            if replica.source == master:
                cut_off(self, replica, host)
        past = Copy(host.copy.database, Position(max(0.0, self.now - seconds)))
        self.become_master(host, promoted_database(past, self.now, f"{self.seed}/{master}/{self.now}"))
        self.connect()

    # -- what commands and faults do to a host -----------------------------------------------------------------------

    def become_master(self, host: SimulatedHost, database: Database) -> None:
        """Let a host write, and list the registered replicas anew."""
        host.role = Boksinit.MASTER
        host.source = None
        host.master_since = self.now
        host.copy = Copy(database, Position(self.now, self.now, 0.0))
        if host.daemons_running:
            database.resume(self.now)
            self.relist(host)
        self.tell(f"master {host.name}")

    def promote(self, host: SimulatedHost) -> None:
        """Let a host go on as a master with the data that it has."""
        host.copy.freeze(self.now)
        self.become_master(host, promoted_database(host.copy, self.now, f"{self.seed}/{host.name}/{self.now}"))

    def demote(self, host: SimulatedHost, role: Boksinit) -> None:
        """Let a host be no master any more; its data stay as they are."""
        if host.role is Boksinit.MASTER and host.copy.database is not None:
            host.copy.database.stop(self.now)
        host.copy.freeze(self.now)
        host.role, host.source, host.links = role, None, {}

    def relist(self, master: SimulatedHost) -> None:
        """Read the replicas from the database again, as a master does when it starts."""
        listed = [host for host in self._hosts.values() if host.is_registered and host is not master]
        master.links = {host.name: master.links.get(host.name) or new_link(self) for host in listed}

    def stop_daemons(self, host: SimulatedHost) -> None:
        """Stop BoKS on a host."""
        host.daemons_running = False
        if host.role is Boksinit.MASTER and host.copy.database is not None:
            host.copy.database.stop(self.now)
        host.log(self.now, "boks_init: daemons stopped")
        self.connect()

    def start_daemons(self, host: SimulatedHost) -> None:
        """Start BoKS on a host in the role that its ENV says."""
        host.daemons_running = True
        host.is_deaf = False
        host.must_load = host.role is Boksinit.SERVER
        if host.role is Boksinit.MASTER and host.copy.database is not None:
            host.copy.database.resume(self.now)
            self.relist(host)
        host.log(self.now, f"boks_init: daemons started as {host.role}")
        self.connect()
        self.tell(f"start {host.name}")

    def connect(self, *, settled: bool = False) -> None:
        """Begin or end the flow of updates to every replica, as things are now."""
        connect(self, settled=settled)

    def follow(self, replica: SimulatedHost) -> None:
        """Let a replica that is fed follow at the pace that it has now."""
        follow(self, replica)

    def tables_or_busiest(self, host: SimulatedHost, parameters: Mapping[str, Any]) -> Iterable[TableNumber]:
        """Read the tables that a fault is about."""
        if "tables" in parameters:
            return tuple(parameters["tables"])
        return tuple(host.copy.database.busiest())[:1] if host.copy.database else ()
