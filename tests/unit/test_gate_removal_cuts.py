"""A removal of a database and its undoing, cut at every change of the file system, by the gate's own functions."""

import re
import subprocess
from pathlib import Path

import pytest

from boks_exporter.remote.gate import GateKind, gate_text

FUNCTIONS = (
    "is_plain",
    "is_there",
    "database",
    "restore_objection",
    "remove_database",
    "end_removals",
    "restore_database",
    "remove_aside",
)
NAMES = ("sequence", "tab1.dat", "tab two.dat", " tab3 .dat", "-n.dat", "tab\\t\\0101.dat", "t*b.dat", "täb.dat")
SCRIPT = """
set -f
nl='
'
say() { printf '%s\\n' "$1"; }
gate_var=$1
data=$1/data
cut() { # COMMAND...: the change with the number $at fails, or its process ends right before or after it
	count=$((count + 1))
	[ "$count" != "$at" ] || case $how in
	fails) return 1 ;;
	before) exit 137 ;;
	*) command "$@"; exit 137 ;;
	esac
	command "$@"
}
mkdir() { cut mkdir "$@"; }
mv() { cut mv "$@"; }
rm() { cut rm "$@"; }
rmdir() { cut rmdir "$@"; }
played() { # how and at which change it is cut, and what is done
	how=$1 at=$2 count=0
	shift 2
	("$@") >/dev/null 2>&1
}
"""


def function(name: str) -> str:
    gate = gate_text(GateKind.OPERATOR)
    found = re.search(rf"^{name}\(\) [{{(].*?^[}})]\n", gate, re.MULTILINE | re.DOTALL)
    assert found
    return found[0]


def play(root: Path, *lines: str) -> list[str]:
    """Run lines of a script on a data directory; returns the words that they print."""
    script = "\n".join((SCRIPT, *map(function, FUNCTIONS), *lines, ""))
    ended = subprocess.run(["sh", "-c", script, "sh", str(root)], capture_output=True, text=True, check=True)
    return ended.stdout.split()


def make(root: Path, names: tuple[str, ...] = NAMES) -> Path:
    data = root / "data"
    data.mkdir()
    for name in names:
        (data / name).write_text(name)
    (data / "LOG").write_text("a log")
    return data


def whole(data: Path, names: tuple[str, ...] = NAMES) -> bool:
    """Whether every file of the database is in its place, with its own content, and nothing is moved aside."""
    return {path.name: path.is_file() and path.read_text() for path in data.iterdir()} == {
        **{name: name for name in names},
        "LOG": "a log",
    }


@pytest.mark.parametrize("how", ["fails", "before", "after"])
def test_a_cut_removal_is_no_whole_database_and_comes_back(tmp_path: Path, how: str) -> None:
    """Where a file is missing the word is never `present`, and one undoing, itself cut anywhere, brings all back."""
    cuts = 12
    for number in range(1, cuts + 1):
        (tmp_path / str(number)).mkdir()
        make(tmp_path / str(number))
    loop = "\n".join(
        (
            "number=1",
            f'while [ "$number" -le {cuts} ]; do',
            '  gate_var="$1/$number" data="$1/$number/data"',
            f'  played {how} "$number" remove_database "$data" R1.3',
            "  left=`ls \"$data\" | grep -c -e 'dat$' -e '^sequence$'`",
            '  echo "$left:`database`"',
            f'  played {how} $((1 + number % 9)) restore_database "$data" R1',
            '  echo "`ls "$data" | grep -c -e \'dat$\' -e "^sequence$"`:`database`"',
            '  played fails 0 restore_database "$data" R1',
            "  echo end:`database`",
            "  number=$((number + 1))",
            "done",
        )
    )
    words = play(tmp_path, loop)
    seen = [word.split(":") for word in words if not word.startswith("end:")]
    assert len(words) == 3 * cuts
    assert not [word for left, word in seen if int(left) < len(NAMES) and word == "present"], words
    assert seen[-2] == ["0", "absent"], "the last one is not cut"
    assert {word for word in words if word.startswith("end:")} == {"end:present"}
    assert all(whole(tmp_path / str(number) / "data") for number in range(1, cuts + 1))


def test_what_a_run_has_ended_of_another_is_half_done_again_with_its_undoing(tmp_path: Path) -> None:
    """Half a database lies aside of either run: the second one's undoing does not make it whole."""
    data = make(tmp_path)
    words = play(
        tmp_path,
        'played fails 5 remove_database "$data" R1.3; database',
        'played fails 0 remove_database "$data" R2.3; database',
        'played fails 0 restore_database "$data" R2; database',
        'played fails 0 restore_database "$data" R1; database',
    )
    assert words == ["partial", "absent", "partial", "present"]
    assert whole(data)


def test_the_rest_of_a_removal_is_not_restored_before_what_another_run_has_moved(tmp_path: Path) -> None:
    make(tmp_path)
    objection = "for run in R1 R2; do echo `restore_objection $run.3`; done"
    words = play(
        tmp_path, 'played fails 5 remove_database "$data" R1.3; played fails 0 remove_database "$data" R2.3', objection
    )
    assert words == ["partial_database"]


def test_an_older_gates_removal_is_partial_while_it_comes_back(tmp_path: Path) -> None:
    data = make(tmp_path)
    play(tmp_path, 'played fails 0 remove_database "$data" R1.3')
    (data / "removed-R1.3" / "manifest.R1").rename(data / "removed-R1.3" / "manifest.done")
    assert play(tmp_path, 'played fails 9 restore_database "$data" R1; database') == ["partial"]


def test_a_name_of_two_lines_is_odd(tmp_path: Path) -> None:
    """A list of names cannot have it, and a line of it may be the name of another file."""
    data = make(tmp_path, (*NAMES, "LOG\nx.dat"))
    assert play(tmp_path, "database", 'remove_database "$data" R1.3 2>/dev/null || database') == ["odd", "odd"]
    assert whole(data, (*NAMES, "LOG\nx.dat"))


def test_hidden_files_are_removed_with_what_lies_aside(tmp_path: Path) -> None:
    data = make(tmp_path)
    play(tmp_path, 'played fails 0 remove_database "$data" R1.3')
    (data / "removed-R1.3" / ".nfs0001").touch()
    assert play(tmp_path, 'remove_aside "$data/removed-R1.3"') == ["removed", "removed-R1.3"]
    assert [path.name for path in data.iterdir()] == ["LOG"]
