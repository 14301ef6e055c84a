"""One small world: servers in a chosen state, as a simulated domain and as what a program knows of it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from boks_exporter.failover.facts import Reading
from boks_exporter.failover.journal_facts import ForkPoint, JournalView
from boks_exporter.model import HostName
from boks_exporter.rehearsal.environment import TwinEnvironment
from boks_exporter.replication import CopyEvidence, History, Lead
from boks_exporter.simulator.domain import Boksinit, Fault, HostPlan
from boks_exporter.simulator.domain.observed_state import Line, ObservedHost, ObservedState
from boks_exporter.simulator.domain.replica_link import Status
from boks_exporter.simulator.domain.twin import twin_of
from tests.virtual.virtual_time import EPOCH
from tests.virtual.virtual_twin import virtual_environment

BEGINS: Final = 7200.0
NAMES: Final = ("a", "b", "c")
REACHES: Final = {
    "ok": None,
    "dead": Fault.MASTER_DEAD,
    "timeout": Fault.UNREACHABLE,
    "refused": Fault.REFUSED,
    "login": Fault.WRONG_LOGIN,
    "host key": Fault.WRONG_HOST_KEY,
}
POSITIONS: Final = {"behind": -5, "equal": 0, "ahead": 3}
DATA: Final = (*POSITIONS, "none", "partial")
FORKS: Final = ("none", "known", "own", "proven")
"""What is known of a change of masters: nothing, its fork point, or that the last server has updates of its own, by the
journal's fork point or by the exporter's evidence."""

_STAMP: Final = 1_000_000.0
_BEST: Final = {1: 100, 2: 50}
_FORKED: Final = {1: (90, _STAMP), 2: (45, _STAMP)}
_OWN: Final = 3
_AN_HOUR_AGO: Final = EPOCH + BEGINS - 3600.0


@dataclass(frozen=True, order=True)
class Server:
    """One server: `data` is its position against the lead's database, `none`, or `partial` with one file elsewhere."""

    role: Boksinit
    is_running: bool
    reach: str
    data: str = "equal"

    def __str__(self) -> str:
        running = "running" if self.is_running else "stopped"
        return f"{self.role} {running}, {self.reach}, data {self.data}"


@dataclass(frozen=True, order=True)
class SmallWorld:
    """All servers, the host that was last seen as master, and how the rest of the facts differs from the usual.

    A server that is `unlisted` is missing in the list of its master, one that is `loading` is listed so.
    """

    servers: tuple[Server, ...]
    last_master: HostName | None = None
    unregistered: frozenset[HostName] = frozenset()
    unlisted: frozenset[HostName] = frozenset()
    unconfigured: frozenset[HostName] = frozenset()
    loading: frozenset[HostName] = frozenset()
    fork: str = "none"

    def __str__(self) -> str:
        hosts = "; ".join(f"{name}: {server}" for name, server in self.named.items())
        rest = {"registered": self.unregistered, "listed": self.unlisted, "configured": self.unconfigured}
        extra = "".join(f"; {name} is not {word}" for word, names in rest.items() for name in sorted(names))
        extra += "".join(f"; {name} is loading" for name in sorted(self.loading))
        return f"{hosts}; last master {self.last_master}{extra}" + (f"; fork {self.fork}" * (self.fork != "none"))

    @property
    def named(self) -> dict[HostName, Server]:
        return dict(zip(NAMES, self.servers, strict=False))

    @property
    def is_possible(self) -> bool:
        """Whether a host is configured, and no server that is off has running daemons."""
        off = any(server.reach == "dead" and server.is_running for server in self.servers)
        return not off and len(self.unconfigured) < len(self.servers)


def environment_of(world: SmallWorld, directory: Path) -> TwinEnvironment:
    """Build a world with what a program knows of it."""
    domain = twin_of(_standing(world))
    for name, server in world.named.items():
        if server.data == "partial":
            domain.move_file_aside(name, "earlier", "tab1.dat")
    last = NAMES[len(world.servers) - 1]
    if _has_own(world, last) and domain.hosts[last].copy.database is not None:
        domain.hosts[last].copy.add_own(1, _FORKED[1][0], _FORKED[1][0] + _OWN)
    environment = virtual_environment(directory, domain, "small", last_known_master=world.last_master)
    known = environment.known
    hosts = tuple(host for host in known.settings.hosts if host.name not in world.unconfigured)
    environment.known = replace(
        known,
        settings=replace(known.settings, hosts=hosts),
        readings=_readings(world),
        journal=JournalView(forks=tuple(_forks(world, last))),
        history=_history(world, last),
    )
    return environment


def _readings(world: SmallWorld) -> dict[HostName, Reading]:
    return {
        name: Reading(name, _numbers(server) or {}, EPOCH + BEGINS - 30.0, "read in an earlier round")
        for name, server in world.named.items()
        if name == world.last_master and server.data != "none"
    }


def _has_own(world: SmallWorld, last: HostName) -> bool:
    """Return whether the last server has updates of its own; those of the lead are no others than its database's."""
    return world.fork in {"own", "proven"} and _lead(world) != last


def _forks(world: SmallWorld, last: HostName) -> list[ForkPoint]:
    """Return the fork point at which the lead became master instead of the last server."""
    lead = _lead(world)
    if world.fork not in {"known", "own"} or lead is None or lead == last:
        return []
    above = {last: {1: _OWN}} if world.fork == "own" else {}
    return [ForkPoint("earlier", last, lead, _FORKED, above, _AN_HOUR_AGO)]


def _history(world: SmallWorld, last: HostName) -> History:
    if _has_own(world, last) and not _forks(world, last):
        lead = Lead(_AN_HOUR_AGO, _AN_HOUR_AGO, _OWN, _FORKED[1][0] + _OWN, passed_at=_AN_HOUR_AGO + 60.0)
        return History(evidence={last: CopyEvidence({1: lead})}, begun_at=_AN_HOUR_AGO, recorded_at=_AN_HOUR_AGO)
    return History()


def _lead(world: SmallWorld) -> HostName | None:
    """Return the host whose database the replicas follow."""
    masters = [name for name, each in world.named.items() if each.role is Boksinit.MASTER and each.data != "none"]
    lead = world.last_master if world.last_master in masters else next(iter(masters), None)
    return lead or world.last_master


def _standing(world: SmallWorld) -> ObservedState:
    return ObservedState(
        hosts=tuple(_host(world, number, name, server) for number, (name, server) in enumerate(world.named.items(), 1)),
        lead=_lead(world),
        epoch=EPOCH,
        now=BEGINS,
        loading_seconds=10.0,
    )


def _host(world: SmallWorld, number: int, name: HostName, server: Server) -> ObservedHost:
    is_replica = server.role is Boksinit.SERVER
    return ObservedHost(
        plan=HostPlan(name=name, role=server.role, site="utrecht", address=f"10.0.0.{number}"),
        numbers=_numbers(server),
        daemons_running=server.is_running,
        met_as=REACHES[server.reach],
        is_registered=is_replica and name not in world.unregistered,
        line=_line(world, name, server) if is_replica and name not in world.unlisted else None,
        stuck=server.data == "behind",
    )


def _line(world: SmallWorld, name: HostName, server: Server) -> Line:
    if not server.is_running or server.reach == "dead":
        return Line(status=Status.DOWN, since_packet=10.0, since_sync=10.0, packets=1000)
    status = Status.LOADING if name in world.loading else Status.OK
    return Line(status=status, since_packet=10.0, since_sync=10.0, packets=1000)


def _numbers(server: Server) -> dict[int, tuple[int, float]] | None:
    if server.data == "none":
        return None
    far = POSITIONS.get(server.data, 0)
    return {table: (number + far, _STAMP) for table, number in _BEST.items()}
