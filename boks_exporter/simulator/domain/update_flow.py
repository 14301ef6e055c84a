"""Replication from a master to its replicas: the flow of updates begins, follows and breaks."""

import math
from typing import Final

from boks_exporter.model import Seconds
from boks_exporter.simulator.domain.faults import Fault
from boks_exporter.simulator.domain.host import SimulatedHost
from boks_exporter.simulator.domain.replica_data import Copy, Loading, Position
from boks_exporter.simulator.domain.replica_link import HEARTBEAT, Link
from boks_exporter.simulator.domain.state import SimulatedState

_NEVER_FAILED: Final = 0.2
"""The share of replicas that had no failure since the domain was set up."""


def connect(state: SimulatedState, *, settled: bool = False) -> None:
    """Begin or end the flow of updates to every replica."""
    for replica in state.hosts.values():
        source = _source(state, replica)
        if source is None:
            cut_off(state, replica, state.hosts.get(replica.source or ""))
        elif source.name != replica.source or replica.must_load:
            cut_off(state, replica, state.hosts.get(replica.source or ""))
            _feed(state, replica, source, settled=settled)
    for master in state.hosts.values():
        _give_up_the_unfed(state, master)


def follow(state: SimulatedState, replica: SimulatedHost) -> None:
    """Apply a replica's current delay to the updates that it receives."""
    if replica.source is not None:
        since = max(state.now, _link_to(state, replica).loading_until)
        replica.copy.follow(state.now, replica.delay_seconds, replica.plan.batch_seconds, since)


def cut_off(state: SimulatedState, replica: SimulatedHost, source: SimulatedHost | None) -> None:
    """End the flow from a master to a replica, where there is one."""
    if source is None:
        return
    replica.copy.freeze(state.now)
    replica.source = None
    link = source.links.get(replica.name)
    if link and source.copy.database is not None:
        link.break_off(state.now, source.copy.database)


def new_link(state: SimulatedState) -> Link:
    """Make the link of a replica that a master lists for the first time."""
    return Link(state.random.uniform(0, HEARTBEAT), state.random.randint(100_000, 2_000_000), state.now)


def _link_to(state: SimulatedState, replica: SimulatedHost) -> Link:
    return state.hosts[replica.source or ""].links[replica.name]


def _source(state: SimulatedState, replica: SimulatedHost) -> SimulatedHost | None:
    """Find the master that feeds a replica: of those it can reach, the one promoted last."""
    if not replica.can_be_fed:
        return None
    masters = [
        host
        for host in state.hosts.values()
        if host.is_working_master and state.carries_updates(host, replica) and Fault.TWO_MASTERS not in host.faults
    ]
    newest = max(masters, key=lambda host: host.master_since, default=None)
    return newest if newest and replica.name in newest.links and replica.is_listed else None


def _give_up_the_unfed(state: SimulatedState, master: SimulatedHost) -> None:
    """Break the links to replicas that receive nothing from this master."""
    database = master.copy.database
    for name, link in master.links.items():
        if state.hosts[name].source != master.name and link.broken_at is None and database is not None:
            link.break_off(state.now, database)


def _feed(state: SimulatedState, replica: SimulatedHost, source: SimulatedHost, *, settled: bool) -> None:
    database = source.copy.database
    if database is None:
        return
    loads_from_nothing = replica.copy.database is None or replica.copy.is_loading(state.now)
    is_loading = replica.must_load or loads_from_nothing or Fault.LOADING in replica.faults
    loading_until = _loading_until(state, replica) if is_loading else -math.inf
    up_at = state.now if settled or is_loading else state.now + state.random.uniform(1, HEARTBEAT)
    if loads_from_nothing:
        replica.copy = Copy(database, Position(state.now), loading=Loading(state.now, loading_until))
    elif replica.copy.database is not database:
        replica.copy = replica.copy.rebased(database, state.now)
    replica.source, replica.must_load = source.name, False
    source.links[replica.name].restore(state.now, up_at, loading_until, database)
    since = max(up_at, loading_until)
    replica.copy.follow(state.now, replica.delay_seconds, replica.plan.batch_seconds, since)
    if settled:
        delay, batch = replica.delay_seconds, replica.plan.batch_seconds
        replica.copy.position = Position(state.now - delay - batch, state.now, delay, batch)
        source.links[replica.name].last_failure = _failure_long_ago(state)


def _failure_long_ago(state: SimulatedState) -> Seconds | None:
    """Draw a last failure of hundreds of days ago, which most replicas have in the published list."""
    age = 86400.0 * state.random.randint(50, 550) + state.random.randint(0, 86399)
    return None if state.random.random() < _NEVER_FAILED else state.now - age


def _loading_until(state: SimulatedState, replica: SimulatedHost) -> Seconds:
    if Fault.LOADING in replica.faults:
        return math.inf
    return state.now + state.layout.loading_seconds * state.random.uniform(0.5, 1.5)
