"""Output and errors without end: they hide nothing, and cost their own section of the reading gate only."""

from pathlib import Path

import pytest

from tests.integration.gate_floods import FLOODS, check_that_nothing_is_hidden
from tests.integration.shells import fixture_of_shells
from tests.unit.gate_runs import ask, install_gate
from tests.unit.gate_tree import Tree

shell = fixture_of_shells()


@pytest.mark.parametrize("flood", ["exec yes $0", "exec tr '\\0' x </dev/zero"])
def test_output_without_end_costs_its_own_section_only(tree: Tree, tmp_path: Path, shell: str, flood: str) -> None:
    """Whether the memory limit or the time limit ends it: the host survives, the others are answered."""
    tree.boksadm_is(f'case "$*" in *sequence) {flood} ;; esac\necho fine\n')
    gate = install_gate(tree, tmp_path / "gate", shell=shell, limit=2)
    sequence, listed, role = ask(gate, "sequence list role").sections
    assert sequence.timed_out or not sequence.is_whole
    assert (listed.stdout, listed.exit_status, role.exit_status) == ("fine\n", 0, 0)


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_hides_neither_rows_nor_errors(tree: Tree, tmp_path: Path, shell: str, flood: str) -> None:
    """The others are in tests/slow."""
    check_that_nothing_is_hidden(tree, tmp_path / "gate", shell, FLOODS[flood])


def test_an_error_log_as_long_as_the_memory_is_not_quoted_in_part(tree: Tree, tmp_path: Path, shell: str) -> None:
    """All of its last lines, or a section that has failed."""
    gate = install_gate(tree, tmp_path / "gate", shell=shell, settings="gate_memory=16000\n")
    for length in (2_000_000, 3_000_000):
        (tree.var / "boks_errlog").write_bytes(b"first\n" + b"x" * length + b"\nlast\n")
        (errlog,) = ask(gate, "errlog").sections
        assert errlog.exit_status != 0 or errlog.stdout.endswith("> last\n")


def test_what_follows_the_end_is_no_output(tree: Tree, tmp_path: Path) -> None:
    """A child that has closed its errors prints after the gate has written the end: the section is not whole then."""
    tree.boksadm_is("echo row\n(sleep 0.5; echo late) 2>/dev/null &\nexit 0\n")
    sequence, role = ask(install_gate(tree, tmp_path / "gate", limit=60), "sequence role").sections
    assert (sequence.stdout == "row\nlate\n" and sequence.is_whole) or not sequence.is_whole
    assert "whole" not in sequence.stdout + sequence.stderr
    assert role.exit_status == 0


def test_the_shell_that_holds_an_output_has_a_limit_of_memory(tree: Tree, tmp_path: Path) -> None:
    """A line of 300 MB ends the shell that reads it, long before the time limit, and no other."""
    tree.boksadm_is('case "$*" in *sequence) exec head -c 200000000 /dev/zero | tr "\\0" x ;; esac\necho fine\n')
    sequence, listed = ask(install_gate(tree, tmp_path / "gate", limit=60), "sequence list").sections
    assert (sequence.exit_status, sequence.stdout, sequence.is_whole) == (137, "", False)
    assert listed.stdout == "fine\n"


def test_a_flood_of_errors_hides_no_output(tree: Tree, tmp_path: Path, shell: str) -> None:
    tree.boksadm_is('echo out\nsed -n "s/.*/&&&&&/p" "${0%/*}/rows" >&2\n')
    (tree.root / "rows").write_text("0123456789\n" * 5_000)
    (sequence,) = ask(install_gate(tree, tmp_path / "gate", shell=shell), "sequence").sections
    assert (sequence.stdout, sequence.exit_status) == ("out\n", 0)
    assert sequence.stderr == ("0123456789" * 5 + "\n") * 50
