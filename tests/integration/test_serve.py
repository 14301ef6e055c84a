"""The daemon as a process of its own: signals, exit codes, log."""

import asyncio
import json
import signal
import socket
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from tests.load import slowness
from tests.unit.app_running import Recorded
from tests.unit.ssh_servers import Keys, SshServer, echo_request, hang, ssh_server

PATIENCE = 120.0
ENDS_WITHIN = 2.0
"""Seconds on an idle machine; a busy one gets longer."""


def is_quick(seconds: float) -> bool:
    return seconds < 3 * ENDS_WITHIN * slowness()


@dataclass
class Daemon:
    """A running `boks-exporter serve`, and what it has logged."""

    process: Process
    log: list[dict[str, Any]] = field(default_factory=list)
    read: int = 0

    async def until(self, event: str, is_it: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """Read on in the log until an event comes."""
        assert self.process.stderr
        async with asyncio.timeout(PATIENCE):
            while True:
                while self.read < len(self.log):
                    line = self.log[self.read]
                    self.read += 1
                    if line["event"] == event and is_it(line):
                        return line
                text = await self.process.stderr.readline()
                assert text, f"the log ended without {event}: {self.log}"
                self.log.append(json.loads(text))

    async def end(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Send a signal and return how long the end took."""
        began = time.monotonic()
        self.process.send_signal(number)
        async with asyncio.timeout(PATIENCE):
            await self.process.wait()
        return time.monotonic() - began


@asynccontextmanager
async def daemon(file: Path, *flags: str, log_format: str = "json") -> AsyncIterator[Daemon]:
    command = (
        *(sys.executable, "-m", "boks_exporter", "serve", f"--config.file={file}", f"--log.format={log_format}"),
        *(flags or ("--web.listen-address=127.0.0.1:0",)),
    )
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    try:
        yield Daemon(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def ssh_config(directory: Path, *doors: SshServer, more: str = "") -> Path:
    """Write a configuration with one domain on SSH servers."""
    (directory / "id").chmod(0o600)
    hosts = "".join(f"      - {{name: h{server.port}, address: 127.0.0.1, port: {server.port}}}\n" for server in doors)
    file = directory / "config.yaml"
    file.write_text(
        "poll: {interval: 500ms, timeout: 400ms}\ndomains:\n  - name: prod\n"
        "    transport: {kind: ssh, user: boksmon, identity_files: [id], known_hosts: known_hosts}\n"
        f"{more}    hosts:\n{hosts}",
        encoding="utf-8",
    )
    return file


# -- the end ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    """Within two seconds, with exit code 0, though a client keeps its connection and another sent half a request."""
    async with daemon(Recorded(tmp_path).configure()) as running, ClientSession() as session:
        url = (await running.until("listening"))["url"]
        async with session.get(f"{url}metrics") as answer:
            assert answer.status == 200
        host, port = url.removeprefix("http://").rstrip("/").split(":")
        _, half_sent = await asyncio.open_connection(host, int(port))
        half_sent.write(b"GET / HTTP/1.1\r\n")
        assert is_quick(await running.end(number))
        assert running.process.returncode == 0
        await running.until("stopping")
        half_sent.close()


@pytest.mark.parametrize("program", [echo_request, hang])
async def test_the_end_closes_ssh_connections(tmp_path: Path, program: Any) -> None:
    """Within two seconds, idle or in the middle of a command that hangs; the host sees the connection go."""
    async with ssh_server(Keys.make(tmp_path), program) as server, daemon(ssh_config(tmp_path, server)) as running:
        async with asyncio.timeout(PATIENCE):
            while not server.logins:
                await asyncio.sleep(0.01)
        (connection, *_) = server.connections
        assert is_quick(await running.end())
        assert running.process.returncode == 0
        async with asyncio.timeout(PATIENCE):
            await connection.wait_closed()


async def test_the_end_does_not_wait_for_hosts_that_do_not_answer(tmp_path: Path) -> None:
    """A host that takes connections and is silent holds nothing up."""
    keys = Keys.make(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = SshServer(keys, port=silent.getsockname()[1])
        keys.knows(server.port)
        file = ssh_config(tmp_path, server)
        file.write_text(file.read_text(encoding="utf-8").replace("500ms", "1h").replace("400ms", "50m"), "utf-8")
        async with daemon(file) as running:
            await running.until("listening")
            assert is_quick(await running.end())
            assert running.process.returncode == 0


# -- the start --------------------------------------------------------------------------------------------------------


async def test_an_address_in_use_is_named(tmp_path: Path) -> None:
    """Exit code 1, one line that names it, no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        flag = f"--web.listen-address={address}"
        async with daemon(Recorded(tmp_path).configure(), flag, log_format="logfmt") as running:
            _, err = await asyncio.wait_for(running.process.communicate(), PATIENCE)
            assert running.process.returncode == 1
    *_, last = err.decode().splitlines()
    assert last.partition(" ")[2] == (
        f'level=error event=cannot_listen address={address} reason="Address already in use; '
        'another program listens there, possibly another exporter"'
    )
    assert b"Traceback" not in err


async def test_a_bad_web_configuration_is_reported_with_its_place(tmp_path: Path) -> None:
    """Exit code 1 and every problem, as for the configuration itself."""
    web = tmp_path / "web.yml"
    web.write_text("tls_server_config: {min_version: TLS9}\nbasic_auth_users: {a: secret}\n", encoding="utf-8")
    flags = ("--web.listen-address=127.0.0.1:0", f"--web.config.file={web}")
    async with daemon(Recorded(tmp_path).configure(), *flags) as running:
        _, err = await asyncio.wait_for(running.process.communicate(), PATIENCE)
        assert running.process.returncode == 1
    assert [line for line in err.decode().splitlines() if not line.startswith("{")] == [
        f"{web}:1: tls_server_config.min_version: expected TLS13, TLS12, TLS11 or TLS10, found 'TLS9'",
        f"{web}:2: basic_auth_users.a: expected a bcrypt hash of 60 characters such as htpasswd -nBC 10 prints it",
    ]


# -- SIGHUP -----------------------------------------------------------------------------------------------------------


async def test_hangup_reloads(tmp_path: Path) -> None:
    """A bad file is refused with every problem and the old one stays; the corrected one is applied."""
    recorded = Recorded(tmp_path)
    file = recorded.configure()
    async with daemon(file) as running, ClientSession() as session:
        url = (await running.until("listening"))["url"]
        await running.until("domain_state_changed", lambda line: line["boks_domain"] == "prod")
        file.write_text("pol: 1\ndomains: []\n", encoding="utf-8")
        running.process.send_signal(signal.SIGHUP)
        assert (await running.until("config_refused"))["problem"].startswith(f"{file}:1: pol: unknown key")
        await running.until("config_kept")
        async with asyncio.timeout(PATIENCE):
            while "boks_exporter_config_last_reload_successful 0.0" not in await _text(session, f"{url}metrics"):
                await asyncio.sleep(0.01)
        recorded.domains = ["prod", "test"]
        recorded.configure()
        running.process.send_signal(signal.SIGHUP)
        await running.until("config_reloaded")
        line = await running.until("domain_state_changed", lambda line: line["boks_domain"] == "test")
        assert line["state"] == "ok"


async def _text(session: ClientSession, url: str) -> str:
    async with session.get(url) as answer:
        return await answer.text()


async def test_hangup_keeps_the_connections_of_unchanged_hosts(tmp_path: Path) -> None:
    """Other thresholds are no reason to log in again; a host that leaves is logged out, a new one logged in."""
    keys = Keys.make(tmp_path)
    async with (
        ssh_server(keys) as stays,
        ssh_server(keys) as leaves,
        ssh_server(keys) as comes,
        daemon(ssh_config(tmp_path, stays, leaves)) as running,
    ):
        await _logged_in(stays, leaves)
        (goes,) = leaves.connections
        ssh_config(tmp_path, stays, comes, more="    thresholds: {lag_sequences: 77}\n")
        running.process.send_signal(signal.SIGHUP)
        await running.until("config_reloaded")
        await _logged_in(comes)
        async with asyncio.timeout(PATIENCE):
            await goes.wait_closed()
        assert (stays.logins, leaves.logins, comes.logins) == (1, 1, 1)
        await running.end()


async def _logged_in(*doors: SshServer) -> None:
    async with asyncio.timeout(PATIENCE):
        while not all(server.logins for server in doors):
            await asyncio.sleep(0.01)
