"""The demo's copy that is ahead: one finding from the fault to the repair, in rounds of five seconds."""

import asyncio
from dataclasses import replace

import pytest

from boks_exporter.config import DomainSettings
from boks_exporter.model import Host
from boks_exporter.poller import DomainWatch
from boks_exporter.remote.settings import LocalSettings
from boks_exporter.simulator.domain import Fault, SimulatedDomain, published_layout
from tests.virtual.virtual_time import VirtualClock, run_virtually
from tests.virtual.virtual_transport import VirtualTransport

COPY = "REPHOST2"
EVERY = 5.0


async def _states(seed: int) -> list[str]:
    """Play the tour's stop and return the copy's states, one for each round."""
    layout = replace(published_layout(writes_per_second=2.0), loading_seconds=10.0)
    domain = SimulatedDomain(layout, seed=seed)
    hosts = tuple(Host(plan.name, plan.address) for plan in layout.hosts)
    settings = DomainSettings(name="demo", transport=LocalSettings(), hosts=hosts)
    watch = DomainWatch(settings, VirtualTransport(domain, seed=seed), VirtualClock())
    states = []
    for number in range(30):
        due = asyncio.get_running_loop().time() + EVERY
        domain.advance(asyncio.get_running_loop().time())
        if number == 3:
            domain.set_fault(COPY, Fault.AHEAD, by=2)
        if number == 10:
            domain.clear_fault(COPY, Fault.AHEAD)
        view = await watch.run_round(asyncio.Semaphore(10), EVERY)
        states.append(str(view.health.host(COPY).state))
        await asyncio.sleep(due - asyncio.get_running_loop().time())
    assert not watch.history.is_apart(COPY)
    return states


@pytest.mark.parametrize("seed", [1, 2, 24])
def test_a_lead_in_the_demo_ends_with_the_reload_of_the_copy(seed: int) -> None:
    """Ok until the fault; then ahead, and no round of ok before the copy was loaded again."""
    states = run_virtually(_states(seed))
    assert {*states[:3]} == {"ok"}
    begun = states.index("ahead")
    assert begun <= 6
    repaired = states.index("ok", begun)
    assert "loading" in states[begun:repaired]
    assert {*states[begun:repaired]} <= {"ahead", "unknown", "diverged", "loading"}
    assert {*states[repaired:]} == {"ok"}
