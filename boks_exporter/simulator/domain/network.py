"""Reachability in a simulated domain: what the runner meets by SSH, and which host reaches which port of another."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from boks_exporter.model import HostName
from boks_exporter.simulator.domain.faults import Connectivity

SSH_PORT: Final = 22


class PortReach(StrEnum):
    """What a host meets at a port of another, in the gate's words."""

    REACHABLE = "reachable"
    TIMEOUT = "timeout"
    REFUSED = "refused"


class Network:
    """Overrides of what hosts would meet by their own state; a host without one is reached normally."""

    def __init__(self) -> None:
        self._ssh: dict[HostName, Connectivity] = {}
        self._between: dict[tuple[HostName, HostName, int | None], PortReach] = {}

    def __repr__(self) -> str:
        return f"<Network {len(self._ssh)} hosts and {len(self._between)} connections changed>"

    def set_ssh(self, host: HostName, connectivity: Connectivity) -> None:
        """Set what the runner meets at a host; OK removes the override."""
        self._ssh.pop(host, None)
        if connectivity is not Connectivity.OK:
            self._ssh[host] = connectivity

    def set_reach(self, source: HostName, target: HostName, reach: PortReach, port: int | None = None) -> None:
        """Set what one host meets at a port of another, or at all ports; REACHABLE removes the override."""
        self._between.pop((source, target, port), None)
        if reach is not PortReach.REACHABLE:
            self._between[source, target, port] = reach

    def partition(self, one: Iterable[HostName], other: Iterable[HostName]) -> None:
        """Lose every packet between two groups of hosts."""
        others = tuple(other)
        for first in one:
            for second in others:
                self.set_reach(first, second, PortReach.TIMEOUT)
                self.set_reach(second, first, PortReach.TIMEOUT)

    def heal(self) -> None:
        """Remove every override."""
        self._ssh.clear()
        self._between.clear()

    def ssh(self, host: HostName) -> Connectivity | None:
        """Return the override of a host, if there is one."""
        return self._ssh.get(host)

    def between(self, source: HostName, target: HostName, port: int | None = None) -> PortReach | None:
        """Return the override of a connection, if there is one; without a port that of all ports."""
        return self._between.get((source, target, port)) or self._between.get((source, target, None))
