"""An excerpt of `make attack`: a hundred requests to each gate under each shell."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from boks_exporter.remote.gate import GateKind
from tests.attack.attack import GATES, attack
from tests.attack.audit import Audit
from tests.attack.hosts import SHELLS, AttackedHost
from tests.attack.judge import faults_of_audit
from tests.attack.oracle import COMMAND, OPERATOR, READING, judged
from tests.attack.requests import Attempt
from tests.unit import gate_runs
from tests.unit.gate_hostile import HOSTILE
from tests.unit.gate_runs import NONCE
from tests.unit.gate_tree import ADDED, EVERYTHING
from tests.unit.test_gate_operator_requests import EXACT, WRONG

REQUESTS = 100


def known(gate: str) -> Iterator[Attempt]:
    """The requests of which the tests of the gates know the reason why they are refused."""
    lines = (
        [line for line, _ in HOSTILE] if gate == READING else [f"boks-gate/2 {NONCE} op {line}" for line, _ in WRONG]
    )
    return (Attempt(gate, COMMAND, f"{line}\n".encode()) for line in lines)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("gate", GATES)
def test_a_gate_accepts_what_the_oracle_accepts_and_does_nothing_else(gate: str, shell: str) -> None:
    """Replies, commands and files; programs and connections are traced under one shell only."""
    figures = attack(gate, shell, REQUESTS, 1, int(shell == SHELLS[0]), known(gate))
    assert figures.faults == []
    assert figures.requests == REQUESTS
    assert figures.refused
    assert figures.answered


@pytest.mark.parametrize("line", [f"op {line}" for line in EXACT] + EVERYTHING.split() + ADDED.split())
def test_the_oracle_accepts_what_the_clients_send(line: str) -> None:
    gate = OPERATOR if line.startswith("op ") else READING
    assert judged(gate, COMMAND, f"boks-gate/2 {NONCE} {line}\n".encode()).answered


@pytest.mark.parametrize("gate", GATES)
def test_the_oracle_refuses_what_is_known_to_be_refused(gate: str) -> None:
    assert [each for each in known(gate) if not judged(gate, each.command, each.stdin).refused] == []


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        (READING, "case $line in $forbidden) refuse bad_character 64 ;; esac", ":"),
        (OPERATOR, "'4 do '*' convert master'", "'4 do '*' convert '*"),
    ],
)
def test_a_gate_that_accepts_more_is_found_out(monkeypatch: pytest.MonkeyPatch, gate: str, old: str, new: str) -> None:
    """A changed gate, and the known requests that it should refuse."""
    original = gate_runs.gate_text

    def changed(kind: GateKind) -> str:
        assert old in original(kind)
        return original(kind).replace(old, new, 1)

    monkeypatch.setattr(gate_runs, "gate_text", changed)
    assert attack(gate, "dash", 66, 1, 0, known(gate)).faults


@pytest.mark.parametrize(
    ("words", "is_fault"),
    [("-newer file", False), ("-delete", True), ("-newer file -delete", True), ("-exec sh", True)],
)
def test_find_may_compare_times_and_nothing_else(tmp_path: Path, words: str, is_fault: bool) -> None:
    """Of the programs that a gate may start, one can remove files and start others."""
    host = AttackedHost(tmp_path, OPERATOR, "dash", "server")
    audit = Audit([("find", "ENV", *words.split())])
    assert bool(list(faults_of_audit(host, OPERATOR, audit, touches_nothing=False))) is is_fault
