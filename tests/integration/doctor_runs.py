"""Configurations of fleets behind real sshd, and runs of the doctor on them."""

import json
from pathlib import Path

import pytest

from boks_exporter.cli.root_command import run
from tests.integration.fleet import Fleet


class Doctor:
    """A configuration in a directory, and the checks of a run by subject and name."""

    def __init__(self, fleet: Fleet, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._fleet, self._capsys = fleet, capsys
        self.config = directory / "config.yaml"
        self.hosts = [
            {"name": host.name, "address": host.address, "port": host.port} for host in map(fleet.host, fleet.names)
        ]
        self.transport: dict[str, object] = {
            "kind": "ssh",
            "user": fleet.servers.user,
            "identity_files": [str(fleet.servers.identity_file)],
            "known_hosts": str(fleet.servers.known_hosts),
        }
        self.domain: dict[str, object] = {"name": "trial"}
        self.top: dict[str, object] = {
            "poll": {"interval": "10s", "timeout": "8s"},
            "state_file": str(directory / "state.sqlite"),
            "journal": str(directory / "journal.sqlite"),
        }

    def write(self) -> Path:
        domain = {**self.domain, "transport": self.transport, "hosts": self.hosts}
        self.config.write_text(json.dumps({**self.top, "domains": [domain]}), encoding="utf-8")
        return self.config

    def forget_output(self) -> None:
        self._capsys.readouterr()

    def run(self, *words: str) -> tuple[int, dict[tuple[str, str], dict[str, str]]]:
        """Return the exit code, and the checks by their subject and name."""
        options = [f"--config.file={self.write()}", "--web.listen-address=127.0.0.1:0", "--output=json"]
        code = run(["doctor", *options, *words])
        checks = json.loads(self._capsys.readouterr().out)["checks"]
        return code, {(each["about"], each["check"]): each for each in checks}


def failures(checks: dict[tuple[str, str], dict[str, str]]) -> set[tuple[str, str]]:
    return {key for key, check in checks.items() if check["result"] == "failed"}
