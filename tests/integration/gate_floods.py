"""Commands that print more than the memory of a gate's shells holds."""

from pathlib import Path

from tests.unit.gate_runs import ask, install_gate
from tests.unit.gate_tree import Tree

FLOODS = {
    "errors, and then a row": 'head -c 15000000 /dev/zero | tr "\\0" x >&2; echo row; exit 2',
    "rows, and then a row": 'yes "$0" | head -c 3000000; echo row; exit 1',
}
"""Some of them hold it, and some do not: a gate's shell hands the output on to others."""
MORE_FLOODS = {
    "errors": 'exec yes "$0" >&2',
    "errors in one line": 'exec tr "\\0" x </dev/zero >&2',
    "rows, and then errors": 'yes "$0" | head -c 3000000; yes "$0" | head -c 15000000 >&2',
    "a row as long as the memory": 'head -c 6000000 /dev/zero | tr "\\0" x; echo; echo row; exit 1',
    "rows up to a signal": 'yes "$0" | head -c 3000000; kill -TERM $$',
    "errors up to a signal": 'yes "$0" | head -c 15000000 >&2; kill -TERM $$',
}


def check_that_nothing_is_hidden(tree: Tree, directory: Path, shell: str, flood: str) -> None:
    """A section that lacks rows or errors is never read as a whole one. With less memory, a flood need not be long."""
    tree.boksadm_is(f'case "$*" in *sequence) echo first; {flood} ;; esac\necho fine\n')
    gate = install_gate(tree, directory, shell=shell, limit=600, settings="gate_memory=16000\n")
    sequence, listed = ask(gate, "sequence list").sections
    is_failed = sequence.exit_status is None or sequence.exit_status > 128
    assert is_failed or not sequence.is_whole or "row\n" in sequence.stdout
    assert is_failed or not sequence.is_whole or bool(sequence.stderr) is (">&2" in flood)
    assert (listed.stdout, listed.exit_status) == ("fine\n", 0)
