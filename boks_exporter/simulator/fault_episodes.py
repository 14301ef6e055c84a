"""Episodes of the whole domain: two masters, no master, an unreachable site, the published incident."""

from typing import Final

from boks_exporter.model import HostName, Seconds, TableNumber
from boks_exporter.simulator.domain.faults import Fault
from boks_exporter.simulator.timeline import Episode, HostFault, ScenarioHosts

INCIDENT_TABLES: Final[tuple[TableNumber, ...]] = (7, 9, 15)
"""The three tables of the published sequences (K1456): which hosts belong to which group, and their addresses."""

LASTS: Final[Seconds] = 32.0


def two_masters(
    cast: ScenarioHosts, second: HostName, starts: Seconds, lasts: Seconds = LASTS
) -> tuple[Episode, Episode]:
    """Make a replica a second master, and rebuild it afterwards: what it wrote meanwhile is its own."""
    split = Episode(
        starts=starts,
        lasts=lasts,
        host_faults=(HostFault(second, Fault.TWO_MASTERS),),
        happens=f"{second} is converted to master while {cast.master} still is one.",
        look_for="The domain has several masters, boks_domain_masters is 2; nothing is judged against either of them.",
        ends=f"{second} is converted back to a replica, with what it wrote as a master.",
    )
    rebuilt = Episode(
        starts=starts + lasts + 10.0,
        lasts=20.0,
        host_faults=(HostFault(second, Fault.LOADING, {"from_scratch": True}, removes_data=True),),
        happens=f"{second}'s data are removed, and it is added again.",
        look_for=f"Until then {second} was ahead, or diverged, if it took a write; now it is loading.",
        ends=f"{second} gets the rest of its copy and has loaded it within seconds.",
    )
    return split, rebuilt


def master_dead(cast: ScenarioHosts, starts: Seconds, lasts: Seconds | None = LASTS) -> Episode:
    """Switch the master's machine off."""
    return Episode(
        starts=starts,
        lasts=lasts,
        host_faults=(HostFault(cast.master, Fault.MASTER_DEAD),),
        happens=f"{cast.master}, the master, is dead: logins still work, nothing can be changed.",
        look_for="The domain has no master, boks_domain_masters is 0; boks_replica_behind_best_sequences "
        "shows which replica is most advanced.",
        ends=f"{cast.master} is back; within a minute it finds its replicas again.",
    )


def site_dark(site: str, hosts: tuple[HostName, ...], starts: Seconds, lasts: Seconds) -> Episode:
    """Cut a whole site off, from the exporter and from the master."""
    return Episode(
        starts=starts,
        lasts=lasts,
        host_faults=tuple(HostFault(host, Fault.UNREACHABLE, {"cut_off": True}) for host in hosts),
        happens=f"The connection to {site} is cut: {', '.join(hosts)} cannot be reached.",
        look_for="All of them are unreachable, and soon the master lists them as DOWN; "
        f'boks_site_replicas{{site="{site}"}} has none that is ok.',
        ends=f"The connection to {site} is repaired; the master notices within a minute, and its hosts catch up.",
    )


def incident(host: HostName, starts: Seconds) -> Episode:
    """Put three tables ahead while the list says OK, as in the published incident (K1262)."""
    tables = ", ".join(f"T{table}" for table in INCIDENT_TABLES)
    return Episode(
        starts=starts,
        lasts=None,
        host_faults=(HostFault(host, Fault.AHEAD, {"by": 2, "tables": INCIDENT_TABLES}),),
        happens=f"{host} comes back from a bad conversion with stale data in {tables}; the list says OK. "
        "Users get seemingly random refusals.",
        look_for=f"{host} is ahead by 2 updates in three tables, check exits 2. boksdiag list alone does not show it.",
    )
