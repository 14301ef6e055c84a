"""The gates' tests notice a change of a gate: a few of the changes that `make mutate-gate` tries, by a seed."""

import subprocess
import sys
from pathlib import Path

from boks_exporter.remote.gate import GateKind, gate_text
from tests.gates.mutate import mutants

ROOT = Path(__file__).parents[2]


def test_every_change_can_be_made() -> None:
    """Each text is in its gate once; there are at least thirty for each gate."""
    changes = list(mutants())
    for mutant in changes:
        assert mutant.apply(gate_text(mutant.kind)) != gate_text(mutant.kind)
    assert min(sum(mutant.kind is kind for mutant in changes) for kind in GateKind) >= 30


def test_changed_gates_are_noticed() -> None:
    command = [sys.executable, "-m", "tests.gates.mutate", "--sample", "2", "--seed", "20261130"]
    tried = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (tried.returncode, tried.stderr) == (0, "")
    assert tried.stdout.endswith("2 changes, 0 survived\n")
