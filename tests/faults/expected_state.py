"""The actual state of a domain, by the simulator's own figures."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from boks_exporter.failover.procedure import Procedure
from boks_exporter.model import HostName
from boks_exporter.simulator.domain import Boksinit, Fault, SimulatedDomain
from boks_exporter.simulator.domain.invariants import running_masters


@dataclass(frozen=True)
class ActualState:
    """Role, daemons, database and SHM_SIZE of every host."""

    hosts: dict[HostName, tuple[str, bool, bool, int]]

    def without(self, hosts: Collection[HostName]) -> "ActualState":
        """Leave out hosts that others have changed."""
        return ActualState({name: state for name, state in self.hosts.items() if name not in hosts})

    def differs(self, other: "ActualState") -> list[str]:
        """Return the differences to another one."""
        words = ("role", "daemons running", "database", "SHM_SIZE")
        return [
            f"{words[place]} of {name} was {one} and is {two}"
            for name in self.hosts
            for place, (one, two) in enumerate(zip(self.hosts[name], other.hosts[name], strict=True))
            if one != two
        ]


def standing(domain: SimulatedDomain) -> ActualState:
    """Write down how every host stands; a machine that is off stands as it will when it is on."""
    return ActualState(
        {
            host.name: (
                str(host.role),
                host.daemons_running,
                host.copy.database is not None,
                host.shm_size_kilobytes,
            )
            for host in domain.hosts.values()
        }
    )


def missing_to_goal(domain: SimulatedDomain, procedure: Procedure, target: HostName) -> list[str]:
    """Return what is missing to the goal of a procedure."""
    return [*_domain(domain), *_target(domain, procedure, target)]


def _domain(domain: SimulatedDomain) -> Iterator[str]:
    masters = running_masters(domain)
    if len(masters) != 1:
        yield f"running masters: {', '.join(masters) or 'none'}"
        return
    truth = domain.truth()
    for name, host in truth.hosts.items():
        simulated = domain.hosts[name]
        if host.role is Boksinit.SERVER and Fault.MASTER_DEAD not in simulated.faults:
            if not host.is_fed:
                yield f"{name} gets no updates"
            if not host.daemons_running:
                yield f"{name} stands still"
            if host.lag or host.ahead or host.missing_tables:
                yield f"{name} is not equal to {masters[0]}"


def _target(domain: SimulatedDomain, procedure: Procedure, target: HostName) -> Iterator[str]:
    host = domain.hosts[target]
    wanted = {
        Procedure.ADD_REPLICA: Boksinit.SERVER,
        Procedure.REBUILD: Boksinit.SERVER,
        Procedure.RETIRE: Boksinit.CLIENT,
        Procedure.PROMOTE: Boksinit.MASTER,
        Procedure.SWITCHOVER: Boksinit.MASTER,
        Procedure.FAILBACK: Boksinit.MASTER,
    }.get(procedure)
    if wanted is not None and host.role is not wanted:
        yield f"{target} is {host.role}, not {wanted}"
    if procedure is Procedure.RETIRE and host.copy.database is not None:
        yield f"{target} has a database"
