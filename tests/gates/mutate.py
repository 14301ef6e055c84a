"""Run the gates' behavioural tests against changed gates; each change of mutants.txt must be noticed."""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from boks_exporter.remote.gate import GateKind, gate_text

ROOT = Path(__file__).resolve().parents[2]
CHANGES = Path(__file__).with_name("mutants.txt")
TESTS = {
    GateKind.READING: (
        "tests/integration/test_gate_configuration.py",
        "tests/unit/test_gate_replies.py",
        "tests/integration/test_reading_gate.py",
        "tests/unit/test_gate_requests.py",
        "tests/integration/test_reading_gate_loop.py",
        "tests/integration/test_reading_gate_limits.py",
        "tests/integration/test_reading_gate_diagnosis.py",
        "tests/unit/test_gate_configuration.py",
    ),
    GateKind.OPERATOR: (
        "tests/integration/test_operator_gate_changes.py",
        "tests/integration/test_operator_gate_races.py",
        "tests/integration/test_operator_gate_idempotency.py",
        "tests/integration/test_operator_gate_keeps.py",
        "tests/integration/test_operator_gate_queries.py",
        "tests/unit/test_gate_operator_requests.py",
    ),
}
_LONGEST_SECONDS = 900
"""Far more than all tests take; a change that makes them hang is noticed."""
ONE_SHELL = "not busybox and not ksh93 and not mksh and not bash"
"""The changes are of what all shells have in common; one of them notices."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one gate: a text that is in it once, its replacement, and the test that notices it."""

    kind: GateKind
    test: str
    old: str
    new: str

    def apply(self, text: str) -> str:
        if text.count(self.old) != 1:
            message = f"expected {self.old!r} once in the {self.kind} gate, found it {text.count(self.old)} times"
            raise ValueError(message)
        return text.replace(self.old, self.new)


def mutants() -> Iterator[Mutant]:
    """Parse mutants.txt: `@ KIND TEST`, lines with `-`, lines with `+`."""
    for block in CHANGES.read_text(encoding="utf-8").removeprefix("@ ").split("\n@ "):
        head, *lines = block.removesuffix("\n").split("\n")
        kind, _, test = head.partition(" ")
        old = "\n".join(line[1:] for line in lines if line.startswith("-"))
        new = "\n".join(line[1:] for line in lines if line.startswith("+"))
        yield Mutant(GateKind(kind), test, old, new)


def is_noticed(mutant: Mutant) -> bool:
    """Run its own test against the changed gate, and all others where that one passes; whether one of them fails."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as directory:
        for kind in GateKind:
            text = gate_text(kind)
            Path(directory, f"gate-{kind}.sh").write_text(mutant.apply(text) if kind is mutant.kind else text)
        return fails(directory, [mutant.test]) or fails(directory, TESTS[mutant.kind])


def fails(gates: str, tests: Iterable[str]) -> bool:
    """Run tests against the gates in this directory."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-k", ONE_SHELL]
    command += ["-p", "tests.gates.changed_gate", f"--basetemp={gates}/pytest"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CHANGED_GATES": gates}
    try:
        result = subprocess.run(
            [*command, *tests], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=_LONGEST_SECONDS
        )
    except subprocess.TimeoutExpired:
        return True
    if result.returncode not in {0, 1}:
        raise RuntimeError(result.stdout + result.stderr)
    return result.returncode == 1


def excerpt(count: int, seed: int) -> list[Mutant]:
    """Choose some of the changes by a seed."""
    return sorted(mutants(), key=lambda each: sha256(f"{seed} {each.kind}{each.old}".encode()).digest())[:count]


def main() -> int:
    """Try all changes, or an excerpt; 1 if one survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, help="so many of them, chosen by the seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    chosen = excerpt(given.sample, given.seed) if given.sample else list(mutants())
    survivors = 0
    with ThreadPoolExecutor(given.jobs) as pool:
        for mutant, noticed in zip(chosen, pool.map(is_noticed, chosen), strict=True):
            survivors += not noticed
            result = "noticed " if noticed else "SURVIVED"
            sys.stdout.write(f"{result} {mutant.kind} {mutant.old!r} -> {mutant.new!r}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(chosen)} changes, {survivors} survived\n")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
