"""`boks-exporter serve` over real sshd: which broken local files refuse a start or a reload."""

import asyncio
import signal
from pathlib import Path

import pytest

from boks_exporter.simulator.listener import new_key
from tests.integration.fleet import Fleet
from tests.integration.test_serve import daemon

CONFIG = """\
poll: {{interval: 5s, timeout: 4s}}
domains:
  - name: trial
    transport:
      kind: ssh
      user: {user}
      identity_files: [{directory}/{identity}]
      known_hosts: {directory}/{known_hosts}
      openssh_config: {directory}/{config}
    hosts: [{{name: REPHOST2, address: 127.0.0.1, port: {port}}}]
"""
FILES = {"identity": "id", "known_hosts": "known_hosts", "config": "config"}


def write(fleet: Fleet, directory: Path, **names: str) -> Path:
    """Write the configuration; a name replaces that of a usable file."""
    public = new_key().export_public_key("openssh")
    for name, content in {
        "id": fleet.servers.identity_file.read_bytes(),
        "known_hosts": fleet.servers.known_hosts.read_bytes(),
        "config": b"Host *\n",
        "id.pub": public,
        "bad_lines": b"=\n" + fleet.servers.known_hosts.read_bytes(),
        "bad_config": b"# one\nHost *\n  Port abc\n",
        "empty": b"",
        "garbage": b"=\nrephost2\n",
    }.items():
        (directory / name).write_bytes(content)
        (directory / name).chmod(0o600)
    file = directory / "config.yaml"
    values = FILES | names
    text = CONFIG.format(user=fleet.servers.user, directory=directory, port=fleet.servers.port("REPHOST2"), **values)
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("changes", "line", "named"),
    [
        ({"identity": "id.pub"}, 7, "id.pub"),
        ({"config": "bad_config"}, 9, "bad_config line 3: "),
        ({"known_hosts": "missing"}, 8, "missing"),
        ({"known_hosts": "empty"}, 8, "empty: "),
        ({"known_hosts": "garbage"}, 8, "garbage: "),
    ],
    ids=["identity file", "OpenSSH configuration", "no known hosts", "empty known hosts", "known hosts without a key"],
)
async def test_a_reload_with_a_broken_file_keeps_the_old_configuration(
    fleet: Fleet, tmp_path: Path, changes: dict[str, str], line: int, named: str
) -> None:
    """The log names the configuration's line, and the file with its line; the host's connection is kept."""
    await asyncio.to_thread(fleet.call, fleet.servers.restart("REPHOST2"))
    async with daemon(write(fleet, tmp_path)) as running:
        await running.until("domain_state_changed")
        file = write(fleet, tmp_path, **changes)
        logins = fleet.servers.daemons["REPHOST2"].log.count("Accepted publickey")
        running.process.send_signal(signal.SIGHUP)
        problem = (await running.until("config_refused"))["problem"]
        assert problem.startswith(f"{file}:{line}: ")
        assert named in problem
        await running.until("config_kept")
        write(fleet, tmp_path)
        running.process.send_signal(signal.SIGHUP)
        await running.until("config_reloaded")
        await running.end()
    assert logins == fleet.servers.daemons["REPHOST2"].log.count("Accepted publickey") == 1


async def test_a_skipped_line_of_known_hosts_refuses_neither_the_start_nor_a_reload(
    fleet: Fleet, tmp_path: Path
) -> None:
    """Both warn, with the line's place."""
    async with daemon(write(fleet, tmp_path, known_hosts="bad_lines")) as running:
        assert f"{tmp_path}/bad_lines:1: " in (await running.until("config_advice"))["problem"]
        await running.until("listening")
        running.process.send_signal(signal.SIGHUP)
        assert f"{tmp_path}/bad_lines:1: " in (await running.until("config_advice"))["problem"]
        await running.until("config_reloaded")
        await running.end()
