"""Who sends his updates to whom: the flow from a master to each of its replicas begins, follows and breaks."""

import math
from typing import TYPE_CHECKING, Final

from boks_exporter.model import Seconds
from boks_exporter.simulator.domain.faults import Fault
from boks_exporter.simulator.domain.host import SimulatedHost
from boks_exporter.simulator.domain.replica_data import Copy, Loading, Position
from boks_exporter.simulator.domain.replica_link import HEARTBEAT, Link

if TYPE_CHECKING:
    from boks_exporter.simulator.domain.domain import SimulatedDomain

_NEVER_FAILED: Final = 0.2
"""The share of replicas that had no failure since the domain was set up."""


def connect(domain: "SimulatedDomain", *, settled: bool = False) -> None:
    """Begin or end the flow of updates to every replica, as things are now."""
    for replica in domain.hosts.values():
        source = _source(domain, replica)
        if source is None:
            cut_off(domain, replica, domain.hosts.get(replica.source or ""))
        elif source.name != replica.source or replica.must_load:
            cut_off(domain, replica, domain.hosts.get(replica.source or ""))
            _feed(domain, replica, source, settled=settled)
    for master in domain.hosts.values():
        _give_up_the_unfed(domain, master)


def follow(domain: "SimulatedDomain", replica: SimulatedHost) -> None:
    """Let a replica that is fed follow at the pace that it has now."""
    if replica.source is not None:
        since = max(domain.now, _link_to(domain, replica).loading_until)
        replica.copy.follow(domain.now, replica.delay_seconds, replica.plan.batch_seconds, since)


def cut_off(domain: "SimulatedDomain", replica: SimulatedHost, source: SimulatedHost | None) -> None:
    """End the flow from a master to a replica, where there is one."""
    if source is None:
        return
    replica.copy.freeze(domain.now)
    replica.source = None
    link = source.links.get(replica.name)
    if link and source.copy.database is not None:
        link.break_off(domain.now, source.copy.database)


def new_link(domain: "SimulatedDomain") -> Link:
    """Give a master what it keeps of a replica that it lists for the first time."""
    return Link(domain.random.uniform(0, HEARTBEAT), domain.random.randint(100_000, 2_000_000), domain.now)


def _link_to(domain: "SimulatedDomain", replica: SimulatedHost) -> Link:
    return domain.hosts[replica.source or ""].links[replica.name]


def _source(domain: "SimulatedDomain", replica: SimulatedHost) -> SimulatedHost | None:
    """Find the master that a replica gets its updates from: of those it can reach, the one promoted last."""
    if not replica.can_be_fed:
        return None
    masters = [
        host
        for host in domain.hosts.values()
        if host.is_working_master and not host.is_cut_off and Fault.TWO_MASTERS not in host.faults
    ]
    newest = max(masters, key=lambda host: host.master_since, default=None)
    return newest if newest and replica.name in newest.links and replica.is_listed else None


def _give_up_the_unfed(domain: "SimulatedDomain", master: SimulatedHost) -> None:
    """Let a master find out about replicas that never took anything from it."""
    database = master.copy.database
    for name, link in master.links.items():
        if domain.hosts[name].source != master.name and link.broken_at is None and database is not None:
            link.break_off(domain.now, database)


def _feed(domain: "SimulatedDomain", replica: SimulatedHost, source: SimulatedHost, *, settled: bool) -> None:
    database = source.copy.database
    if database is None:
        return
    loads_from_nothing = replica.copy.database is None or replica.copy.is_loading(domain.now)
    is_loading = replica.must_load or loads_from_nothing or Fault.LOADING in replica.faults
    loading_until = _loading_until(domain, replica) if is_loading else -math.inf
    up_at = domain.now if settled or is_loading else domain.now + domain.random.uniform(1, HEARTBEAT)
    if loads_from_nothing:
        replica.copy = Copy(database, Position(domain.now), loading=Loading(domain.now, loading_until))
    elif replica.copy.database is not database:
        replica.copy = replica.copy.rebased(database, domain.now)
    replica.source, replica.must_load = source.name, False
    source.links[replica.name].restore(domain.now, up_at, loading_until, database)
    since = max(up_at, loading_until)
    replica.copy.follow(domain.now, replica.delay_seconds, replica.plan.batch_seconds, since)
    if settled:
        delay, batch = replica.delay_seconds, replica.plan.batch_seconds
        replica.copy.position = Position(domain.now - delay - batch, domain.now, delay, batch)
        source.links[replica.name].last_failure = _failure_long_ago(domain)


def _failure_long_ago(domain: "SimulatedDomain") -> Seconds | None:
    """Give most replicas a failure of hundreds of days ago, as the published list shows."""
    age = 86400.0 * domain.random.randint(50, 550) + domain.random.randint(0, 86399)
    return None if domain.random.random() < _NEVER_FAILED else domain.now - age


def _loading_until(domain: "SimulatedDomain", replica: SimulatedHost) -> Seconds:
    if Fault.LOADING in replica.faults:
        return math.inf
    return domain.now + domain.layout.loading_seconds * domain.random.uniform(0.5, 1.5)
