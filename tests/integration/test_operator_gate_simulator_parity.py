"""The operator's gate over real sshd, and the simulated one: the same replies to the same requests."""

import re
from collections.abc import Iterator

import pytest

from boks_exporter.remote.request import PROTOCOL
from boks_exporter.simulator.domain import Fault, SimulatedDomain
from boks_exporter.simulator.operator_gate import OperatorGates
from tests.integration.fleet import LAYOUT, Fleet, running_fleet
from tests.unit.gate_runs import NONCE
from tests.unit.operator_host import whole

STORY = [
    ("MASTER1", "preflight"),
    ("REPHOST2", "preflight"),
    ("CLIENT1", "preflight"),
    ("MASTER1", "registered"),
    ("REPHOST2", "registered"),
    ("REPHOST2", "lock-show"),
    ("REPHOST2", "do r1.1 boot-stop"),
    ("REPHOST2", "lock r1 alice:console"),
    ("REPHOST2", "lock r1 alice:console"),
    ("REPHOST2", "lock r2 bob:laptop"),
    ("REPHOST2", "unlock r2"),
    ("REPHOST2", "preflight"),
    ("REPHOST2", "record r1.1"),
    ("REPHOST2", "do r1.1 convert server"),
    ("REPHOST2", "do r1.1 convert server"),
    ("REPHOST2", "do r1.1 convert client"),
    ("REPHOST2", "do r1.2 remove-database"),
    ("REPHOST2", "do r1.3 restore-database r1.2"),
    ("REPHOST2", "do r1.4 boot-stop"),
    ("REPHOST2", "preflight"),
    ("REPHOST2", "do r1.5 boot-start"),
    ("REPHOST2", "do r1.6 convert client"),
    ("REPHOST2", "do r1.7 restore-database r1.2"),
    ("REPHOST2", "do r1.8 remove-database"),
    ("REPHOST2", "do r1.9 remove-database"),
    ("REPHOST2", "preflight"),
    ("REPHOST2", "do r1.10 convert master"),
    ("REPHOST2", "do r1.11 restore-database r1.8"),
    ("REPHOST2", "preflight"),
    ("REPHOST2", "do r1.12 restore-database r1.8"),
    ("REPHOST2", "do r1.13 remove-database"),
    ("REPHOST2", "asides"),
    ("REPHOST2", "do r1.17 remove-aside r1.2"),
    ("REPHOST2", "do r1.18 remove-aside r1.13"),
    ("REPHOST2", "asides"),
    ("REPHOST2", "freeze 3600 alice:console new_disks"),
    ("REPHOST2", "preflight"),
    ("REPHOST2", "unfreeze"),
    ("REPHOST2", "preflight"),
    ("REPHOST2", "do r1.14 set-shm-size 24000"),
    ("REPHOST2", "do r1.15 convert server"),
    ("REPHOST2", "record r1.15"),
    ("REPHOST2", "void r1.15"),
    ("REPHOST2", "void r1.16"),
    ("REPHOST2", "do r1.16 boot-stop"),
    ("REPHOST2", "record r1.16"),
    ("REPHOST2", "unlock r1"),
    ("REPHOST2", "break-lock r1"),
    ("MASTER1", "lock r3 carol"),
    ("MASTER1", "do r3.1 convert server"),
    ("MASTER1", "do r3.2 convert client"),
    ("MASTER1", "do r3.3 convert master"),
    ("MASTER1", "break-lock r3"),
    ("REPHOST3", "lock r4 dave"),
    ("REPHOST3", "do r4.1 convert master"),
    ("REPHOST3", "do r4.2 convert client"),
    ("REPHOST3", "do r4.3 convert server"),
    ("REPHOST3", "unlock r4"),
]

REFUSED = [
    "role",
    "op",
    "op do",
    "op do r1 boot-stop",
    "op do r1.1 boot-stop now",
    "op do -r.1 boot-stop",
    "op do r1.1 convert replica",
    "op do r1.1 set-shm-size 0",
    "op do r1.1 set-shm-size 123456789",
    "op reach host 65536",
    "op reach host 65535 x",
    "op reach -h 22",
    "op lock r1",
    "op lock r.1 alice",
    "op lock r1 alice@console",
    f"op record r1.{'x' * 62}",
    "op void r1",
    "op asides r1",
    "op do r1.1 remove-aside r1",
    "op freeze 0 alice why",
    "op freeze 604801 alice why",
    "op freeze 604800 alice",
    f"op freeze 604800 alice {'x' * 121}",
    "op unfreeze r1",
    "loop 60 op preflight",
    "op " + "x" * 400,
]


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with running_fleet(section_timeout_seconds=8) as fleet:
        yield fleet


@pytest.fixture(scope="module")
def gates() -> OperatorGates:
    return OperatorGates(SimulatedDomain(LAYOUT, seed=1))


def real(fleet: Fleet, host: str, line: str) -> str:
    """Ask through OpenSSH with the operator's key, again for as long as it runs."""
    while True:
        command = fleet.command("ssh", host, PROTOCOL, key=fleet.servers.operator_identity_file)
        reply = fleet.run(command, stdin=f"{line}\n")
        if "state=running" not in reply.stdout:
            return re.sub(r"(?<=[^.]) repeated=yes$", "", reply.stdout, flags=re.MULTILINE)


def virtual(gates: OperatorGates, host: str, line: str) -> str:
    answer = gates.handle(host, line)
    gates.domain.advance(answer.over_at)
    return answer.text().decode().replace(" repeated=yes", "")


def test_a_story_reads_the_same_on_both(fleet: Fleet, gates: OperatorGates) -> None:
    """Locks, refusals, conversions, a database moved aside and back, records: byte for byte but for the figures."""
    for host, words in STORY:
        line = f"{PROTOCOL} {NONCE} op {words}"
        shown, twins = (
            re.sub(r"(?<=freeze=)\d{10}|(?<=kilobytes=)\d+|(?<=moved=)\d{4}-\S+", "ITS-OWN", whole(text.encode()))
            for text in (real(fleet, host, line), virtual(gates, host, line))
        )
        shown = shown.replace("|hostname=HERE", "|hostname=")
        assert shown == twins.replace("|hostname=HERE", "|hostname="), (host, words)
        roles = {name: each.role for name, each in fleet.domain.hosts.items()}
        assert roles == {name: each.role for name, each in gates.domain.hosts.items()}, (host, words)


@pytest.mark.parametrize("words", REFUSED)
def test_both_refuse_the_same_words(fleet: Fleet, gates: OperatorGates, words: str) -> None:
    """With the same reason."""
    line = f"{PROTOCOL} {NONCE} {words}"
    assert real(fleet, "REPHOST3", line) == virtual(gates, "REPHOST3", line)


def test_the_reading_key_changes_nothing_over_sshd(fleet: Fleet) -> None:
    """The two keys are in one file; the forced command of each separates them."""
    got = fleet.ssh("REPHOST3", PROTOCOL, stdin=f"{PROTOCOL} {NONCE} op lock r9 mallory\n")
    assert (got.returncode, got.stdout) == (64, f"={NONCE} refused unknown_word\n")


def test_a_machine_that_goes_down_interrupts_its_command(fleet: Fleet) -> None:
    """After the boot the record tells so, the lock is still there, and a new id goes on."""
    host, before = "REPHOST3", f"{PROTOCOL} {NONCE} op "
    assert "lock=held" in real(fleet, host, f"{before}lock r5 erin")
    fleet.set_fault(host, Fault.HANGING)
    line = f"{before}do r5.1 boot-stop"
    command = fleet.command("ssh", host, PROTOCOL, key=fleet.servers.operator_identity_file)
    assert "state=running" in fleet.run(command, stdin=f"{line}\n").stdout
    fleet.call(fleet.servers.power_off(host))
    fleet.clear_fault(host, Fault.HANGING)
    fleet.clear_fault(host, Fault.MASTER_DEAD)
    assert " end do state=interrupted" in real(fleet, host, line)
    assert " end do state=done exit=0" in real(fleet, host, f"{before}do r5.2 boot-stop")
    assert not fleet.domain.hosts[host].daemons_running
