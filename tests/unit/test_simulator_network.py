"""Who reaches whom, requests that arrive late or twice, and files, clocks and process ids of simulated hosts."""

import asyncio

import pytest

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host
from boks_exporter.simulator.connection_faults import LATE_SECONDS, ConnectionFault
from boks_exporter.simulator.domain import Connectivity, Fault, SimulatedDomain
from boks_exporter.simulator.domain.network import PortReach
from boks_exporter.simulator.gate_reply import reply
from boks_exporter.simulator.operator_gate import OperatorGates
from tests.unit.simulated_domains import domain_of, listed
from tests.unit.test_simulator_operator import HOST, Line, ask
from tests.virtual.virtual_operator import VirtualOperator
from tests.virtual.virtual_time import run_virtually

MASTER = "MASTER1"


@pytest.mark.parametrize(
    "met", [Connectivity.UNREACHABLE, Connectivity.REFUSED, Connectivity.WRONG_LOGIN, Connectivity.WRONG_HOST_KEY]
)
def test_the_runner_can_lose_a_host_that_the_others_reach(met: Connectivity) -> None:
    domain = domain_of()
    domain.network.set_ssh(MASTER, met)
    domain.connect()
    domain.advance(900.0)
    assert domain.connectivity(MASTER) is met
    assert domain.reach(HOST, MASTER, 6500) is PortReach.REACHABLE
    assert domain.truth().hosts[HOST].oldest_missing < 1.0
    assert domain.masters() == (MASTER,)
    domain.network.heal()
    assert domain.connectivity(MASTER) is Connectivity.OK


def test_a_machine_that_is_off_is_unreachable_whatever_the_network() -> None:
    domain = domain_of()
    domain.network.set_ssh(MASTER, Connectivity.REFUSED)
    domain.set_fault(MASTER, Fault.MASTER_DEAD)
    assert domain.connectivity(MASTER) is Connectivity.UNREACHABLE
    assert domain.reach(HOST, MASTER, 22) is PortReach.TIMEOUT


def test_a_partition_stops_updates_and_the_runner_still_reaches_both_sides() -> None:
    domain = domain_of()
    domain.network.partition([HOST], [name for name in domain.hosts if name != HOST])
    domain.connect()
    domain.advance(1500.0)
    assert (domain.connectivity(HOST), domain.connectivity(MASTER)) == (Connectivity.OK, Connectivity.OK)
    assert domain.reach(HOST, MASTER, 6500) is PortReach.TIMEOUT
    assert not domain.hosts[HOST].source
    assert listed(domain)[HOST] == "DOWN"
    domain.network.heal()
    domain.connect()
    domain.advance(3000.0)
    assert domain.truth().hosts[HOST].oldest_missing < 1.0


def test_one_port_of_one_connection_can_be_closed() -> None:
    """What a witness meets is asked of the network by the witness's own name."""
    domain = domain_of()
    gates = OperatorGates(domain)
    domain.network.set_reach(HOST, MASTER, PortReach.REFUSED, 6500)
    address = domain.hosts[MASTER].address
    assert ask(gates, f"reach {address} 6500")[0] == "|reach=refused"
    assert ask(gates, f"reach {address} 22")[0] == "|reach=reachable"
    assert ask(gates, f"reach {address} 6500", "REPHOST4")[0] == "|reach=reachable"


def sent(domain: SimulatedDomain, fault: ConnectionFault, *, is_asked: bool) -> tuple[OperatorGates, str]:
    """Send a change whose request meets a fault, and ask for its record or not; returns how the exchange ended."""
    gates = OperatorGates(domain)
    ask(gates, "lock r1 alice")
    operator = VirtualOperator(gates)
    host = Host(HOST, "127.0.0.3")

    async def scene() -> str:
        operator.connection_fault = lambda _host, line: fault if " do " in line else None
        try:
            await operator.ask(host, Line("do r1.1 convert client"))  # type: ignore[arg-type]  # a line of a request
            ended = "answered"
        except TransportError as error:
            ended = error.reason
        if is_asked:
            record = await operator.ask(host, Line("record r1.1"))  # type: ignore[arg-type]  # as above
            assert b"state=none" in record.stdout
            await asyncio.sleep(1.0)
            domain.advance(asyncio.get_running_loop().time())
        return ended

    return gates, run_virtually(scene(), begins=domain.now)


def test_a_late_request_arrives_after_the_connection_is_gone() -> None:
    domain = domain_of()
    gates, ended = sent(domain, ConnectionFault.LATE, is_asked=False)
    assert (ended, gates.states[HOST].records) == (FailureReason.CHANNEL, {})
    domain.advance(domain.now + LATE_SECONDS + 10.0)
    assert domain.hosts[HOST].role == "client"


def test_a_late_request_can_arrive_right_after_the_answer_that_nothing_was_begun() -> None:
    domain = domain_of()
    gates, _ = sent(domain, ConnectionFault.LATE, is_asked=True)
    assert list(gates.states[HOST].records) == ["r1.1"]


def test_a_request_that_arrives_twice_runs_once() -> None:
    domain = domain_of()
    gates, ended = sent(domain, ConnectionFault.TWICE, is_asked=False)
    assert ended == "answered"
    domain.run(HOST, ("convert", "-v", "server"))
    domain.advance(domain.now + LATE_SECONDS + 10.0)
    assert (domain.hosts[HOST].role, len(gates.states[HOST].records)) == ("server", 1)


def test_a_database_that_was_moved_half_is_there_in_part() -> None:
    """Each table is a file; what is moved aside first is missing first, and comes back file by file."""
    domain = domain_of(tables=(1, 2, 6))
    for file in ("tab1.dat", "tab2.dat"):
        domain.move_file_aside(HOST, "x", file)
    assert {path.rpartition("/")[2] for path in domain.files(HOST) if "/data/" in path} == {"tab6.dat", "sequence"}
    assert set(domain.hosts[HOST].copy.numbers(domain.now)) == {6}
    assert set(domain.hosts[HOST].aside["x"].numbers(domain.now)) == {1, 2}
    domain.move_file_aside(HOST, "y", "tab6.dat")
    domain.move_file_aside(HOST, "y", "sequence")
    assert domain.hosts[HOST].copy.database is None
    for name, file in (("y", "sequence"), ("x", "tab1.dat"), ("y", "tab6.dat"), ("x", "tab2.dat")):
        domain.bring_file_back(HOST, name, file)
    assert set(domain.hosts[HOST].copy.numbers(domain.now)) == {1, 2, 6}
    assert domain.hosts[HOST].aside == {}


def test_every_host_has_a_clock_of_its_own() -> None:
    domain = domain_of()
    domain.hosts[HOST].clock_skew_seconds = 3600.0
    assert domain.clock(HOST) - domain.clock(MASTER) == 3600.0
    first = [reply(domain, name, "boks-gate/1 role").stdout.splitlines()[0] for name in (HOST, MASTER)]
    assert first[0] != first[1]
    gates = OperatorGates(domain)
    since = [next(each for each in ask(gates, "lock r1 alice", name) if "since" in each) for name in (HOST, MASTER)]
    assert since[0] > since[1]


def test_a_power_loss_leaves_an_empty_lock_file() -> None:
    """The plan sees no holder, and the lock cannot be acquired."""
    gates = OperatorGates(domain_of())
    ask(gates, "lock r1 alice")
    gates.states[HOST].lose_power()
    assert "|lock=" in ask(gates, "preflight")
    assert ask(gates, "lock r2 bob") == ["|lock=failed", "=end lock exit=1 seconds=0"]


def test_a_reused_process_id_passes_for_a_running_command() -> None:
    gates = OperatorGates(domain_of())
    ask(gates, "lock r1 alice")
    gates.handle(HOST, Line("do r1.1 convert client").line())
    gates.states[HOST].records["r1.1"].interrupt()
    assert gates.states[HOST].running() == "none"
    gates.states[HOST].reuse_process_ids()
    assert gates.states[HOST].running() == "r1.1"
