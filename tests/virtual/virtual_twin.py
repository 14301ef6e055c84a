"""A twin on virtual time, without SSH: for the pages and tests that show a rehearsal in no time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.model import Host
from boks_exporter.rehearsal.environment import (
    ChooseFault,
    LiveKnowledge,
    SilencedTransport,
    TwinEnvironment,
    apply_gate_state,
)
from boks_exporter.rehearsal.twin_state import found_in
from boks_exporter.remote.request import Request, RequestLine
from boks_exporter.simulator.domain.invariants import Observer
from boks_exporter.simulator.domain.twin import twin_of
from boks_exporter.simulator.operator_gate import OperatorGates
from boks_exporter.transport.base import RawReply
from tests.virtual.virtual_operator import VirtualOperator
from tests.virtual.virtual_time import VirtualClock
from tests.virtual.virtual_transport import VirtualTransport


@asynccontextmanager
async def virtual_twin(known: LiveKnowledge, facts: FailoverFacts, directory: Path) -> AsyncIterator[TwinEnvironment]:
    """Let a twin live in the virtual time of the running loop, which has to be past the twin's youth."""
    found = found_in(facts, known.history, now=asyncio.get_running_loop().time())
    domain = twin_of(found.standing)
    operator = VirtualOperator(apply_gate_state(OperatorGates(domain), found), timeout_seconds=known.timeout_seconds)
    reading = _Reading(VirtualTransport(domain, seed=2, timeout_seconds=known.timeout_seconds))
    numbers = count(1)

    def set_connection_faults(cutter: ChooseFault) -> None:
        operator.connection_fault = cutter

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


class _Reading:
    """The way on which requests of the gate that reads travel, and no others."""

    def __init__(self, way: VirtualTransport) -> None:
        self._way = way

    async def ask(self, host: Host, request: RequestLine) -> RawReply:
        if not isinstance(request, Request):
            message = f"expected a Request, found {request!r}"
            raise TypeError(message)
        return await self._way.ask(host, request)
