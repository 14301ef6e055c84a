"""`boks-exporter gate` and `version`."""

import subprocess
from pathlib import Path

import pytest

from boks_exporter.cli.root_command import run
from boks_exporter.remote.gate import GateKind, gate_text, gate_version
from boks_exporter.remote.installation import (
    authorized_keys_line,
    gate_conf,
    instructions,
    sent_sudoers_lines,
    sudoers_lines,
)
from boks_exporter.remote.settings import Prefix, RemotePaths

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB8Ht8Z3j6yDWPBHQtOp/R9rjWvfMYo3MSA/K6q8D86r exporter\n"
PATHS = RemotePaths(prefix=Prefix.SUDO)
GATE = "/opt/boks-gate/gate.sh"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "id.pub"
    file.write_text(KEY, encoding="utf-8")
    return file


def test_the_gate_is_printed_byte_for_byte(capsys: pytest.CaptureFixture[str]) -> None:
    """Redirected into a file, it is the script."""
    assert run(["gate"]) == 0
    assert capsys.readouterr().out == gate_text()


def test_the_operator_gate_is_printed_byte_for_byte(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["gate", "--operator"]) == 0
    assert capsys.readouterr().out == gate_text(GateKind.OPERATOR)


def test_the_operators_installation_names_the_operator_gate(key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["gate", "install", "--operator", "--from", "192.0.2.20", "--public-key", str(key)]) == 0
    out = capsys.readouterr().out
    assert out == instructions("boksop", "192.0.2.20", KEY, "/opt/boks-gate/operator-gate.sh", PATHS, operator=True)
    assert 'command="/opt/boks-gate/operator-gate.sh"' in out
    assert "boksop ALL=(root) NOPASSWD: /opt/boks-gate/operator-gate.sh request-on-stdin" in out


def test_the_gate_shows_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    """Version and protocol can be compared with what a host answers."""
    assert run(["gate", "--version"]) == 0
    assert capsys.readouterr().out == f"gate {gate_version()}, protocol boks-gate/2\n"


def test_the_installation_is_printed(key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All steps, with the address and the key filled in."""
    assert run(["gate", "install", "--from", "192.0.2.10", "--public-key", str(key)]) == 0
    assert capsys.readouterr().out == instructions("boksmon", "192.0.2.10", KEY, GATE, PATHS)


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("authorized_keys", authorized_keys_line(KEY, "192.0.2.10", GATE)),
        ("boks-gate.conf", gate_conf(PATHS)),
        ("sudoers", sudoers_lines("boksmon", GATE)),
        ("sudoers-sent", sent_sudoers_lines("boksmon", PATHS)),
    ],
)
def test_one_file_alone_can_be_printed(part: str, text: str, key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For configuration management, which writes the files itself."""
    assert run(["gate", "install", "--from", "192.0.2.10", "--public-key", str(key), "--only", part]) == 0
    assert capsys.readouterr().out == text


def test_every_path_can_be_another(key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Options reach the file that the gate reads."""
    paths = RemotePaths(boks_etc="/e", boks_var="/v", boksadm="/b", prefix=Prefix.SUEXEC, section_timeout_seconds=30)
    options = ["--boks-etc", "/e", "--boks-var", "/v", "--boksadm", "/b", "--prefix", "suexec", "--section-timeout"]

    run(["gate", "install", "--from", "x", "--public-key", str(key), "--only", "boks-gate.conf", *options, "30s"])

    assert capsys.readouterr().out == gate_conf(paths)


def test_what_cannot_be_pasted_is_refused(key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An address with a quote would open the line; the message says what was expected."""
    assert run(["gate", "install", "--from", '1.2.3.4" ', "--public-key", str(key)]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert "Invalid value for '--from': expected the addresses of the exporter" in err


def test_a_private_key_is_refused_by_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The message names the file, and repeats nothing of it."""
    file = tmp_path / "id"
    file.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz", encoding="utf-8")

    assert run(["gate", "install", "--from", "x", "--public-key", str(file)]) == 1
    assert capsys.readouterr().err == (
        f"Error: --public-key {file}: expected a public key (the file that ends in .pub), found a private key: "
        "keep it on the exporter\n"
    )


def test_a_key_that_is_not_there_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Missing and unreadable files are named with the reason."""
    assert run(["gate", "install", "--from", "x", "--public-key", str(tmp_path / "no.pub")]) == 1
    assert (
        capsys.readouterr().err == f"Error: --public-key {tmp_path}/no.pub cannot be read: No such file or directory\n"
    )


def test_the_version_names_program_and_gate(capsys: pytest.CaptureFixture[str]) -> None:
    """What a report of a fault needs."""
    assert run(["version"]) == 0

    first, *more = capsys.readouterr().out.splitlines()
    assert first.startswith("boks-exporter ")
    assert [line.split()[0] for line in more] == ["revision", "python", "gate"]
    assert f"{gate_version()}, protocol boks-gate/2" in more[-1]


@pytest.mark.parametrize("options", [[], ["--operator"], ["--prefix", "suexec", "--gate-path", "/usr/boks/gate"]])
def test_the_installer_is_one_whole_shell_script(
    options: list[str], key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The gate is in it byte for byte, and the shell can read all of it."""
    assert run(["gate", "installer", "--from", "192.0.2.10", "--public-key", str(key), *options]) == 0
    text = capsys.readouterr().out
    assert gate_text(GateKind.OPERATOR if "--operator" in options else GateKind.READING) in text
    ran = subprocess.run(["sh", "-n"], input=text, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("option", ["--gate-path", "--keys-file", "--boksadm"])
def test_a_path_that_a_shell_would_read_otherwise_is_refused(
    option: str, key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["gate", "installer", "--from", "192.0.2.10", "--public-key", str(key), option, "/opt/$(id)"]
    assert run(arguments) == 2
    assert capsys.readouterr().out == ""
