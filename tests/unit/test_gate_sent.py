"""The gate where it is not installed: sent along with each request."""

import subprocess
from pathlib import Path

import pytest

from boks_exporter.model import Section
from boks_exporter.parsing.reply import parse_reply
from boks_exporter.remote import gate
from boks_exporter.remote.gate import gate_text, gate_version, sent_command, sent_script
from boks_exporter.remote.request import LOOK
from boks_exporter.remote.settings import RemotePaths
from tests.unit.gate_expected import MASTER
from tests.unit.gate_tree import Tree, ask_sent, steady


def test_the_command_is_sh_reading_its_text_with_the_words_of_the_request() -> None:
    """A login shell sees nothing but plain words, which mean the same in every shell, csh included."""
    assert sent_command(LOOK) == "sh -s -- boks-gate/1 role sequence list memory errlog queue checksums"


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
    result = ask_sent(tree)
    assert (steady(result.stdout), result.stderr) == (MASTER, b"")
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_a_path_with_a_newline_breaks_no_frame(tmp_path: Path) -> None:
    """Even that is one word; the errors that name it come prefixed line by line."""
    tree = Tree(tmp_path / "new\n=done sections=1")
    (tree.var / "boks_errlog").unlink()
    sequence, errlog = parse_reply(ask_sent(tree, "boks-gate/1 sequence errlog").stdout).sections
    assert sequence.exit_status == 0
    assert errlog.stderr.endswith("No such file or directory\n")


def test_what_is_sent_ignores_the_hosts_own_request_and_configuration(tmp_path: Path) -> None:
    """Sent along, only the sender's words count: neither SSH_ORIGINAL_COMMAND nor a file beside `sh`."""
    tree = Tree(tmp_path / "host")
    (tmp_path / "boks-gate.conf").write_text("nonsense\n")
    result = subprocess.run(
        ["/bin/sh", "-s", "--", "boks-gate/1", "role"],
        input=sent_script(tree.paths()),
        cwd=tmp_path,
        env={"SSH_ORIGINAL_COMMAND": "boks-gate/1 errlog"},
        capture_output=True,
        timeout=60,
    )
    assert [section.name for section in parse_reply(result.stdout).sections] == [Section.ROLE]


def test_what_is_sent_refuses_other_words_too(tmp_path: Path) -> None:
    """The vocabulary is the same."""
    result = ask_sent(Tree(tmp_path / "host"), "boks-gate/1 convert")
    assert (result.stdout, result.returncode) == (b"=refused unknown_word\n", 64)


def test_the_text_is_sent_whole_with_five_settings_in_their_place() -> None:
    """The sent text is the shipped one, with the domain's paths as assignments before anything uses them."""
    sent = sent_script(RemotePaths()).decode()
    added = [line for line in sent.splitlines() if line not in gate_text().splitlines()]
    assert added == ["gate_sent=yes"]
    assert sent.index("gate_sent=yes") < sent.index("case $gate_sent")
    assert sent.count("\ngate_limit=8\n") == 2


def test_the_version_is_the_gates_own() -> None:
    """One line of the gate says which version it is, and the reply repeats it."""
    assert f"\ngate_version={gate_version()}\n" in gate_text()


def test_a_gate_without_its_landmarks_is_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged gate is found before it is sent anywhere."""
    monkeypatch.setattr(gate, "gate_text", lambda: "#!/bin/sh\n")
    with pytest.raises(AssertionError, match="no line gate_version"):
        gate_version.__wrapped__()
    with pytest.raises(AssertionError, match="no place for the sender's settings"):
        sent_script.__wrapped__(RemotePaths())


def test_the_gate_keeps_to_300_lines() -> None:
    """What runs as root on other people's servers must be read in one sitting; the operator's part in a second one."""
    sent = sent_script(RemotePaths()).decode()
    assert len(sent.splitlines()) <= 330
    assert len(gate_text().splitlines()) - len(sent.splitlines()) <= 450
    assert max(len(line.expandtabs(4)) for line in gate_text().splitlines()) <= 120


def test_a_gate_that_is_sent_along_has_nothing_that_changes_a_host(tmp_path: Path) -> None:
    """The operator's part is not in the text that is sent, and its words are refused."""
    sent = sent_script(RemotePaths()).decode()
    assert not [
        word for word in ("operate", "convert", "remove_database", "Boot") if word in sent.replace("operate_main", "")
    ]
    result = ask_sent(Tree(tmp_path), "boks-gate/1 op preflight")
    assert (result.stdout, result.returncode) == (b"=refused unknown_word\n", 64)
