"""From an empty directory to green doctor, status and scrape on three real sshd hosts, as docs/first-domain.md says."""

import json
import sys
from pathlib import Path

import pytest

from boks_exporter.cli.root_command import run
from tests.integration.alerting import free_port, get, running, until
from tests.integration.first_domain import NAMES, FirstDomain, first_domain


def test_from_nothing_to_a_scrape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with first_domain() as domain:
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", "")  # init sets it
        assert _init(domain, tmp_path) == 1  # no gate yet: doctor says what to type
        said = capsys.readouterr().out
        assert said.count("boks-exporter gate installer --from 127.0.0.1") == len(NAMES)
        for name in NAMES:
            ran = domain.install(name, tmp_path / "etc" / "install-gate.sh")
            assert (ran.returncode, "changed=7" in ran.stdout) == (0, True), ran
        assert _init(domain, tmp_path) == 0
        said = capsys.readouterr().out
        assert "failed" not in said.split()
        config = f"--config.file={tmp_path}/etc/config.yaml"
        assert run(["status", config, "--output=json"]) == 0
        (found,) = json.loads(capsys.readouterr().out)["domains"]
        assert {host["host"]: host["role"] for host in found["hosts"]} == {
            "master1": "master",
            "replica1": "replica",
            "replica2": "replica",
        }
        address = f"127.0.0.1:{free_port()}"
        command = [sys.executable, "-m", "boks_exporter", "serve", config, f"--web.listen-address={address}"]
        with running(command, tmp_path / "log"):
            until("the first round", lambda: get(f"http://{address}/-/ready"))
            page = get(f"http://{address}/metrics")
    for name in NAMES[1:]:
        assert f'boks_replica_state{{boks_domain="prod",host="{name}",state="ok"}} 1.0' in page


def _init(domain: FirstDomain, directory: Path) -> int:
    return run(
        [
            "init",
            "--unattended",
            f"--master={domain.spec('master1')}",
            *(f"--host={domain.spec(name)}" for name in NAMES[1:]),
            "--domain=prod",
            f"--known-hosts={domain.known_hosts}",
            f"--directory={directory / 'etc'}",
            f"--state-directory={directory / 'var'}",
            "--web.listen-address=127.0.0.1:0",
        ]
    )
