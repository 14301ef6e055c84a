"""SSH logins: host keys, user keys, certificates and the agent."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest
import structlog

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.transport.ssh import SshTransport
from tests.unit.ssh_servers import (
    ANSWER,
    ROLE,
    USER,
    Keys,
    failure,
    new_key,
    open_transport,
    outcome,
    public,
    ssh_server,
)


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keys:
    """Keys in an otherwise empty home directory."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home" / ".ssh").mkdir(parents=True)
    return Keys.make(tmp_path)


def holding(file: Path, content: str | None) -> Path:
    """Replace the content of a file, or remove the file."""
    file.unlink()
    if content is not None:
        file.write_bytes(content.encode(errors="surrogateescape"))
    return file


# -- host keys --------------------------------------------------------------------------------------------------------


async def test_a_new_host_key_is_refused_with_its_fingerprint_and_the_line_to_add(keys: Keys) -> None:
    """A host without a line in known_hosts is not trusted on first use; the line of the message makes it known."""
    async with ssh_server(keys, known=False) as server:
        keys.knows(1)
        file = keys.directory / "known_hosts"
        async with open_transport(keys.settings()) as transport:
            failed = await failure(transport, server.host)
            assert failed.reason is FailureReason.HOST_KEY
            for part in ("new host key", keys.host.get_fingerprint(), str(file), "ssh-keygen -lf"):
                assert part in failed.detail
            assert server.logins == 0
            with file.open("a") as known_hosts:
                known_hosts.write(failed.detail.rpartition("add the line: ")[2] + "\n")
            assert (await transport.ask(server.host, ROLE)).stdout == ANSWER


async def test_a_changed_host_key_is_refused_with_both_fingerprints_and_the_place(keys: Keys) -> None:
    """The message names the offered key, the known key with file and line, and how to compare."""
    offered = new_key()
    async with ssh_server(keys, host_key=offered) as server:
        keys.knows(1)
        async with open_transport(keys.settings()) as transport:
            failed = await failure(transport, server.host)
    assert (failed.reason, server.logins) == (FailureReason.HOST_KEY, 0)
    line = list(keys.known).index(server.port) + 1
    place = f"({keys.directory / 'known_hosts'}:{line})"
    for part in ("changed host key", offered.get_fingerprint(), keys.host.get_fingerprint(), place, "ssh-keygen -R"):
        assert part in failed.detail


async def test_of_several_host_keys_the_known_one_is_asked_for(keys: Keys) -> None:
    """A server with another kind of key besides the known one is not a server with a changed key."""
    known = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
    async with ssh_server(keys, host_key=[new_key(), known], known=False) as server:
        keys.knows(server.port, known)
        assert await outcome(keys.settings(), server.host) == ANSWER


async def test_only_the_insecure_option_ignores_host_keys(keys: Keys) -> None:
    """`insecure_ignore_host_keys` accepts any key."""
    async with ssh_server(keys, host_key=new_key()) as server:
        assert await outcome(keys.settings(insecure_ignore_host_keys=True), server.host) == ANSWER


@pytest.mark.parametrize(
    "content",
    [None, "", "# a comment\n", "one-word\n", "\udcff"],
    ids=["missing", "empty", "comment", "word", "binary"],
)
async def test_known_hosts_without_a_key_is_a_local_failure(keys: Keys, content: str | None) -> None:
    """No host can be verified, and that is no fault of the hosts: none is contacted, and none is paused."""
    async with ssh_server(keys) as server:
        text = (keys.directory / "known_hosts").read_text()
        file = holding(keys.directory / "known_hosts", content)
        async with open_transport(keys.settings()) as transport:
            failed = await failure(transport, server.host)
            assert failed.reason is FailureReason.LOCAL
            assert failed.detail.startswith(f"{file}: ")
            assert server.attempts == 0
            file.write_text(text)
            assert (await transport.ask(server.host, ROLE)).stdout == ANSWER


@pytest.mark.parametrize(
    "line",
    [
        b"=",
        b"a-bare-name",
        b"@cert-authority",
        b"@revoked host",
        b"@unknown host ssh-ed25519 AAAA",
        b"host ssh-ed25519 AAAAgarbage",
        b"host no-such-type AAAA",
        b"|1|salt ssh-ed25519 AAAA",
        b"\xff\xfe\x00",
    ],
)
async def test_a_malformed_line_of_known_hosts_is_skipped_and_reported(keys: Keys, line: bytes) -> None:
    """One bad line does not take the keys of all hosts away; the log names file, line and problem once."""
    async with ssh_server(keys) as server:
        file = keys.directory / "known_hosts"
        file.write_bytes(line + b"\n" + file.read_bytes())
        async with open_transport(keys.settings()) as transport:
            with structlog.testing.capture_logs() as logs:
                assert (await transport.ask(server.host, ROLE)).stdout == ANSWER
                await transport.ask(server.host, ROLE)
    assert [(log["event"], log["file"], log["line"]) for log in logs] == [("known_hosts_line_skipped", str(file), 1)]


async def test_a_comment_of_known_hosts_may_have_any_encoding(keys: Keys) -> None:
    """A comment in Latin-1 behind a key changes nothing."""
    async with ssh_server(keys) as server:
        file = keys.directory / "known_hosts"
        file.write_bytes(b"# M\xfcller\n" + file.read_bytes().rstrip(b"\n") + b" of M\xfcller\n")
        with structlog.testing.capture_logs() as logs:
            assert await outcome(keys.settings(), server.host) == ANSWER
    assert logs == []


async def test_a_repaired_known_hosts_file_is_read_without_a_restart(keys: Keys) -> None:
    """The next round uses the new content of the file."""
    async with ssh_server(keys, known=False) as server:
        keys.knows(1)
        transport = SshTransport(keys.settings(), timeout_seconds=20)
        with pytest.raises(TransportError):
            await transport.ask(server.host, ROLE)
        keys.knows(server.port)
        assert (await transport.ask(server.host, ROLE)).stdout == ANSWER
        await transport.aclose()


async def test_without_a_setting_the_users_own_known_hosts_count(keys: Keys) -> None:
    """`~/.ssh/known_hosts` is the default; without that file no host is trusted."""
    async with ssh_server(keys) as server:
        settings = keys.settings(known_hosts=None)
        assert await outcome(settings, server.host) is FailureReason.LOCAL
        (keys.directory / "known_hosts").rename(keys.directory / "home/.ssh/known_hosts")
        assert await outcome(settings, server.host) == ANSWER


# -- the login --------------------------------------------------------------------------------------------------------


async def test_a_key_that_the_host_does_not_know_is_refused(keys: Keys) -> None:
    """A wrong key is a failed login."""
    async with ssh_server(keys, authorized=public(new_key())) as server:
        assert await outcome(keys.settings(), server.host) is FailureReason.AUTH


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


@pytest.mark.parametrize("named", [True, False], ids=["named", "beside the key"])
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
    """A round that still uses a transport after a reload opens no connection that nobody would close."""
    async with ssh_server(keys) as server:
        transport = SshTransport(keys.settings(), timeout_seconds=20)
        await transport.aclose()
        assert ((await failure(transport, server.host)).reason, server.attempts) == (FailureReason.CANCELLED, 0)
