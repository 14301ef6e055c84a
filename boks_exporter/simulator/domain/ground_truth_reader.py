"""Measure the truth of a domain at an instant."""

from typing import TYPE_CHECKING

from boks_exporter.model import Seconds
from boks_exporter.simulator.domain.database import Database, Numbers
from boks_exporter.simulator.domain.ground_truth import HostTruth, Truth
from boks_exporter.simulator.domain.host import SimulatedHost
from boks_exporter.simulator.domain.layout import Boksinit

if TYPE_CHECKING:
    from boks_exporter.simulator.domain.domain import SimulatedDomain


def truth(domain: "SimulatedDomain") -> Truth:
    """Measure every host, the replicas against the one master that is switched on."""
    masters = domain.masters()
    master = domain.hosts[masters[0]] if len(masters) == 1 else None
    numbers = master.copy.numbers(domain.now) if master else {}
    hosts = {host.name: host_truth(domain, host, master, numbers) for host in domain.hosts.values()}
    return Truth(domain.now, masters, hosts)


def host_truth(
    domain: "SimulatedDomain", host: SimulatedHost, master: SimulatedHost | None, numbers: Numbers
) -> HostTruth:
    """Measure one host against the master's numbers of this instant."""
    is_fed = host.source is not None
    if master is None or master.copy.database is None or host.role is not Boksinit.SERVER:
        return HostTruth(host.role, host.daemons_running, host.connectivity, is_fed)
    own = host.copy.numbers(domain.now)
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
        oldest_missing=_oldest_missing(master.copy.database, own, distance, domain.now),
        wrong_stamps=tuple(sorted(numbers.keys() & own.keys() - same)),
        missing_tables=tuple(sorted(numbers.keys() - own.keys())),
        link=link.row(domain.now, master.copy.database).status if link else None,
    )


def _oldest_missing(database: Database, own: Numbers, distance: dict[int, int], now: Seconds) -> Seconds:
    ages = [0.0]
    for table, far in distance.items():
        writes = database.generation(table, now)
        if far < 0 and writes is not None:
            written = writes.written_at(own[table][0] + 1)
            ages.append(now - (written if written is not None else writes.born))
    return max(ages)
