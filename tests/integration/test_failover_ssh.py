"""Failover from the command line against OpenSSH's own sshd and the real gate."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from boks_exporter.cli.program import run
from boks_exporter.simulator.domain import Fault
from boks_exporter.simulator.domain.invariants import Observer
from tests.integration.fleet import LAYOUT, Fleet, running_fleet


@pytest.fixture(scope="module")
def quiet_fleet() -> Iterator[Fleet]:
    """A domain in which nobody writes and a replica loads quickly."""
    with running_fleet(replace(LAYOUT, writes_per_second=0.0, loading_seconds=2.0)) as fleet:
        yield fleet


@contextmanager
def hurried(fleet: Fleet) -> Iterator[None]:
    """Let the domain's heartbeats and loading take a tenth of their time; its commands and SSH take all of theirs."""
    over = threading.Event()

    def hurry() -> None:
        while not over.wait(0.5):
            fleet.do(lambda: fleet.clock.pass_on(4.5))

    thread = threading.Thread(target=hurry, name="hurry")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class Terminal:
    """An operator's terminal on a machine that has both keys."""

    def __init__(self, fleet: Fleet, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.fleet = fleet
        self.capsys = capsys
        self.config = directory / "config.yaml"
        servers = fleet.servers
        hosts = [{"name": name, "address": servers.address, "port": servers.port(name)} for name in fleet.names]
        domain = {
            "name": "trial",
            "hosts": hosts,
            "transport": {
                "kind": "ssh",
                "user": servers.user,
                "identity_files": [str(servers.identity_file)],
                "known_hosts": str(servers.known_hosts),
                "backoff_initial": "100ms",
            },
            "failover": {
                "journal": str(directory / "journal.sqlite"),
                "operator": {"user": servers.user, "identity_files": [str(servers.operator_identity_file)]},
                "cool_down": "0s",
            },
        }
        with self.config.open("w") as file:
            YAML().dump({"poll": {"timeout": "4s", "interval": "10s"}, "domains": [domain]}, file)

    def __call__(self, *words: str) -> tuple[int, str]:
        with hurried(self.fleet):
            code = run(["failover", *words, "--config.file", str(self.config)])
        told = self.capsys.readouterr()
        return code, told.out + told.err

    def apply(self, *words: str) -> tuple[int, str]:
        """Look at the plan first, as one should."""
        _, shown = self(*words, "--output", "json")
        return self(*words, "--apply", json.loads(shown)["fingerprint"])


@pytest.mark.timeout(300)
def test_a_night_over_real_ssh(quiet_fleet: Fleet, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A replica is rebuilt, the master dies, another takes over: each change once, and never two masters."""
    fleet = quiet_fleet
    observer = fleet.do(lambda: Observer(fleet.domain))
    terminal = Terminal(fleet, tmp_path, capsys)

    code, told = terminal.apply("rebuild", "REPHOST3", "--accept", "site", "--reason", "nobody works there at night")
    assert code == 0, told
    assert "Conversion from replica to client done." in told
    assert fleet.domain.hosts["REPHOST3"].role == "server"

    fleet.call(fleet.servers.power_off("MASTER1"))
    reason = "the machine is off: seen at its console"
    accepted = ("--accept", "behind_last_master", "--accept", "old_master_unproven", "--accept", "hosts_not_asked")
    code, told = terminal.apply("promote", "REPHOST2", *accepted, "--reason", reason)
    assert code == 0, told
    assert "Conversion from replica to master done." in told

    roles = {name: str(host.role) for name, host in fleet.domain.hosts.items()}
    assert roles == {"MASTER1": "master", "REPHOST2": "master", "REPHOST3": "server", "CLIENT1": "client"}
    assert Fault.MASTER_DEAD in fleet.domain.hosts["MASTER1"].faults
    assert observer.breaches == []
    code, told = terminal("locks")
    assert "REPHOST2: not locked" in told
    code, told = terminal("history")
    assert [" done " in line for line in told.splitlines()] == [True, True]
