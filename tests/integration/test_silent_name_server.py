"""A name server that never answers, as the machine's real resolver meets it, in namespaces of its own."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.unit.ssh_servers import Keys

SILENT = ("slow1.example", "slow2.example", "slow3.example", "slow4.example")
SCRIPT = """\
set -e
ip link set lo up
mount --bind {directory}/resolv.conf /etc/resolv.conf
mount --bind {directory}/hosts /etc/hosts
{python} {directory}/silent.py &
silent=$!
trap 'kill $silent $exporter 2>/dev/null' EXIT TERM
{python} -m boks_exporter serve --config.file={directory}/config.yaml --log.format=json \\
    --web.listen-address=127.0.0.1:0 &
exporter=$!
wait $exporter
"""
SERVER = """\
import socket, time
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
time.sleep(300)
"""
CONFIG = """\
poll: {{interval: 3s, timeout: 2500ms}}
domains:
  - name: prod
    transport: {{kind: ssh, user: boksmon, identity_files: [id], known_hosts: known_hosts}}
    hosts:
{hosts}"""


@contextmanager
def exporter(directory: Path) -> Iterator["subprocess.Popen[str]"]:
    """Run the daemon where the resolver asks a server that is silent, and one name is in the hosts file."""
    keys = Keys.make(directory)
    keys.knows(22)
    (directory / "id").chmod(0o600)
    (directory / "silent.py").write_text(SERVER, encoding="utf-8")
    (directory / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:30 attempts:2\n", encoding="utf-8")
    (directory / "hosts").write_text("127.0.0.1 localhost known.example\n", encoding="utf-8")
    hosts = "".join(f"      - {{name: {name}}}\n" for name in (*SILENT, "known.example"))
    (directory / "config.yaml").write_text(CONFIG.format(hosts=hosts), encoding="utf-8")
    script = SCRIPT.format(directory=directory, python=sys.executable)
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        timer = threading.Timer(90, process.kill)
        timer.start()
        try:
            yield process
        finally:
            timer.cancel()
            process.kill()


def test_a_silent_name_server_costs_its_own_hosts_only(tmp_path: Path) -> None:
    """The host in the hosts file is polled at once, and its port refuses; the others have a reason of their own."""
    states: dict[str, Any] = {}
    output = []
    with exporter(tmp_path) as running:
        assert running.stderr
        for line in running.stderr:
            output.append(line)
            if not line.startswith("{"):
                continue
            event = json.loads(line)
            if event["event"] == "host_state_changed":
                states.setdefault(event["host"], event["reason"])
            if len(states) == len(SILENT) + 1:
                break
    assert "connection refused" in states.pop("known.example"), output
    assert set(states) == set(SILENT), output
    assert [reason for reason in states.values() if "(dns)" not in reason] == []
    assert "never retrieved" not in "".join(output)
