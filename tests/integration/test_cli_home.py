"""The command line of an account that has neither name nor home, such as the numeric users of containers."""

import os
import subprocess
import sys
from pathlib import Path

from tests.integration.alerting import free_port

CONFIG = """\
domains:
  - name: trial
    transport: {{kind: ssh, user: boksmon, identity_files: [{key}], known_hosts: {known_hosts}}}
    hosts: [{{name: master1, address: 127.0.0.1, port: {port}}}]
"""
WITHOUT_A_NAME = """\
import pwd, sys
def no_entry(number):
    raise KeyError(number)
pwd.getpwuid = no_entry
from boks_exporter.cli import main
main()
"""


def test_hosts_are_asked_without_a_name_and_a_home(tmp_path: Path) -> None:
    """A host that refuses is a host that refuses, and not a fault of the program."""
    key, known_hosts, config = tmp_path / "id", tmp_path / "known_hosts", tmp_path / "config.yaml"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    known_hosts.write_text(f"127.0.0.1 {key.with_suffix('.pub').read_text()}", encoding="utf-8")
    config.write_text(CONFIG.format(key=key, known_hosts=known_hosts, port=free_port()), encoding="utf-8")
    command = [sys.executable, "-c", WITHOUT_A_NAME, "status", f"--config.file={config}"]
    asked = subprocess.run(command, capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
    assert "cannot be polled (connect): connection refused" in asked.stdout, asked.stderr
    assert "Traceback" not in asked.stderr
