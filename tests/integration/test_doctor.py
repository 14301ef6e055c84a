"""`boks-exporter doctor` against real sshd: each cause is found at its place, and what is before it is ok."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from boks_exporter.cli.root_command import run
from boks_exporter.failover.journal import Journal
from boks_exporter.poller import PersistedState
from boks_exporter.poller.state_database import machine_clock, save_states
from boks_exporter.simulator.domain import Fault
from tests.integration.doctor_runs import Doctor, failures
from tests.integration.fleet import Fleet

EVERYTHING = (
    "name", "port", "algorithms", "host key", "login", "forced command", "sudo rule", "gate version", "boksadm",
    "section role", "section sequence", "section list", "section processes",
    "section diskspace", "unread lines", "clock", "role",
)  # fmt: skip
HOST = "REPHOST2"


@pytest.fixture
def doctor(fleet: Fleet, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Doctor:
    return Doctor(fleet, tmp_path, capsys)


def test_everything_holds(doctor: Doctor) -> None:
    code, checks = doctor.run()
    assert (code, failures(checks)) == (0, set())
    for name in ("configuration", "user", "port", "state file", "journal"):
        assert checks["here", name]["result"] == "ok", checks["here", name]
    for host in ("MASTER1", HOST):
        assert [name for about, name in checks if about == host and name in EVERYTHING] == list(EVERYTHING)
        assert "SHA256:" in checks[host, "host key"]["found"]
    assert checks[HOST, "section list"]["result"] == "skipped"  # no master's list on a replica
    assert checks["trial", "master"]["found"] == "MASTER1"


def test_files_of_a_running_exporter_are_found_usable_and_left_alone(doctor: Doctor, tmp_path: Path) -> None:
    state, journal = tmp_path / "state.sqlite", tmp_path / "journal.sqlite"
    save_states(state, {"trial": PersistedState(last_known_master="MASTER1")}, machine_clock)
    with Journal(journal):
        pass
    before = [file.read_bytes() for file in (state, journal)]
    code, checks = doctor.run()
    assert (code, failures(checks)) == (0, set())
    assert "can be written" in checks["here", "state file"]["found"]
    assert "can be written" in checks["here", "journal"]["found"]
    assert [file.read_bytes() for file in (state, journal)] == before


@pytest.mark.parametrize(
    ("fault", "stage", "passed"),
    [
        (Fault.REFUSED, "port", ["name"]),
        (Fault.WRONG_HOST_KEY, "host key", ["name", "port", "algorithms"]),
        (Fault.WRONG_LOGIN, "login", ["name", "port", "algorithms", "host key"]),
        (Fault.UNREACHABLE, "ssh server", ["name", "port"]),
    ],
)
def test_a_fault_is_found_at_its_place(
    fleet: Fleet, doctor: Doctor, fault: Fault, stage: str, passed: list[str]
) -> None:
    fleet.set_fault(HOST, fault)
    code, checks = doctor.run(HOST)
    assert (code, failures(checks)) == (1, {(HOST, stage)})
    assert checks[HOST, stage]["remedy"]
    assert {checks[HOST, name]["result"] for name in passed} == {"ok"}
    assert {about for about, _ in checks} == {HOST}


def test_sections_that_cannot_be_read_are_found(fleet: Fleet, doctor: Doctor) -> None:
    fleet.set_fault(HOST, Fault.GARBAGE)
    code, checks = doctor.run(HOST)
    assert code == 1
    assert (HOST, "section sequence") in failures(checks)
    assert {checks[HOST, name]["result"] for name in ("login", "forced command", "role", "section role")} == {"ok"}


def test_a_key_that_gives_a_shell_is_found(fleet: Fleet, doctor: Doctor) -> None:
    doctor.transport["identity_files"] = [str(fleet.servers.shell_identity_file)]
    code, checks = doctor.run(HOST)
    assert (code, failures(checks)) == (1, {(HOST, "forced command")})
    assert checks[HOST, "login"]["result"] == "ok"
    assert "gate installer" in checks[HOST, "forced command"]["remedy"]


def test_a_missing_boksadm_is_found(fleet: Fleet, doctor: Doctor) -> None:
    conf = fleet.tree.hosts[HOST].gate.with_name("boks-gate.conf")
    text = conf.read_text(encoding="utf-8")
    conf.write_text(text.replace("/sbin/boksadm", "/nowhere/boksadm"), encoding="utf-8")
    try:
        code, checks = doctor.run(HOST)
    finally:
        conf.write_text(text, encoding="utf-8")
    assert code == 1
    assert (HOST, "boksadm") in failures(checks)
    assert "boks-gate.conf" in checks[HOST, "boksadm"]["remedy"]
    assert "boksdiag sequence" in checks[HOST, "section sequence"]["remedy"]


@pytest.mark.parametrize(("address", "stage"), [("nowhere.invalid", "name"), ("127.0.0.1", "port")])
def test_an_address_that_leads_nowhere_is_found(doctor: Doctor, address: str, stage: str) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        doctor.hosts.append({"name": "ELSEWHERE", "address": address, "port": closed.getsockname()[1]})
        code, checks = doctor.run("ELSEWHERE")
    assert (code, failures(checks)) == (1, {("ELSEWHERE", stage)})


def _no_key(doctor: Doctor) -> None:
    doctor.transport["identity_files"] = ["/nowhere/id"]


def _no_directory(doctor: Doctor) -> None:
    doctor.top["state_file"] = "/nowhere/state.sqlite"


def _no_database(doctor: Doctor) -> None:
    file = doctor.config.with_name("other.sqlite")
    file.write_bytes(b"no database at all" * 100)
    doctor.top["state_file"] = str(file)


def _no_journal(doctor: Doctor) -> None:
    doctor.top["journal"] = "/nowhere/journal.sqlite"


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        (_no_key, "configuration"),
        (_no_directory, "state file"),
        (_no_database, "state file"),
        (_no_journal, "journal"),
    ],
)
def test_what_is_wrong_here_is_found(doctor: Doctor, spoil: Callable[[Doctor], None], name: str) -> None:
    spoil(doctor)
    code, checks = doctor.run()
    assert (code, failures(checks)) == (1, {("here", name)})
    assert checks["here", name]["remedy"]


def test_a_wrong_web_configuration_and_a_taken_port_are_found(doctor: Doctor, tmp_path: Path) -> None:
    web = tmp_path / "web.yml"
    web.write_text("tls_server_config: {cert_file: nowhere.pem}\n", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        code, checks = doctor.run(f"--web.config.file={web}", f"--web.listen-address={address}")
    assert (code, failures(checks)) == (1, {("here", "web configuration")})
    assert checks["here", "port"]["result"] == "warning"


def test_replicas_that_only_the_master_lists_are_named_or_checked(doctor: Doctor) -> None:
    doctor.hosts = [host for host in doctor.hosts if host["name"] != HOST]
    code, checks = doctor.run()
    assert code == 0
    assert HOST in checks["trial", "replicas"]["found"]
    doctor.domain["address_template"] = "{name}.invalid"
    code, checks = doctor.run(HOST)
    assert (code, failures(checks)) == (1, {(HOST, "name")})


def test_an_unknown_host_is_an_error(doctor: Doctor, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", f"--config.file={doctor.write()}", "NOBODY-KNOWS"]) == 1
    assert "MASTER1" in capsys.readouterr().err


def test_each_check_is_a_line_with_what_to_type(
    fleet: Fleet, doctor: Doctor, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet.set_fault(HOST, Fault.WRONG_LOGIN)
    assert run(["doctor", f"--config.file={doctor.write()}", HOST]) == 1
    lines = capsys.readouterr().out.splitlines()
    (place,) = [number for number, line in enumerate(lines) if line.startswith("failed")]
    assert lines[place].split()[1:3] == [HOST, "login"]
    assert "boks-exporter gate installer" in lines[place + 1]
