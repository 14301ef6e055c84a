"""The virtual transport brings the simulated gate's answers in virtual time, or fails for the reason of the fault."""

import asyncio
from collections.abc import Coroutine

import pytest

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host
from boks_exporter.remote.request import EVERY_GATE, READING, ROLE_ONLY, Request
from boks_exporter.simulator.domain import Fault, SimulatedDomain, published_layout
from boks_exporter.transport.base import RawReply
from tests.virtual.virtual_time import run_virtually
from tests.virtual.virtual_transport import Network, VirtualTransport

REPHOST = Host("REPHOST", "REPHOST")


def transport_for(fault: Fault | None = None, network: Network | None = None) -> VirtualTransport:
    domain = SimulatedDomain(published_layout(), seed=1)
    if fault:
        domain.set_fault("REPHOST", fault)
    return VirtualTransport(domain, seed=1, network=network)


def timed(asking: Coroutine[object, object, RawReply]) -> tuple[RawReply | TransportError, float]:
    """Run one exchange; give its outcome and the virtual time that it took."""

    async def ask() -> tuple[RawReply | TransportError, float]:
        try:
            outcome: RawReply | TransportError = await asking
        except TransportError as error:
            outcome = error
        return outcome, asyncio.get_running_loop().time()

    return run_virtually(ask())


def test_an_answer_takes_its_way_there_and_back() -> None:
    """Nothing is waited for in real time, and the domain is as old as the loop."""
    transport = transport_for(network=Network(latency_seconds=3.0, jitter_seconds=0.0))
    outcome, took = timed(transport.ask(REPHOST, ROLE_ONLY))
    assert isinstance(outcome, RawReply)
    assert b"|BOKSINIT=server\n" in outcome.stdout
    assert took == pytest.approx(6.02)
    assert transport.domain.now == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.REFUSED, FailureReason.CONNECT),
        (Fault.WRONG_HOST_KEY, FailureReason.HOST_KEY),
        (Fault.WRONG_LOGIN, FailureReason.AUTH),
        (Fault.UNREACHABLE, FailureReason.TIMEOUT),
        (Fault.MASTER_DEAD, FailureReason.TIMEOUT),
        (Fault.HANGING, FailureReason.TIMEOUT),
    ],
)
def test_a_fault_of_the_way_fails_for_its_reason(fault: Fault, reason: FailureReason) -> None:
    """What never answers costs the whole time-out, a refusal next to nothing."""
    outcome, took = timed(transport_for(fault).ask(REPHOST, EVERY_GATE))
    assert isinstance(outcome, TransportError)
    assert outcome.reason is reason
    assert took == pytest.approx(20.0) if reason is FailureReason.TIMEOUT else took < 0.2


def test_a_host_that_does_not_exist_has_no_address() -> None:
    """A name that the domain does not know cannot be resolved."""
    outcome, _ = timed(transport_for().ask(Host("UNKNOWN1", "UNKNOWN1"), EVERY_GATE))
    assert isinstance(outcome, TransportError)
    assert outcome.reason is FailureReason.DNS


def test_lost_exchanges_break_or_never_end() -> None:
    """Of many lost ones about half break at once."""

    async def ask_often(transport: VirtualTransport) -> list[FailureReason]:
        reasons = []
        for _ in range(100):
            with pytest.raises(TransportError) as caught:
                await transport.ask(REPHOST, READING)
            reasons.append(caught.value.reason)
        return reasons

    reasons = run_virtually(ask_often(transport_for(network=Network(loss=1.0))))
    assert set(reasons) == {FailureReason.TIMEOUT, FailureReason.CHANNEL}
    assert 30 < reasons.count(FailureReason.CHANNEL) < 70


def test_a_listener_receives_the_instant_of_reading() -> None:
    """The instant lies after the way there and before the way back."""
    heard: list[tuple[str, Request, float]] = []
    domain = SimulatedDomain(published_layout(), seed=1)
    network = Network(latency_seconds=1.0, jitter_seconds=0.0)
    transport = VirtualTransport(
        domain, seed=1, network=network, on_read=lambda host, request: heard.append((host, request, domain.now))
    )
    timed(transport.ask(REPHOST, READING))
    assert heard == [("REPHOST", READING, 1.0)]


def test_it_shows_which_domain_answers() -> None:
    """In a debugger too."""
    assert repr(transport_for()) == "<VirtualTransport <SimulatedDomain 6 hosts at 0 s>>"
