"""The operator's gates of a domain: one client that only looks, and another that changes.

They share no base. Whoever holds a `LookingGates` can send nothing but an `OperatorLook`, by its type and again when it
is sent; a dry run holds no `ChangingGates` at all.
"""

from dataclasses import dataclass

from boks_exporter.errors import ParseError, TransportError
from boks_exporter.failover.facts import GateFacts, Witness
from boks_exporter.model import Host, HostName
from boks_exporter.parsing.operator_facts import HostLock, Reach, StepRecord
from boks_exporter.parsing.operator_reply import (
    OperatorReply,
    lock_of,
    parse_operator_reply,
    reach_of,
    readiness_of,
    record_of,
    registered_of,
)
from boks_exporter.remote.operator_requests import OperatorChange, OperatorLook, RunName, StepId
from boks_exporter.transport.base import OperatorTransport, RawReply


class ReadOnlyTransport:
    """A way to the gates on which nothing travels that could change a host."""

    def __init__(self, transport: OperatorTransport) -> None:
        """Take the way."""
        self.__transport = transport

    def __repr__(self) -> str:
        """Tell what it is."""
        return "<LookOnly>"

    async def ask(self, host: Host, request: OperatorLook) -> RawReply:
        """Ask; anything but a look is a bug and goes nowhere."""
        if type(request) is not OperatorLook:
            message = f"expected an OperatorLook, found {request!r}"
            raise TypeError(message)
        return await self.__transport.ask(host, request)


@dataclass(frozen=True, slots=True)
class ReadOnlyGates:
    """Ask the gates; a host that fails is a value, except where a record is asked for."""

    way: ReadOnlyTransport

    async def readiness(self, host: Host) -> GateFacts:
        """Ask whether a host is ready for changes."""
        try:
            return GateFacts(host.name, readiness_of(await self._ask(host, OperatorLook.preflight())))
        except (TransportError, ParseError) as error:
            return GateFacts(host.name, None, str(error))

    async def registered(self, master: Host) -> tuple[str, ...] | None:
        """Ask the master which names its database has as replicas."""
        try:
            return registered_of(await self._ask(master, OperatorLook.registered()))
        except (TransportError, ParseError):
            return None

    async def reach(self, witness: Host, address: str, port: int) -> Witness:
        """Ask a host whether it reaches a port of another."""
        try:
            reply = await self._ask(witness, OperatorLook.reach(address, port))
        except (TransportError, ParseError, ValueError) as error:
            return Witness(witness.name, Reach.UNKNOWN, str(error))
        return Witness(witness.name, reach_of(reply))

    async def lock(self, host: Host) -> HostLock:
        """Ask who holds a host's lock; raises TransportError and ParseError."""
        return lock_of(await self._ask(host, OperatorLook.lock_show()))

    async def record(self, host: Host, step: StepId) -> StepRecord:
        """Ask what became of a change; raises TransportError and ParseError."""
        return record_of(await self._ask(host, OperatorLook.record(step)))

    async def _ask(self, host: Host, request: OperatorLook) -> OperatorReply:
        return parse_operator_reply((await self.way.ask(host, request)).stdout, request.section)


@dataclass(frozen=True, slots=True)
class ChangingGates:
    """Tell the gates what to do; everything raises TransportError and ParseError, and may have happened then."""

    way: OperatorTransport

    async def lock(self, host: Host, run: RunName, owner: str) -> HostLock:
        """Take a host's lock; a run that has it already keeps it."""
        return lock_of(await self._tell(host, OperatorChange.lock(run, owner)))

    async def unlock(self, host: Host, run: RunName) -> HostLock:
        """Give a host's lock back."""
        return lock_of(await self._tell(host, OperatorChange.unlock(run)))

    async def break_lock(self, host: Host, run: RunName) -> HostLock:
        """Take a host's lock away from a run that is named."""
        return lock_of(await self._tell(host, OperatorChange.break_lock(run)))

    async def do(self, host: Host, request: OperatorChange) -> StepRecord:
        """Have a change made, or hear what became of it."""
        return record_of(await self._tell(host, request))

    async def _tell(self, host: Host, request: OperatorChange) -> OperatorReply:
        return parse_operator_reply((await self.way.ask(host, request)).stdout, request.section)


def locked_by_other(lock: HostLock, run: RunName) -> bool:
    """Tell whether a lock is another's."""
    return lock.run is not None and lock.run != run


def named(hosts: tuple[Host, ...], name: HostName) -> Host:
    """Find a host that a plan names; one that is gone from the configuration is an error to be told."""
    for host in hosts:
        if host.name == name:
            return host
    raise KeyError(name)
