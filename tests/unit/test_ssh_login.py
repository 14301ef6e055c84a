"""SSH logins: user keys, passphrases, certificates and the agent."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.transport.ssh import SshTransport
from tests.unit.ssh_servers import (
    ANSWER,
    ROLE,
    USER,
    Keys,
    failure,
    holding,
    new_key,
    open_transport,
    outcome,
    public,
    ssh_server,
)


async def test_a_key_that_the_host_does_not_know_is_refused(keys: Keys) -> None:
    """A wrong key is a failed login."""
    async with ssh_server(keys, authorized=public(new_key())) as server:
        assert await outcome(keys.settings(), server.host) is FailureReason.AUTH


async def test_a_key_whose_signatures_are_not_allowed_is_a_local_failure(keys: Keys) -> None:
    """The SSH library would skip it without a word, and the host would see a login without a key."""
    asyncssh.generate_private_key("ssh-ed448").write_private_key(keys.directory / "rare")
    settings = keys.settings(identity_files=(keys.directory / "rare",))
    async with ssh_server(keys) as server, open_transport(settings) as transport:
        failed = await failure(transport, server.host)
    assert (failed.reason, server.attempts) == (FailureReason.LOCAL, 0)
    assert str(keys.directory / "rare") in failed.detail


@pytest.mark.parametrize("content", [None, "no key\n", "\udcff"], ids=["missing", "no key", "binary"])
async def test_an_unusable_key_file_is_a_local_failure(keys: Keys, content: str | None) -> None:
    """The detail names the file; no connection to the host is opened."""
    async with ssh_server(keys) as server:
        file = holding(keys.directory / "id", content)
        async with open_transport(keys.settings()) as transport:
            failed = await failure(transport, server.host)
        assert failed.reason is FailureReason.LOCAL
        assert failed.detail.startswith(f"{file}: ")
        assert server.attempts == 0


@pytest.mark.parametrize(
    ("written", "container", "expected"),
    [
        ("open sesame\n", "openssh", ANSWER),
        ("open sesame\n", "pkcs8-pem", ANSWER),
        ("wrong\n", "pkcs8-pem", FailureReason.LOCAL),
        (None, "pkcs8-pem", FailureReason.LOCAL),
    ],
    ids=["right", "right in PKCS#8", "wrong", "missing"],
)
async def test_a_passphrase_comes_from_its_file(
    keys: Keys, written: str | None, container: str, expected: FailureReason | bytes
) -> None:
    """An encrypted key is decrypted with the file's content, without its line end."""
    file = keys.directory / "passphrase"
    if written is not None:
        file.write_text(written)
    keys.user.write_private_key(keys.directory / "id", container, passphrase="open sesame", rounds=50)
    async with ssh_server(keys) as server:
        assert await outcome(keys.settings(passphrase_file=file), server.host) == expected


async def test_a_passphrase_is_never_shown(keys: Keys) -> None:
    """Neither the failure nor the settings contain the passphrase."""
    file = keys.directory / "passphrase"
    file.write_text("hunter2\n")
    keys.user.write_private_key(keys.directory / "id", "pkcs8-pem", passphrase="open sesame")
    async with (
        ssh_server(keys) as server,
        open_transport(keys.settings(passphrase_file=file)) as transport,
    ):
        failed = await failure(transport, server.host)
        assert "hunter2" not in repr((failed, failed.__cause__, transport))


@pytest.mark.parametrize("named", [True, False], ids=["named", "next to the key"])
async def test_a_certificate_logs_in(keys: Keys, named: bool) -> None:
    """A host that trusts an authority accepts the key's certificate, configured or found as `KEY-cert.pub`."""
    authority = new_key()
    certificate = authority.generate_user_certificate(keys.user, "monitor", principals=[USER])
    file = keys.directory / ("given.pub" if named else "id-cert.pub")
    async with ssh_server(keys, authorized=f"cert-authority {public(authority)}") as server:
        assert await outcome(keys.settings(), server.host) is FailureReason.AUTH
        certificate.write_certificate(file)
        settings = keys.settings(certificate_files=(file,) if named else ())
        assert await outcome(settings, server.host) == ANSWER


async def test_a_renewed_certificate_is_used_without_a_restart(keys: Keys) -> None:
    """The pause after a refused login ends with any change of the files on which the login rests."""
    authority = new_key()
    file = keys.directory / "id-cert.pub"
    new_key().generate_user_certificate(keys.user, "of another authority", principals=[USER]).write_certificate(file)
    async with ssh_server(keys, authorized=f"cert-authority {public(authority)}") as server:
        transport = SshTransport(keys.settings(), timeout_seconds=20)
        with pytest.raises(TransportError):
            await transport.ask(server.host, ROLE)
        authority.generate_user_certificate(keys.user, "monitor", principals=[USER]).write_certificate(file)
        assert (await transport.ask(server.host, ROLE)).stdout == ANSWER
        await transport.aclose()


@pytest.fixture
def agent(keys: Keys) -> Iterator[Path]:
    """OpenSSH's agent with the key, which is removed from its file."""
    socket = keys.directory / "agent"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    try:
        while not socket.exists() and agent.poll() is None:
            time.sleep(0.01)
        key = keys.directory / "id"
        key.chmod(0o600)
        subprocess.run(["ssh-add", "-q", str(key)], env=os.environ | {"SSH_AUTH_SOCK": str(socket)}, check=True)
        key.unlink()
        yield socket
    finally:
        agent.terminate()
        agent.wait()


async def test_an_agent_is_used_on_request_only(keys: Keys, agent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `agent: true` the agent of the environment signs; otherwise it is not used."""
    monkeypatch.setenv("SSH_AUTH_SOCK", str(agent))
    async with ssh_server(keys) as server:
        assert await outcome(keys.settings(identity_files=(), agent=True), server.host) == ANSWER
        assert await outcome(keys.settings(identity_files=()), server.host) is FailureReason.AUTH


async def test_a_refused_login_is_not_repeated_before_its_time(keys: Keys) -> None:
    """During the pause every round fails with the same reason and without a connection; a reload ends the pause."""
    async with ssh_server(keys, authorized=public(new_key())) as server:
        transport = SshTransport(keys.settings(), timeout_seconds=20)
        details = []
        for _ in range(3):
            with pytest.raises(TransportError) as failed:
                await transport.ask(server.host, ROLE)
            details.append((failed.value.reason, "next attempt in" in failed.value.detail))
        assert details == [(FailureReason.AUTH, paused) for paused in (False, True, True)]
        assert server.attempts == 1
        await transport.retain([server.host])
        with pytest.raises(TransportError):
            await transport.ask(server.host, ROLE)
        assert server.attempts == 2
        await transport.aclose()


async def test_an_agent_that_does_not_answer_is_a_local_failure(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the agent the host would see a login without a key, and the exporter would be paused for it."""
    monkeypatch.setenv("SSH_AUTH_SOCK", str(keys.directory / "no-agent"))
    async with ssh_server(keys) as server, open_transport(keys.settings(identity_files=(), agent=True)) as transport:
        failed = await failure(transport, server.host)
        assert (failed.reason, server.attempts) == (FailureReason.LOCAL, 0)
        assert "no-agent" in failed.detail


async def test_a_closed_transport_refuses(keys: Keys) -> None:
    """A round that still uses a transport after a reload opens no connection that would stay open."""
    async with ssh_server(keys) as server:
        transport = SshTransport(keys.settings(), timeout_seconds=20)
        await transport.aclose()
        assert ((await failure(transport, server.host)).reason, server.attempts) == (FailureReason.CANCELLED, 0)
