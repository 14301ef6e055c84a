"""Clients of the operator's gates: one that only reads, and one that changes hosts.

They share no base. A holder of `ReadOnlyGates` can send nothing but an `OperatorQuery`, by its type and again when it
is sent; a dry run holds no `ChangingGates`.
"""

from dataclasses import dataclass

from boks_exporter.errors import FailureReason, ParseError, TransportError
from boks_exporter.failover.facts import GateFacts, Witness
from boks_exporter.model import Host, HostName, Reach
from boks_exporter.parsing.operator_facts import Aside, Freeze, HostLock, StepRecord
from boks_exporter.parsing.operator_reply import (
    OperatorReply,
    asides_of,
    freeze_of,
    lock_of,
    parse_operator_reply,
    reach_of,
    readiness_of,
    record_of,
    registered_of,
)
from boks_exporter.remote.operator_requests import OperatorChange, OperatorQuery, RunName, StepId
from boks_exporter.transport.base import OperatorTransport, RawReply


class ReadOnlyTransport:
    """A way to the gates on which nothing travels that could change a host."""

    def __init__(self, transport: OperatorTransport) -> None:
        self.__transport = transport

    def __repr__(self) -> str:
        return "<LookOnly>"

    async def ask(self, host: Host, request: OperatorQuery) -> RawReply:
        """Send a request; anything but an OperatorQuery is a bug and is not sent."""
        if type(request) is not OperatorQuery:
            raise TypeError(f"expected an OperatorQuery, found {request!r}")
        return await self.__transport.ask(host, request)


@dataclass(frozen=True, slots=True)
class ReadOnlyGates:
    """Ask the gates; a host that fails is a value, except where a record is asked for."""

    way: ReadOnlyTransport

    async def readiness(self, host: Host) -> GateFacts:
        try:
            return GateFacts(host.name, readiness_of(await self._ask(host, OperatorQuery.preflight())))
        except (TransportError, ParseError) as error:
            reason = error.reason if isinstance(error, TransportError) else FailureReason.PARSE
            return GateFacts(host.name, None, str(error), reason)

    async def registered(self, master: Host) -> tuple[str, ...] | None:
        try:
            return registered_of(await self._ask(master, OperatorQuery.registered()))
        except (TransportError, ParseError):
            return None

    async def reach(self, witness: Host, other: Host, port: int) -> Witness:
        try:
            reply = await self._ask(witness, OperatorQuery.reach(other.address, port))
        except (TransportError, ParseError, ValueError) as error:
            return Witness(witness.name, Reach.UNKNOWN, str(error), other.name)
        return Witness(witness.name, reach_of(reply), about=other.name)

    async def lock(self, host: Host) -> HostLock:
        return lock_of(await self._ask(host, OperatorQuery.lock_show()))

    async def asides(self, host: Host) -> tuple[Aside, ...]:
        return asides_of(await self._ask(host, OperatorQuery.asides()))

    async def record(self, host: Host, step: StepId) -> StepRecord:
        """Return the record of a change; raises TransportError and ParseError."""
        return record_of(await self._ask(host, OperatorQuery.record(step)))

    async def _ask(self, host: Host, request: OperatorQuery) -> OperatorReply:
        return parse_operator_reply((await self.way.ask(host, request)).stdout, request.section)


@dataclass(frozen=True, slots=True)
class ChangingGates:
    """Send changes; every method raises TransportError and ParseError, after which the change may have happened."""

    way: OperatorTransport

    async def lock(self, host: Host, run: RunName, owner: str) -> HostLock:
        """Acquire a host's lock; a run that holds it already keeps it."""
        return lock_of(await self._send(host, OperatorChange.lock(run, owner)))

    async def unlock(self, host: Host, run: RunName) -> HostLock:
        return lock_of(await self._send(host, OperatorChange.unlock(run)))

    async def break_lock(self, host: Host, run: RunName) -> HostLock:
        return lock_of(await self._send(host, OperatorChange.break_lock(run)))

    async def freeze(self, host: Host, seconds: int, owner: str, reason: str) -> Freeze | None:
        """Freeze the domain on a host, in place of a freeze that is there."""
        return freeze_of(await self._send(host, OperatorChange.freeze(seconds, owner, reason)))

    async def unfreeze(self, host: Host) -> Freeze | None:
        return freeze_of(await self._send(host, OperatorChange.unfreeze()))

    async def do(self, host: Host, request: OperatorChange) -> StepRecord:
        """Make a change, or return its record where it was made already."""
        return record_of(await self._send(host, request))

    async def void(self, host: Host, step: StepId) -> StepRecord:
        """Claim an id so that nothing begins under it later, or return the record of what has begun."""
        return record_of(await self._send(host, OperatorChange.void(step)))

    async def _send(self, host: Host, request: OperatorChange) -> OperatorReply:
        return parse_operator_reply((await self.way.ask(host, request)).stdout, request.section)


def locked_by_other(lock: HostLock, run: RunName) -> bool:
    """Return whether a lock belongs to another run."""
    return lock.run is not None and lock.run != run


def named(hosts: tuple[Host, ...], name: HostName) -> Host:
    """Return the host that a plan names; raises KeyError where it is no longer configured."""
    for host in hosts:
        if host.name == name:
            return host
    raise KeyError(name)
