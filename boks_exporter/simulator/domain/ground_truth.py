"""The ground truth of a domain at an instant, whatever an observer on the network can see of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from boks_exporter.model import HostName, Seconds, TableNumber
from boks_exporter.simulator.domain.database import Database, Numbers
from boks_exporter.simulator.domain.faults import Connectivity
from boks_exporter.simulator.domain.host import SimulatedHost
from boks_exporter.simulator.domain.layout import Boksinit
from boks_exporter.simulator.domain.replica_link import Status
from boks_exporter.simulator.domain.state import SimulatedState


@dataclass(frozen=True, slots=True)
class HostTruth:
    """One host. What relates it to a master is None where there is not exactly one working master, or for no replica.

    `lag` and `ahead` hold the tables of equal stamps in which it differs. `oldest_missing` is the age of the oldest
    update that it lacks, 0.0 with none; `link` is what the master's list shows of it, None where it is not listed.
    """

    role: Boksinit
    daemons_running: bool
    connectivity: Connectivity
    is_fed: bool
    lag: Mapping[TableNumber, int] | None = None
    ahead: Mapping[TableNumber, int] | None = None
    oldest_missing: Seconds | None = None
    wrong_stamps: tuple[TableNumber, ...] | None = None
    missing_tables: tuple[TableNumber, ...] | None = None
    link: Status | None = None


@dataclass(frozen=True, slots=True)
class Truth:
    """The domain. `masters` are the hosts whose ENV says master and which are switched on."""

    now: Seconds
    masters: tuple[HostName, ...]
    hosts: Mapping[HostName, HostTruth]


def truth(state: SimulatedState) -> Truth:
    """Measure every host, the replicas against the one master that is switched on."""
    masters = state.masters()
    master = state.hosts[masters[0]] if len(masters) == 1 else None
    numbers = master.copy.numbers(state.now) if master else {}
    return Truth(
        state.now, masters, {host.name: _host(state.now, host, master, numbers) for host in state.hosts.values()}
    )


def _host(now: Seconds, host: SimulatedHost, master: SimulatedHost | None, numbers: Numbers) -> HostTruth:
    """Measure one host against the master's numbers of this instant."""
    is_fed = host.source is not None
    if master is None or master.copy.database is None or host.role is not Boksinit.SERVER:
        return HostTruth(host.role, host.daemons_running, host.connectivity, is_fed)
    own = host.copy.numbers(now)
    same = {table for table in numbers.keys() & own.keys() if numbers[table][1] == own[table][1]}
    distance = {table: own[table][0] - numbers[table][0] for table in same}
    link = master.links.get(host.name) if host.is_listed else None
    return HostTruth(
        role=host.role,
        daemons_running=host.daemons_running,
        connectivity=host.connectivity,
        is_fed=is_fed,
        lag={table: -far for table, far in distance.items() if far < 0},
        ahead={table: far for table, far in distance.items() if far > 0},
        oldest_missing=_oldest_missing(master.copy.database, own, distance, now),
        wrong_stamps=tuple(sorted(numbers.keys() & own.keys() - same)),
        missing_tables=tuple(sorted(numbers.keys() - own.keys())),
        link=link.row(now, master.copy.database).status if link else None,
    )


def _oldest_missing(database: Database, own: Numbers, distance: dict[int, int], now: Seconds) -> Seconds:
    ages = [0.0]
    for table, far in distance.items():
        writes = database.generation(table, now)
        if far < 0 and writes is not None:
            written = writes.written_at(own[table][0] + 1)
            ages.append(now - (written if written is not None else writes.born))
    return max(ages)
