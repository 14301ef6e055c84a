"""The operator's gates of a simulated domain: commands that take time, what becomes of them, and the observer."""

import asyncio
from collections.abc import Callable

import pytest

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host
from boks_exporter.simulator.connection_faults import ConnectionFault
from boks_exporter.simulator.domain import Boksinit, Fault, SimulatedDomain, published_layout
from boks_exporter.simulator.domain.invariants import Invariant, Observer
from boks_exporter.simulator.domain.scheduler import Scheduler
from boks_exporter.simulator.operator_gate import OperatorGates
from boks_exporter.simulator.operator_records import REBOOT_SECONDS, Defect
from tests.virtual.virtual_operator import VirtualOperator
from tests.virtual.virtual_time import run_virtually

HOST = "REPHOST5"


class Line:
    def __init__(self, words: str) -> None:
        self.words = words

    def line(self) -> str:
        return f"boks-gate/1 op {self.words}"


@pytest.fixture
def domain() -> SimulatedDomain:
    domain = SimulatedDomain(published_layout(writes_per_second=2.0), seed=1)
    domain.advance(600.0)
    return domain


@pytest.fixture
def gates(domain: SimulatedDomain) -> OperatorGates:
    gates = OperatorGates(domain)
    for host in domain.hosts:
        ask(gates, "lock r1 alice", host)
    return gates


def ask(gates: OperatorGates, words: str, host: str = HOST) -> list[str]:
    """Ask and wait for the whole answer; the lines between the frames of the section."""
    answer = gates.handle(host, Line(words).line())
    gates.domain.advance(answer.over_at)
    return answer.text().decode().splitlines()[2:-1]


def test_an_agenda_keeps_order_and_forgets_what_was_called_off() -> None:
    """By instant, then as entered."""
    done: list[int] = []
    agenda = Scheduler()
    agenda.enter(2.0, lambda: done.append(2))
    agenda.enter(1.0, lambda: done.append(1))
    off = agenda.enter(1.0, lambda: done.append(0))
    agenda.enter(2.0, lambda: done.append(3))
    off.is_off = True
    while due := agenda.next_before(2.0):
        due.act()
    assert (done, agenda.next_before(9.0)) == ([1, 2, 3], None)


def test_a_conversion_takes_three_seconds_and_goes_part_by_part(domain: SimulatedDomain, gates: OperatorGates) -> None:
    """Daemons stop, the role changes, daemons start, the last line comes."""
    host, began = domain.hosts[HOST], domain.now
    gates.handle(HOST, Line("do r1.1 convert client").line())
    seen = []
    for after in (0.5, 1.2, 1.7, 2.7):
        domain.advance(began + after)
        seen.append((host.daemons_running, str(host.role)))
    assert seen == [(True, "server"), (False, "server"), (False, "client"), (True, "client")]
    assert ask(gates, "do r1.1 convert client") == [
        "|Stopping daemons...",
        "|Setting BOKSINIT=client in ENV file...",
        "|Restarting daemons...",
        "|Conversion from replica to client done.",
        "=end do state=done exit=0 seconds=0 repeated=yes",
    ]


@pytest.mark.parametrize(
    ("spoil", "role", "ending"),
    [
        (Defect.FAILS_AT_ONCE, "server", "state=done exit=1"),
        (Defect.FAILS_IN_THE_MIDDLE, "client", "state=done exit=1"),
        (Defect.FAILS_AT_THE_END, "client", "state=done exit=1"),
        (Defect.PRINTS_RUBBISH, "client", "state=done exit=0"),
        (Defect.HANGS, "client", "state=running"),
        (Defect.REBOOTS, "client", "state=interrupted"),
    ],
)
def test_a_command_goes_wrong_in_its_own_way(
    domain: SimulatedDomain, gates: OperatorGates, spoil: Defect, role: str, ending: str
) -> None:
    """And under its id it never runs again."""
    gates.spoil = lambda _, request: spoil if request.startswith("r1.1 ") else None
    ask(gates, "do r1.1 convert client")
    domain.advance(domain.now + REBOOT_SECONDS + 10)
    gates.spoil = lambda _host, _request: None
    again = ask(gates, "do r1.1 convert client")
    assert again[-1].startswith(f"=end do {ending}")
    assert str(domain.hosts[HOST].role) == role
    assert ask(gates, "do r1.2 boot-start")[-1].startswith(
        "=end do state=refused reason=busy" if spoil is Defect.HANGS else "=end do state=done exit=0"
    )


def test_a_machine_that_rebooted_runs_in_the_role_of_its_env(domain: SimulatedDomain, gates: OperatorGates) -> None:
    """It is away meanwhile, and its lock is still there."""
    gates.spoil = lambda _host, _request: Defect.REBOOTS
    ask(gates, "do r1.1 boot-stop")
    assert Fault.MASTER_DEAD in domain.hosts[HOST].faults
    domain.advance(domain.now + REBOOT_SECONDS)
    assert (Fault.MASTER_DEAD in domain.hosts[HOST].faults, domain.hosts[HOST].daemons_running) == (False, True)
    assert ask(gates, "lock-show")[0] == "|lock=held"


@pytest.mark.parametrize(
    ("host", "port", "fault", "word"),
    [
        ("MASTER1", 6500, None, "reachable"),
        ("127.0.0.2", 6500, None, "reachable"),
        ("MASTER1", 22, None, "reachable"),
        ("REPHOST5", 6500, None, "refused"),
        ("MASTER1", 6500, Fault.DOWN, "refused"),
        ("MASTER1", 22, Fault.REFUSED, "refused"),
        ("MASTER1", 6500, Fault.MASTER_DEAD, "timeout"),
        ("127.0.0.1", 6500, None, "unknown"),
    ],
)
def test_a_witness_sees_what_is_so(
    domain: SimulatedDomain, gates: OperatorGates, host: str, port: int, fault: Fault | None, word: str
) -> None:
    """A requester that cannot be identified is unknown."""
    if fault:
        domain.set_fault("MASTER1", fault)
    assert ask(gates, f"reach {host} {port}", "REPHOST3")[0] == f"|reach={word}"


def test_what_was_moved_aside_is_the_same_when_it_is_back(domain: SimulatedDomain, gates: OperatorGates) -> None:
    """A copy that lay aside got no updates meanwhile."""
    ask(gates, "do r1.1 convert client")
    before = domain.hosts[HOST].copy.numbers(domain.now)
    ask(gates, "do r1.2 remove-database")
    domain.advance(domain.now + 3600)
    assert domain.hosts[HOST].copy.numbers(domain.now) == {}
    ask(gates, "do r1.3 restore-database r1.2")
    assert domain.hosts[HOST].copy.numbers(domain.now) == before


async def exchange(gates: OperatorGates, cut: ConnectionFault | None, words: str) -> bytes:
    way = VirtualOperator(gates)
    way.connection_fault = lambda _host, _line: cut
    gates.domain.advance(asyncio.get_running_loop().time())
    return (await way.ask(Host(HOST, HOST), Line(words))).stdout


@pytest.mark.parametrize(
    ("cut", "begun"), [(ConnectionFault.BEFORE, False), (ConnectionFault.DURING, True), (ConnectionFault.AFTER, True)]
)
def test_a_connection_breaks_before_during_or_after(cut: ConnectionFault, begun: bool) -> None:
    """The asker learns the same each time; the host does not."""
    gates = OperatorGates(SimulatedDomain(published_layout(), seed=1))
    ask(gates, "lock r1 alice")
    with pytest.raises(TransportError, match="the connection broke") as broken:
        run_virtually(exchange(gates, cut, "do r1.1 boot-stop"))
    assert (broken.value.reason, "r1.1" in gates.states[HOST].records) == (FailureReason.CHANNEL, begun)


def test_a_whole_reply_comes_when_its_command_has_ended() -> None:
    """And one whose machine went down never comes; another is garbage."""
    gates = OperatorGates(SimulatedDomain(published_layout(), seed=1))
    ask(gates, "lock r1 alice")
    assert b"=end do state=done exit=0" in run_virtually(exchange(gates, None, "do r1.1 boot-stop"))
    assert not run_virtually(exchange(gates, ConnectionFault.GARBLED, "preflight")).startswith(b"=boks-gate/1")
    gates.spoil = lambda _host, _request: Defect.REBOOTS
    with pytest.raises(TransportError, match="no complete reply") as late:
        run_virtually(exchange(gates, None, "do r1.2 boot-start"))
    assert late.value.reason is FailureReason.TIMEOUT


def promote(domain: SimulatedDomain) -> None:
    domain.run(HOST, ("convert", "-v", "master"))


def remove_after_promotion(domain: SimulatedDomain) -> None:
    domain.set_fault("MASTER1", Fault.MASTER_DEAD)
    domain.set_fault(HOST, Fault.AHEAD)
    domain.run(HOST, ("convert", "-v", "master"))
    domain.remove_data(HOST)


def move_the_best_aside(domain: SimulatedDomain) -> None:
    domain.set_fault(HOST, Fault.AHEAD)
    domain.move_data_aside(HOST, "x")


@pytest.mark.parametrize(
    ("do", "invariant"),
    [
        (promote, Invariant.TWO_MASTERS),
        (remove_after_promotion, Invariant.LAST_COPY_REMOVED),
        (move_the_best_aside, Invariant.LAST_COPY_MOVED_ASIDE),
    ],
)
def test_the_observer_sees_what_must_never_be(
    domain: SimulatedDomain, do: Callable[[SimulatedDomain], None], invariant: Invariant
) -> None:
    """At the same instant, by any operator."""
    observer = Observer(domain)
    do(domain)
    assert {breach.invariant for breach in observer.breaches} == {invariant}
    assert observer.breaches[0].at == domain.now


def test_the_observer_sees_nothing_in_a_planned_change() -> None:
    """Step by step as the procedure says, on a domain where nothing is under way when the master stops."""
    domain = SimulatedDomain(published_layout(writes_per_second=0.001), seed=1)
    gates, observer = OperatorGates(domain), Observer(domain)
    for host in ("MASTER1", HOST):
        ask(gates, "lock r1 alice", host)
    for number, (host, words) in enumerate(
        [
            ("MASTER1", "boot-stop"),
            ("MASTER1", "convert client"),
            ("MASTER1", "boot-stop"),
            (HOST, "convert master"),
            ("MASTER1", "remove-database"),
            ("MASTER1", "convert server"),
        ]
    ):
        domain.advance(domain.now + 60)
        assert ask(gates, f"do r1.{number} {words}", host)[-1].startswith("=end do state=done exit=0")
    domain.advance(domain.now + 600)
    assert (observer.breaches, domain.masters()) == ([], (HOST,))
    assert observer.checks > 6
    assert domain.hosts["MASTER1"].role is Boksinit.SERVER
