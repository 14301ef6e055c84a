"""A whole BoKS domain that changes with time, by commands and by faults."""

from collections.abc import Mapping
from typing import Any, Final

from boks_exporter.model import HostName, Seconds, TableNumber
from boks_exporter.simulator.domain.commands import run
from boks_exporter.simulator.domain.fault_effects import clear_fault, set_fault
from boks_exporter.simulator.domain.faults import Fault
from boks_exporter.simulator.domain.files import bring_back, files, files_aside, move_aside
from boks_exporter.simulator.domain.ground_truth import Truth, truth
from boks_exporter.simulator.domain.host import SimulatedHost
from boks_exporter.simulator.domain.initial_data import first_database, table_writes
from boks_exporter.simulator.domain.layout import Boksinit, Layout, Printed
from boks_exporter.simulator.domain.replica_data import Copy, Position
from boks_exporter.simulator.domain.roles import become_master, restore
from boks_exporter.simulator.domain.state import SimulatedState
from boks_exporter.simulator.domain.update_flow import connect

_KEPT_SECONDS: Final[Seconds] = 86400.0
"""How long the instants of single updates are kept; an older missing update counts as that old."""


class SimulatedDomain(SimulatedState):
    """All hosts of one domain; the same layout, seed and calls always give the same history."""

    def __init__(self, layout: Layout, *, seed: int) -> None:
        """Begin at second 0 with every host healthy."""
        database = first_database(layout, seed)
        hosts = {plan.name: SimulatedHost(plan, Copy(database, Position(0.0))) for plan in layout.hosts}
        super().__init__(layout, seed, hosts)
        self._forgotten: Seconds = 0.0
        for host in self.hosts.values():
            if host.role is Boksinit.MASTER:
                become_master(self, host, database)
            elif host.role is Boksinit.CLIENT:
                host.copy = Copy(None, Position(0.0))
        connect(self, settled=True)

    def __repr__(self) -> str:
        return f"<SimulatedDomain {len(self.hosts)} hosts at {self.now:g} s>"

    def advance(self, to: Seconds) -> None:
        """Move the time to `to` and do everything that is due until then; an earlier time changes nothing."""
        while (due := self.agenda.next_before(to)) is not None:
            self.now = max(self.now, due.at)
            due.act()
        self.now = max(self.now, to)
        if self.now - self._forgotten > 2 * _KEPT_SECONDS:
            self._forgotten = self.now - _KEPT_SECONDS
            for host in self.hosts.values():
                if host.copy.database is not None:
                    host.copy.database.forget(self._forgotten)

    def run(self, host: HostName, argv: tuple[str, ...]) -> Printed:
        """Run `boksadm -S <argv>` on a host."""
        return run(self, self.hosts[host], argv)

    def files(self, host: HostName) -> Mapping[str, bytes]:
        """Return the files of a host by their path below the two BoKS directories etc and var."""
        return files(self, self.hosts[host])

    def edit_role(self, host: HostName, role: Boksinit) -> None:
        """Edit BOKSINIT in a host's ENV by hand; what runs there goes on as it is until it is restarted."""
        found = self.hosts[host]
        found.edited_role, found.env_written_at = None if role is found.role else role, self.now

    def remove_data(self, host: HostName) -> None:
        """Remove the database of a host, as `rm *.dat sequence` does."""
        self.notify(f"removing {host}")
        self.hosts[host].copy = Copy(None, Position(self.now))
        self.hosts[host].source = None
        self.notify(f"remove {host}")

    def files_aside(self, host: HostName, name: str) -> list[str]:
        """Return the files of a database that lie in such a directory."""
        return files_aside(self.hosts[host], name)

    def remove_aside(self, host: HostName, name: str) -> None:
        """Remove permanently what was moved aside."""
        self.notify(f"removing {host}")
        del self.hosts[host].aside[name]
        self.notify(f"remove {host}")

    def move_data_aside(self, host: HostName, name: str) -> None:
        """Move the database of a host into a directory next to it, which no daemon reads."""
        move_aside(self, self.hosts[host], name)

    def move_file_aside(self, host: HostName, name: str, file: str) -> None:
        """Move one file of a host's database into such a directory."""
        move_aside(self, self.hosts[host], name, file)

    def bring_data_back(self, host: HostName, name: str) -> None:
        """Move back what was moved aside; no other database is in its place."""
        bring_back(self.hosts[host], name)

    def bring_file_back(self, host: HostName, name: str, file: str) -> None:
        """Move one file back into its place."""
        bring_back(self.hosts[host], name, file)

    def set_fault(self, host: HostName, fault: Fault, **parameters: Any) -> None:
        """Set a fault on a host; one that is set already is cleared first.

        A fault of a replica's data changes nothing on a master, whose data are the measure, nor on a client.
        """
        set_fault(self, self.hosts[host], fault, parameters)

    def clear_fault(self, host: HostName, fault: Fault) -> None:
        """End a fault; one that is not set changes nothing."""
        clear_fault(self, self.hosts[host], fault)

    def lose_processes(self, host: HostName, *names: str) -> None:
        """End single processes of a host; they stay away until its BoKS is restarted."""
        self.hosts[host].lost_processes |= frozenset(names)
        connect(self)

    def connect(self) -> None:
        """Begin or end the flow of updates to every replica, after a host or the network was changed from outside."""
        connect(self)

    def truth(self) -> Truth:
        """Measure the ground truth of this instant."""
        return truth(self)

    def begin_table(self, master: HostName, table: TableNumber, *, rate: float = 0.0) -> None:
        """Make a new table on a master, or a new generation of an existing one."""
        database = self.hosts[master].copy.database
        if database is not None:
            stamp = float(int(self.epoch + self.now))
            writes = table_writes(self.layout, f"{self.seed}/{table}/{self.now}", 1, stamp, rate, self.now)
            database.begin_generation(table, writes)

    def write(self, master: HostName, table: TableNumber, count: int) -> None:
        """Write updates into a master's table now."""
        database = self.hosts[master].copy.database
        writes = database.generation(table, self.now) if database else None
        if writes and count > 0:
            writes.write(self.now, count)

    def restore(self, master: HostName, seconds: Seconds) -> None:
        """Put a master's database back to what it was some time ago, as from a backup."""
        restore(self, master, seconds)
