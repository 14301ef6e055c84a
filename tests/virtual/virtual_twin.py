"""Failover environments on virtual time, without SSH: a domain of its own, or the twin of another one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

from boks_exporter.config import DomainSettings
from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.model import Host, HostName
from boks_exporter.rehearsal.environment import (
    ChooseFault,
    LiveKnowledge,
    SilencedTransport,
    TwinEnvironment,
    apply_gate_state,
)
from boks_exporter.rehearsal.twin_state import found_in
from boks_exporter.remote.request import Request, RequestLine
from boks_exporter.remote.settings import SshSettings
from boks_exporter.simulator.domain import SimulatedDomain
from boks_exporter.simulator.domain.invariants import Observer
from boks_exporter.simulator.domain.twin import twin_of
from boks_exporter.simulator.operator_gate import OperatorGates
from boks_exporter.transport.base import RawReply
from tests.virtual.virtual_operator import VirtualOperator
from tests.virtual.virtual_time import VirtualClock
from tests.virtual.virtual_transport import VirtualTransport


@asynccontextmanager
async def virtual_twin(known: LiveKnowledge, facts: FailoverFacts, directory: Path) -> AsyncIterator[TwinEnvironment]:
    """Make a twin in the virtual time of the running loop, which must be later than the twin's past."""
    found = found_in(facts, known.history, now=asyncio.get_running_loop().time())
    domain = twin_of(found.standing)
    operator = VirtualOperator(apply_gate_state(OperatorGates(domain), found), timeout_seconds=known.timeout_seconds)
    reading = _Reading(VirtualTransport(domain, seed=2, timeout_seconds=known.timeout_seconds))
    numbers = count(1)

    def set_connection_faults(choose: ChooseFault) -> None:
        operator.connection_fault = choose

    yield TwinEnvironment(
        directory=directory,
        known=known,
        domain=domain,
        gates=operator.gates,
        observer=Observer(domain),
        time=VirtualClock(),
        reading=SilencedTransport(reading, found.no_reading),
        operator=SilencedTransport(operator, found.no_operator),
        set_connection_faults=set_connection_faults,
        token=lambda: f"{next(numbers):08x}",
    )


def virtual_environment(
    directory: Path,
    domain: SimulatedDomain,
    name: str,
    *,
    last_known_master: HostName | None = None,
    limits: FailoverLimits | None = None,
    seed: int = 1,
) -> TwinEnvironment:
    """Make an environment of a new domain in which every host is configured."""
    hosts = tuple(Host(plan.name, plan.address, site=plan.site) for plan in domain.layout.hosts)
    known = LiveKnowledge(
        settings=DomainSettings(name=name, transport=SshSettings(user="boksmon"), hosts=hosts),
        limits=limits or FailoverLimits(),
        timeout_seconds=20.0,
        last_known_master=last_known_master,
    )
    operator = VirtualOperator(OperatorGates(domain), seed=seed)

    def set_connection_faults(choose: ChooseFault) -> None:
        operator.connection_fault = choose

    return TwinEnvironment(
        directory=directory,
        known=known,
        domain=domain,
        gates=operator.gates,
        observer=Observer(domain),
        time=VirtualClock(),
        reading=_Reading(VirtualTransport(domain, seed=seed)),
        operator=operator,
        set_connection_faults=set_connection_faults,
    )


class _Reading:
    """A transport for requests of the reading gate only."""

    def __init__(self, way: VirtualTransport) -> None:
        self._way = way

    async def ask(self, host: Host, request: RequestLine) -> RawReply:
        if not isinstance(request, Request):
            message = f"expected a Request, found {request!r}"
            raise TypeError(message)
        return await self._way.ask(host, request)
