"""Processes, disk, ports and BoKS's own commands for diagnosis on simulated hosts, through the gate's protocol."""

import pytest

from boks_exporter.model import Host, Observed, Reach, Section
from boks_exporter.observe.interpret import interpret_reply
from boks_exporter.remote.request import DIAGNOSIS, new_nonce, request_line
from boks_exporter.simulator.domain import Fault, SimulatedDomain, published_layout
from boks_exporter.simulator.gate_channel import GateChannel
from boks_exporter.transport.base import RawReply


@pytest.fixture
def domain() -> SimulatedDomain:
    domain = SimulatedDomain(published_layout(writes_per_second=2.0), seed=1)
    domain.advance(600.0)
    return domain


def ask(domain: SimulatedDomain, host: str) -> Observed:
    nonce = new_nonce()
    answer = GateChannel(domain, host).answer(request_line(DIAGNOSIS, nonce))
    raw = RawReply(answer.stdout, b"", 0, nonce)
    outcome = interpret_reply(Host(host, "192.0.2.1"), DIAGNOSIS, raw, 0.0, 1.0)
    assert isinstance(outcome, Observed)
    return outcome


def missing(seen: Observed) -> set[str]:
    assert seen.processes
    return {name for name, is_running in seen.processes.running if not is_running}


def test_every_section_is_read_on_a_healthy_master_and_replica(domain: SimulatedDomain) -> None:
    """A master runs everything, a replica has no boks_master."""
    master, replica = ask(domain, "MASTER1"), ask(domain, "REPHOST3")
    assert (master.faults, replica.faults) == ((), ())
    assert (missing(master), missing(replica)) == (set(), {"boks_master", "boks_drainmast"})
    registered = master.reply.section(Section.REGISTERED)
    assert registered
    assert "REPHOST3\n" in registered.stdout
    assert master.diskspace
    assert master.diskspace.total_bytes
    assert 0 < master.diskspace.free_bytes < master.diskspace.total_bytes


def test_stopped_daemons_leave_no_process(domain: SimulatedDomain) -> None:
    domain.set_fault("REPHOST3", Fault.DOWN)
    assert {"boks_init", "boks_servc", "servm.r"} <= missing(ask(domain, "REPHOST3"))


def test_a_lost_bridge_stops_the_updates_until_boks_is_restarted(domain: SimulatedDomain) -> None:
    """The replica falls behind while the bridge is gone, and catches up after Boot -k and Boot."""
    domain.lose_processes("REPHOST3", "servm.r")
    domain.advance(1200.0)
    assert missing(ask(domain, "REPHOST3")) == {"servm.r", "boks_master", "boks_drainmast"}
    assert not domain.truth().hosts["REPHOST3"].is_fed
    domain.run("REPHOST3", ("Boot", "-k"))
    domain.run("REPHOST3", ("Boot",))
    assert "servm.r" not in missing(ask(domain, "REPHOST3"))


def test_the_masters_ports_are_what_the_network_carries(domain: SimulatedDomain) -> None:
    """Open from everywhere while it works, timed out when it is off."""

    def reached() -> set[Reach]:
        ports = ask(domain, "REPHOST3").ports
        return {check.reach for check in ports.checks} if ports else set()

    assert reached() == {Reach.REACHABLE}
    domain.set_fault("MASTER1", Fault.MASTER_DEAD)
    assert reached() == {Reach.TIMEOUT}
