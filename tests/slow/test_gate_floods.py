"""More floods than `make test` has time for, of which ksh93 takes seconds each."""

from pathlib import Path

import pytest

from tests.integration.gate_floods import MORE_FLOODS, check_that_nothing_is_hidden
from tests.integration.shells import fixture_of_shells
from tests.unit.gate_tree import Tree

shell = fixture_of_shells()


@pytest.mark.parametrize("flood", MORE_FLOODS)
def test_a_flood_hides_neither_rows_nor_errors(tmp_path: Path, shell: str, flood: str) -> None:
    check_that_nothing_is_hidden(Tree(tmp_path / "host"), tmp_path / "gate", shell, MORE_FLOODS[flood])
