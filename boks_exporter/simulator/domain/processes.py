"""The processes of a host, and which of the master's ports it reaches; what runs on a master is partly made up."""

from typing import Final

from boks_exporter.simulator.domain.faults import Fault
from boks_exporter.simulator.domain.host import SimulatedHost
from boks_exporter.simulator.domain.layout import Boksinit
from boks_exporter.simulator.domain.network import PortReach
from boks_exporter.simulator.domain.state import SimulatedState

PID_FILES: Final = {"boks_init": "boks_init", "boks_servc": "servc4", "boks_clntd": "clntd"}
_BRIDGES: Final = ("servm.r", "servc.s", "servc.r", "master.s")
_OF_MASTERS: Final = ("boks_master", "boks_drainmast")
CHECKED: Final = (*PID_FILES, *_BRIDGES, *_OF_MASTERS)
_FIRST_PORT: Final = 6500
_PORTS: Final = 4


def running(host: SimulatedHost) -> frozenset[str]:
    """Name the processes that run; a process that is lost stays so until BoKS is restarted."""
    if not host.daemons_running or Fault.MASTER_DEAD in host.faults:
        return frozenset()
    of_role = {
        Boksinit.MASTER: frozenset(CHECKED),
        Boksinit.SERVER: frozenset((*PID_FILES, *_BRIDGES)),
        Boksinit.CLIENT: frozenset(("boks_init", "boks_clntd")),
    }[host.role]
    return of_role - host.lost_processes


def ports(state: SimulatedState, host: SimulatedHost) -> tuple[tuple[str, int, PortReach], ...]:
    """Return the ports of every host whose ENV says master, as another host reaches them."""
    return tuple(
        (master.address, port, state.reach(host.name, master.name, port))
        for master in state.hosts.values()
        if master.role is Boksinit.MASTER
        for port in range(_FIRST_PORT, _FIRST_PORT + _PORTS)
    )
