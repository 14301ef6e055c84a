"""The gate where it is not installed: sent along with each request."""

import subprocess
from pathlib import Path

import pytest

from boks_exporter.model import Section
from boks_exporter.parsing.reply import parse_reply
from boks_exporter.remote import gate
from boks_exporter.remote.gate import SENT_COMMAND, GateKind, gate_text, gate_version, sent_script
from boks_exporter.remote.settings import RemotePaths
from scripts.generate_gates import COMMON, GATES, with_common_part
from tests.unit.gate_expected import MASTER
from tests.unit.gate_runs import NONCE, run_sent, steady
from tests.unit.gate_tree import Tree


def test_the_command_names_nothing_of_the_request() -> None:
    """Argument lists can be read by any local user; the words mean the same in every login shell, csh included."""
    assert SENT_COMMAND == "sh -s"


@pytest.mark.parametrize(
    "name",
    [
        "with blanks",
        'it\'s "quoted"',
        "$(touch canary)",
        "`touch canary`",
        "; touch canary #",
        "back\\slash\\",
        "*?[a-z]",
        "-rf",
        "ünïcödé",
        "%s%n",
        "=done",
    ],
)
def test_paths_are_taken_literally(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """However a path is spelled, it reaches the commands as one word and nothing in it is run."""
    monkeypatch.chdir(tmp_path)
    tree = Tree(tmp_path / name)
    result = run_sent(tree)
    assert (steady(result.stdout), result.stderr) == (MASTER, b"")
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_a_path_with_a_newline_breaks_no_frame(tmp_path: Path) -> None:
    """Even that is one word; the errors that name it come prefixed line by line."""
    tree = Tree(tmp_path / "new\n=done sections=1")
    (tree.var / "boks_errlog").unlink()
    sequence, errlog = parse_reply(run_sent(tree, "sequence errlog").stdout).sections
    assert sequence.exit_status == 0
    assert errlog.stderr.endswith("No such file or directory\n")


def test_what_is_sent_ignores_the_hosts_own_request_and_configuration(tmp_path: Path) -> None:
    """Only the sender's words count: neither SSH_ORIGINAL_COMMAND nor a file next to `sh`."""
    tree = Tree(tmp_path / "host")
    (tmp_path / "boks-gate.conf").write_text("nonsense\n")
    result = subprocess.run(
        ["/bin/sh", "-s"],
        input=sent_script(tree.paths(), f"boks-gate/2 {NONCE} role"),
        cwd=tmp_path,
        env={"SSH_ORIGINAL_COMMAND": "boks-gate/1 errlog"},
        capture_output=True,
        timeout=60,
    )
    assert [section.name for section in parse_reply(result.stdout).sections] == [Section.ROLE]


@pytest.mark.parametrize("words", ["convert", "op preflight", "op do r1 boot-stop"])
def test_what_is_sent_refuses_other_words_too(tmp_path: Path, words: str) -> None:
    """The vocabulary is that of the reading gate."""
    result = run_sent(Tree(tmp_path / "host"), words)
    assert (steady(result.stdout), result.returncode) == ("=refused unknown_word\n", 64)


def test_the_text_is_sent_whole_with_its_settings_in_their_place() -> None:
    """The sent text is the shipped one, with paths and request as assignments before anything uses them."""
    sent = sent_script(RemotePaths(), "boks-gate/2 0a role").decode()
    added = [line for line in sent.splitlines() if line not in gate_text().splitlines()]
    assert added == ["gate_sent=yes", "gate_request='boks-gate/2 0a role'"]
    assert sent.index("gate_sent=yes") < sent.index("case $gate_sent")
    assert sent.count("\ngate_limit=8\n") == 2


def test_the_version_is_the_gates_own() -> None:
    """One line of the gate says which version it is, and the reply repeats it."""
    assert f"\ngate_version={gate_version()}\n" in gate_text()


def test_a_gate_without_its_landmarks_is_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged gate is found before it is sent anywhere."""
    monkeypatch.setattr(gate, "gate_text", lambda *_: "#!/bin/sh\n")
    with pytest.raises(AssertionError, match="no line gate_version"):
        gate_version.__wrapped__()
    with pytest.raises(AssertionError, match="the reading gate has no line"):
        sent_script(RemotePaths(boks_etc="/never/asked/before"), "boks-gate/2 0a role")


def test_the_gates_keep_to_their_length() -> None:
    """What runs as root on login servers must be read in one sitting."""
    assert len(gate_text().splitlines()) <= 692
    assert len(gate_text(GateKind.OPERATOR).splitlines()) - len(COMMON.read_text().splitlines()) <= 700
    for kind in GateKind:
        assert max(len(line.expandtabs(4)) for line in gate_text(kind).splitlines()) <= 120


@pytest.mark.parametrize("gate_file", GATES, ids=lambda file: file.name)
def test_the_common_part_is_the_same_in_both(gate_file: Path) -> None:
    """scripts/generate_gates.py writes it; `make docs` runs it."""
    text = gate_file.read_text(encoding="utf-8")
    assert with_common_part(text, COMMON.read_text(encoding="utf-8")) == text


def test_the_reading_gate_has_no_line_that_changes_a_host() -> None:
    """Nothing of the operator's vocabulary is in the text that is installed for the monitoring key, or sent."""
    words = ("convert", "Boot", "cadm", "removed-", "/lock", "records/", "do_", "detach")
    assert not [word for word in words if word in gate_text()]
