"""SSH servers that know only algorithms of long ago, over real sshd: the failure, the setting, and no warning."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest
import structlog

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.remote.request import ROLE_ONLY
from boks_exporter.remote.settings import Algorithms, SshSettings
from boks_exporter.transport.ssh import SshTransport
from tests.integration.fleet import Fleet

HOST = "REPHOST2"
OLD = {
    "kex": ("KexAlgorithms", "diffie-hellman-group1-sha1"),
    "ciphers": ("Ciphers", "aes128-cbc"),
    "macs": ("MACs", "hmac-sha1"),
}


@pytest.fixture
def old_host(fleet: Fleet) -> Iterator[Fleet]:
    """A host whose sshd knows nothing but group1, CBC and SHA-1."""
    daemon = fleet.servers.daemons[HOST]
    daemon.options = tuple(f"{option} {name}" for option, name in OLD.values())
    fleet.call(fleet.servers.restart(HOST))
    yield fleet
    daemon.options = ()
    fleet.call(fleet.servers.restart(HOST))


async def asked(settings: SshSettings, fleet: Fleet) -> str:
    """Poll the host; return its role line, or the failure's reason and detail."""
    transport = SshTransport(settings, timeout_seconds=100.0)
    try:
        reply = await transport.ask(fleet.host(HOST), ROLE_ONLY)
        return next(line for line in reply.stdout.decode().splitlines() if "BOKSINIT" in line).lstrip("|")
    except TransportError as error:
        return f"{error.reason}: {error.detail}"
    finally:
        await transport.aclose()


async def test_the_failure_names_what_the_server_offers_and_the_setting_that_allows_it(old_host: Fleet) -> None:
    """Each missing algorithm is named in turn; with all of them allowed for this host alone, it is polled."""
    allowed: dict[str, tuple[str, ...]] = {}
    for kind, (_, name) in OLD.items():
        settings = old_host.ssh_settings(host_algorithms=((HOST, Algorithms(**allowed)),))
        while (found := await asked(settings, old_host)) == f"{FailureReason.CONNECT}: Connection lost":
            pass  # the reset with which the server refuses ours can overtake its own list of algorithms
        assert found.startswith(f"{FailureReason.CONNECT}: ")
        assert f"host_algorithms: [{{hosts: [{HOST}], {kind}: [+{name}]}}]" in found
        allowed[kind] = (f"+{name}",)
    with structlog.testing.capture_logs() as logs:
        settings = old_host.ssh_settings(host_algorithms=((HOST, Algorithms(**allowed)),))
        assert await asked(settings, old_host) == "BOKSINIT=server"
    assert [(log["event"], log["host"]) for log in logs] == [("weak_algorithms_allowed", HOST)]


async def test_the_algorithms_of_host_keys_are_named_too(fleet: Fleet, tmp_path: Path) -> None:
    """Without a common host key, as with RSA or DSA keys on hosts of age, the server closes without a word."""
    key, known_hosts = asyncssh.generate_private_key("ssh-rsa", key_size=2048), tmp_path / "known_hosts"
    daemon = fleet.servers.daemons[HOST]
    key.write_private_key(daemon.directory / "rsa")
    (daemon.directory / "rsa").chmod(0o600)
    known_hosts.write_text(f"[127.0.0.1]:{daemon.port} {key.export_public_key().decode()}", encoding="utf-8")
    daemon.options = ("HostKeyAlgorithms ssh-rsa", f"HostKey {daemon.directory}/rsa")
    await asyncio.to_thread(fleet.call, fleet.servers.restart(HOST))
    try:
        found = await asked(fleet.ssh_settings(known_hosts=known_hosts), fleet)
        assert f"host_algorithms: [{{hosts: [{HOST}], host_keys: [+ssh-rsa]}}]" in found
        allowed = ((HOST, Algorithms(host_keys=("+ssh-rsa",))),)
        assert (
            await asked(fleet.ssh_settings(known_hosts=known_hosts, host_algorithms=allowed), fleet)
            == "BOKSINIT=server"
        )
    finally:
        daemon.options = ()
        await asyncio.to_thread(fleet.call, fleet.servers.restart(HOST))


async def test_a_host_that_opens_no_session_is_named_with_what_may_limit_it(fleet: Fleet) -> None:
    daemon = fleet.servers.daemons[HOST]
    daemon.options = ("MaxSessions 0",)
    await asyncio.to_thread(fleet.call, fleet.servers.restart(HOST))
    try:
        found = await asked(fleet.ssh_settings(), fleet)
        assert ("MaxSessions" in found, found.startswith(f"{FailureReason.CHANNEL}: ")) == (True, True)
    finally:
        daemon.options = ()
        await asyncio.to_thread(fleet.call, fleet.servers.restart(HOST))


async def test_an_openssh_configuration_allows_them_too(old_host: Fleet, tmp_path: Path) -> None:
    """`KexAlgorithms +…` is added to the safe list."""
    config = tmp_path / "config"
    config.write_text("".join(f"{option} +{name}\n" for option, name in OLD.values()), encoding="utf-8")
    assert await asked(old_host.ssh_settings(openssh_config=config), old_host) == "BOKSINIT=server"


async def test_a_safe_host_gets_aes_gcm_and_no_compression(fleet: Fleet) -> None:
    """The order of our list counts, and a server that would like to compress may not."""
    daemon = fleet.servers.daemons[HOST]
    daemon.options = ("Compression yes",)
    await asyncio.to_thread(fleet.call, fleet.servers.restart(HOST))
    try:
        transport = SshTransport(fleet.ssh_settings(), timeout_seconds=100.0)
        await transport.ask(fleet.host(HOST), ROLE_ONLY)
        (connection,) = transport._peers[HOST].connections
        await transport.aclose()
    finally:
        daemon.options = ()
        await asyncio.to_thread(fleet.call, fleet.servers.restart(HOST))
    used = [connection.get_extra_info(name) for name in ("send_cipher", "recv_cipher", "recv_compression")]
    assert used == ["aes128-gcm@openssh.com", "aes128-gcm@openssh.com", "none"]


CONFIG = """\
domains:
  - name: trial
    transport:
      kind: ssh
      user: {user}
      identity_files: [{key}]
      known_hosts: {known_hosts}
      host_algorithms:
        - {{hosts: [{host}], kex: [+diffie-hellman-group1-sha1], ciphers: [+aes128-cbc], macs: [+hmac-sha1]}}
    hosts: [{{name: {host}, address: 127.0.0.1, port: {port}}}]
"""


@pytest.mark.parametrize("command", ["check", "status"])
def test_an_old_key_exchange_puts_nothing_on_standard_error(old_host: Fleet, tmp_path: Path, command: str) -> None:
    """A monitoring plugin's output is its lines and nothing else; libraries' warnings have no place there."""
    servers = old_host.servers
    config = tmp_path / "config.yaml"
    config.write_text(
        CONFIG.format(
            user=servers.user,
            key=servers.identity_file,
            known_hosts=servers.known_hosts,
            host=HOST,
            port=servers.port(HOST),
        ),
        encoding="utf-8",
    )
    arguments = [
        sys.executable,
        "-W",
        "default",
        "-m",
        "boks_exporter",
        command,
        "--timeout=100s",
        f"--config.file={config}",
    ]
    ran = subprocess.run(arguments, capture_output=True, text=True, timeout=120, env=dict(os.environ))
    assert HOST in ran.stdout
    assert "Deprecat" not in ran.stderr
    assert ran.stderr == ""
