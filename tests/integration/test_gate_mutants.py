"""The gates' tests notice a change of a gate: a few of the changes that `make mutate-gate` tries, by a seed."""

import pytest

from boks_exporter.remote.gate import GateKind, gate_text
from tests.gates.mutate import Mutant, excerpt, is_noticed, mutants

EXCERPT = excerpt(2, seed=20261130)


def test_every_change_can_be_made() -> None:
    """Each text is in its gate once; there are at least thirty for each gate."""
    changes = list(mutants())
    for mutant in changes:
        assert mutant.apply(gate_text(mutant.kind)) != gate_text(mutant.kind)
    assert min(sum(mutant.kind is kind for mutant in changes) for kind in GateKind) >= 30


@pytest.mark.parametrize("mutant", EXCERPT, ids=lambda mutant: mutant.old.split("\n")[0][:40])
def test_a_changed_gate_is_noticed(mutant: Mutant) -> None:
    assert is_noticed(mutant)
