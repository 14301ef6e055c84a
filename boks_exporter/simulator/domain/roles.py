"""Role changes: a host becomes or stops being a master, and its daemons start and stop."""

from boks_exporter.model import HostName, Seconds
from boks_exporter.simulator.domain.database import Database
from boks_exporter.simulator.domain.host import SimulatedHost
from boks_exporter.simulator.domain.initial_data import promoted_database
from boks_exporter.simulator.domain.layout import Boksinit
from boks_exporter.simulator.domain.replica_data import Copy, Position
from boks_exporter.simulator.domain.state import SimulatedState
from boks_exporter.simulator.domain.update_flow import connect, cut_off, new_link


def become_master(state: SimulatedState, host: SimulatedHost, database: Database) -> None:
    """Make a host write a database; it lists the registered replicas again."""
    host.role, host.edited_role, host.env_written_at = Boksinit.MASTER, None, state.now
    host.source = None
    host.master_since = state.now
    host.copy = Copy(database, Position(state.now, state.now, 0.0))
    if host.daemons_running:
        database.resume(state.now)
        relist(state, host)
    state.notify(f"master {host.name}")


def promote(state: SimulatedState, host: SimulatedHost) -> None:
    """Make a host a master that continues with the data it has."""
    host.copy.freeze(state.now)
    become_master(state, host, promoted_database(host.copy, state.now, f"{state.seed}/{host.name}/{state.now}"))


def demote(state: SimulatedState, host: SimulatedHost, role: Boksinit) -> None:
    """Make a host a replica or a client; its data stay as they are."""
    if host.role is Boksinit.MASTER and host.copy.database is not None:
        host.copy.database.stop(state.now)
    host.copy.freeze(state.now)
    host.role, host.edited_role, host.env_written_at = role, None, state.now
    host.source, host.links = None, {}


def relist(state: SimulatedState, master: SimulatedHost) -> None:
    """Read the replicas from the database again, as a master does when it starts."""
    listed = [host for host in state.hosts.values() if host.is_registered and host is not master]
    master.links = {host.name: master.links.get(host.name) or new_link(state) for host in listed}


def stop_daemons(state: SimulatedState, host: SimulatedHost) -> None:
    """Stop BoKS on a host."""
    host.daemons_running = False
    if host.role is Boksinit.MASTER and host.copy.database is not None:
        host.copy.database.stop(state.now)
    host.log(state.now, "boks_init: daemons stopped")
    connect(state)


def start_daemons(state: SimulatedState, host: SimulatedHost) -> None:
    """Start BoKS on a host in the role that its ENV says."""
    if host.edited_role is Boksinit.MASTER:
        promote(state, host)
    elif host.edited_role is not None:
        demote(state, host, host.edited_role)
    host.daemons_running = True
    host.is_deaf = False
    host.lost_processes = frozenset()
    host.must_load = host.role is Boksinit.SERVER
    if host.role is Boksinit.MASTER and host.copy.database is not None:
        host.copy.database.resume(state.now)
        relist(state, host)
    host.log(state.now, f"boks_init: daemons started as {host.role}")
    connect(state)
    state.notify(f"start {host.name}")


def restore(state: SimulatedState, master: HostName, seconds: Seconds) -> None:
    """Put a master's database back to what it was some time ago, as from a backup; no other host is changed."""
    host = state.hosts[master]
    if host.copy.database is None or host.role is not Boksinit.MASTER:
        return
    host.copy.database.stop(state.now)
    for replica in state.hosts.values():
        if replica.source == master:
            cut_off(state, replica, host)
    past = Copy(host.copy.database, Position(max(0.0, state.now - seconds)))
    become_master(state, host, promoted_database(past, state.now, f"{state.seed}/{master}/{state.now}"))
    connect(state)
