"""Logging in over SSH: whose key is believed, which key is shown, and by which way."""

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host
from boks_exporter.remote.settings import SshSettings
from boks_exporter.transport.ssh import SshTransport
from tests.unit.ssh_servers import ROLE, USER, Keys, ssh_server


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keys:
    """Keys in a home directory that holds nothing else."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home" / ".ssh").mkdir(parents=True)
    return Keys.make(tmp_path)


def new_key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


def public(key: asyncssh.SSHKey) -> str:
    return key.export_public_key("openssh").decode().strip()


async def outcome(settings: SshSettings, host: Host) -> FailureReason | bytes:
    """Ask once, and tell what was answered or why there was no answer."""
    transport = SshTransport(settings, timeout_seconds=20)
    try:
        return (await transport.ask(host, ROLE)).stdout
    except TransportError as error:
        return error.reason
    finally:
        await transport.aclose()


ANSWER = b"asked: boks-gate/1 role\n"


# -- host keys --------------------------------------------------------------------------------------------------------


async def test_a_host_that_nobody_knows_is_refused(keys: Keys) -> None:
    """An address that known_hosts does not name is not trusted on first use."""
    async with ssh_server(keys, known=False) as door:
        assert await outcome(keys.settings(), door.host) is FailureReason.HOST_KEY
        assert door.logins == 0


async def test_a_host_that_shows_another_key_is_refused(keys: Keys) -> None:
    """A host whose key changed gets no login, and so no request."""
    async with ssh_server(keys, host_key=new_key()) as door:
        assert await outcome(keys.settings(), door.host) is FailureReason.HOST_KEY
        assert door.logins == 0


async def test_host_keys_are_ignored_only_by_the_option_that_says_so(keys: Keys) -> None:
    """`insecure_ignore_host_keys` lets any key pass."""
    async with ssh_server(keys, host_key=new_key()) as door:
        assert await outcome(keys.settings(insecure_ignore_host_keys=True), door.host) == ANSWER


@pytest.mark.parametrize("content", [None, "one-word\n", "\udcff"], ids=["missing", "malformed", "binary"])
async def test_an_unusable_known_hosts_file_verifies_nobody(keys: Keys, content: str | None) -> None:
    """A file that cannot be read is a host key that cannot be verified, not a crash or a hang."""
    async with ssh_server(keys) as door:
        file = keys.directory / "known_hosts"
        file.unlink()
        if content is not None:
            file.write_bytes(content.encode(errors="surrogateescape"))
        transport = SshTransport(keys.settings(), timeout_seconds=20)
        with pytest.raises(TransportError) as failed:
            await transport.ask(door.host, ROLE)
        await transport.aclose()
        assert failed.value.reason is FailureReason.HOST_KEY
        assert failed.value.detail.startswith(f"{file}: ")


async def test_a_mended_known_hosts_file_is_read_without_a_restart(keys: Keys) -> None:
    """The next attempt after the pause uses what the file says then."""
    async with ssh_server(keys, known=False) as door:
        transport = SshTransport(keys.settings(backoff_initial_seconds=0.001), timeout_seconds=20)
        with pytest.raises(TransportError):
            await transport.ask(door.host, ROLE)
        keys.knows(door.port)
        await asyncio.sleep(0.01)
        assert (await transport.ask(door.host, ROLE)).stdout == ANSWER
        await transport.aclose()


async def test_without_a_setting_the_users_own_known_hosts_count(keys: Keys) -> None:
    """`~/.ssh/known_hosts` is the default, and a home without one trusts nobody."""
    async with ssh_server(keys) as door:
        settings = keys.settings(known_hosts=None)
        assert await outcome(settings, door.host) is FailureReason.HOST_KEY
        (keys.directory / "known_hosts").rename(keys.directory / "home/.ssh/known_hosts")
        assert await outcome(settings, door.host) == ANSWER


# -- the login --------------------------------------------------------------------------------------------------------


async def test_a_key_that_the_host_does_not_know_is_refused(keys: Keys) -> None:
    """A wrong key is a failed login."""
    async with ssh_server(keys, authorized=public(new_key())) as door:
        assert await outcome(keys.settings(), door.host) is FailureReason.AUTH


@pytest.mark.parametrize("content", [None, "no key\n", "\udcff"], ids=["missing", "no key", "binary"])
async def test_an_unusable_key_file_is_a_failed_login(keys: Keys, content: str | None) -> None:
    """The reason names the file; nothing is sent to the host."""
    async with ssh_server(keys) as door:
        file = keys.directory / "id"
        file.unlink()
        if content is not None:
            file.write_bytes(content.encode(errors="surrogateescape"))
        transport = SshTransport(keys.settings(), timeout_seconds=20)
        with pytest.raises(TransportError) as failed:
            await transport.ask(door.host, ROLE)
        await transport.aclose()
        assert failed.value.reason is FailureReason.AUTH
        assert failed.value.detail.startswith(f"{file}: ")
        assert door.attempts == 0


@pytest.mark.parametrize(
    ("written", "expected"),
    [("open sesame\n", ANSWER), ("wrong\n", FailureReason.AUTH), (None, FailureReason.AUTH)],
    ids=["right", "wrong", "missing"],
)
async def test_a_passphrase_comes_from_its_file(
    keys: Keys, written: str | None, expected: FailureReason | bytes
) -> None:
    """An encrypted key is opened with the file's content, without its line end."""
    file = keys.directory / "passphrase"
    if written is not None:
        file.write_text(written)
    keys.user.write_private_key(keys.directory / "id", passphrase="open sesame", rounds=50)
    async with ssh_server(keys) as door:
        assert await outcome(keys.settings(passphrase_file=file), door.host) == expected


async def test_a_passphrase_is_never_shown(keys: Keys) -> None:
    """Neither the failure nor the settings that hold its path repeat what the file says."""
    (keys.directory / "passphrase").write_text("hunter2\n")
    keys.user.write_private_key(keys.directory / "id", passphrase="open sesame", rounds=50)
    async with ssh_server(keys) as door:
        transport = SshTransport(keys.settings(passphrase_file=keys.directory / "passphrase"), timeout_seconds=20)
        with pytest.raises(TransportError) as failed:
            await transport.ask(door.host, ROLE)
        await transport.aclose()
        assert "hunter2" not in repr((failed.value, failed.value.__cause__, transport))


@pytest.mark.parametrize("named", [True, False], ids=["named", "beside the key"])
async def test_a_certificate_logs_in(keys: Keys, named: bool) -> None:
    """A host that trusts an authority lets the key in by its certificate, named or found as `KEY-cert.pub`."""
    authority = new_key()
    certificate = authority.generate_user_certificate(keys.user, "monitor", principals=[USER])
    file = keys.directory / ("given.pub" if named else "id-cert.pub")
    async with ssh_server(keys, authorized=f"cert-authority {public(authority)}") as door:
        assert await outcome(keys.settings(), door.host) is FailureReason.AUTH
        certificate.write_certificate(file)
        settings = keys.settings(certificate_files=(file,) if named else ())
        assert await outcome(settings, door.host) == ANSWER


async def test_a_renewed_certificate_is_used_without_a_restart(keys: Keys) -> None:
    """Short-lived certificates are replaced under the running exporter."""
    authority = new_key()
    file = keys.directory / "id-cert.pub"
    new_key().generate_user_certificate(keys.user, "of another authority", principals=[USER]).write_certificate(file)
    async with ssh_server(keys, authorized=f"cert-authority {public(authority)}") as door:
        transport = SshTransport(keys.settings(backoff_initial_seconds=0.001), timeout_seconds=20)
        with pytest.raises(TransportError):
            await transport.ask(door.host, ROLE)
        authority.generate_user_certificate(keys.user, "monitor", principals=[USER]).write_certificate(file)
        await asyncio.sleep(0.01)
        assert (await transport.ask(door.host, ROLE)).stdout == ANSWER
        await transport.aclose()


@pytest.fixture
def agent(keys: Keys) -> Iterator[Path]:
    """OpenSSH's own agent, holding the key that is in no file any more."""
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
    """With `agent: true` the agent of the environment signs; otherwise it is not even asked."""
    monkeypatch.setenv("SSH_AUTH_SOCK", str(agent))
    async with ssh_server(keys) as door:
        assert await outcome(keys.settings(identity_files=(), agent=True), door.host) == ANSWER
        assert await outcome(keys.settings(identity_files=()), door.host) is FailureReason.AUTH


async def test_a_refused_login_is_not_repeated_before_its_time(keys: Keys) -> None:
    """While the pause lasts every round fails with the same reason, and the host hears nothing; a reload ends it."""
    async with ssh_server(keys, authorized=public(new_key())) as door:
        transport = SshTransport(keys.settings(), timeout_seconds=20)
        details = []
        for _ in range(3):
            with pytest.raises(TransportError) as failed:
                await transport.ask(door.host, ROLE)
            details.append((failed.value.reason, "next attempt in" in failed.value.detail))
        assert details == [(FailureReason.AUTH, paused) for paused in (False, True, True)]
        assert door.attempts == 1
        await transport.retain([door.host])
        with pytest.raises(TransportError):
            await transport.ask(door.host, ROLE)
        assert door.attempts == 2
        await transport.aclose()


# -- the network ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "reason"),
    [("127.0.0.1", FailureReason.CONNECT), ("host.invalid", FailureReason.DNS)],
    ids=["refused", "no such name"],
)
async def test_the_network_has_its_own_reasons(keys: Keys, address: str, reason: FailureReason) -> None:
    """A closed port and a name that does not exist are told apart."""
    async with ssh_server(keys) as door:
        port = door.port
    assert await outcome(keys.settings(), Host("h", address, port)) is reason


async def test_a_peer_that_is_no_ssh_server_is_a_failure_to_connect(keys: Keys) -> None:
    """A port on which something else answers does not count as a login or as silence."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    host = Host("web", "127.0.0.1", server.sockets[0].getsockname()[1])
    try:
        assert await outcome(keys.settings(), host) is FailureReason.CONNECT
    finally:
        server.close()
        await server.wait_closed()


# -- jump hosts -------------------------------------------------------------------------------------------------------


async def test_all_hosts_behind_a_jump_host_share_one_connection_to_it(keys: Keys) -> None:
    """The way is opened once, both ends are verified, and each host has its own login behind it."""
    servers = ssh_server(keys), ssh_server(keys), ssh_server(keys)
    async with servers[0] as jump, servers[1] as one, servers[2] as two:
        transport = SshTransport(keys.settings(jump_host=f"{USER}@127.0.0.1:{jump.port}"), timeout_seconds=20)
        replies = await asyncio.gather(*(transport.ask(door.host, ROLE) for door in (one, two)))
        assert [reply.stdout for reply in replies] == [ANSWER, ANSWER]
        assert (jump.logins, one.logins, two.logins) == (1, 1, 1)
        await transport.aclose()


async def test_jump_hosts_can_stand_one_behind_the_other(keys: Keys) -> None:
    """`a,b` goes through a to b, as OpenSSH's ProxyJump does."""
    servers = ssh_server(keys), ssh_server(keys), ssh_server(keys)
    async with servers[0] as first, servers[1] as second, servers[2] as door:
        route = f"127.0.0.1:{first.port},[127.0.0.1]:{second.port}"
        assert await outcome(keys.settings(jump_host=route), door.host) == ANSWER
        assert (first.logins, second.logins, door.logins) == (1, 1, 1)


async def test_a_jump_connection_that_is_gone_is_opened_anew(keys: Keys) -> None:
    """A restart of the jump host costs at most the round in which it happens."""
    async with ssh_server(keys) as jump, ssh_server(keys) as door:
        transport = SshTransport(keys.settings(jump_host=f"127.0.0.1:{jump.port}"), timeout_seconds=20)
        await transport.ask(door.host, ROLE)
        jump.kill()
        await asyncio.sleep(0.05)
        assert (await transport.ask(door.host, ROLE)).stdout == ANSWER
        assert (jump.logins, transport.reconnects(door.host.name)) == (2, 1)
        await transport.aclose()


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"host_key": new_key()}, FailureReason.HOST_KEY),
        ({"authorized": public(new_key())}, FailureReason.AUTH),
    ],
    ids=["host key", "login"],
)
async def test_a_jump_host_that_refuses_is_left_alone_by_all(
    keys: Keys, how: dict[str, Any], reason: FailureReason
) -> None:
    """A hundred hosts behind a jump host that refuses knock once, each says why, and nobody blames the hosts."""
    async with ssh_server(keys, **how) as jump, ssh_server(keys) as door:
        transport = SshTransport(keys.settings(jump_host=f"127.0.0.1:{jump.port}"), timeout_seconds=20)
        hosts = [replace(door.host, name=f"h{number}") for number in range(10)]
        failures = await asyncio.gather(*(transport.ask(host, ROLE) for host in hosts), return_exceptions=True)
        assert {(type(error), error.reason) for error in failures if isinstance(error, TransportError)} == {
            (type(failures[0]), reason)
        }
        assert all(str(error).startswith(f"{reason}: jump host 127.0.0.1:{jump.port}: ") for error in failures)
        assert (jump.attempts, door.attempts) == (1, 0)
        await transport.aclose()


async def test_a_jump_host_that_forwards_nothing_is_a_failure_to_connect(keys: Keys) -> None:
    """The login to the jump host was good, the way on was not."""
    async with ssh_server(keys, stops_at="forwarding") as jump, ssh_server(keys) as door:
        assert await outcome(keys.settings(jump_host=f"127.0.0.1:{jump.port}"), door.host) is FailureReason.CONNECT
        assert (jump.logins, door.attempts) == (1, 0)


async def test_a_jump_host_that_cannot_be_read_says_what_was_expected(keys: Keys) -> None:
    """A slip in the configuration shows as a sentence, not as a crash."""
    transport = SshTransport(keys.settings(jump_host="a:b:c"), timeout_seconds=20)
    with pytest.raises(TransportError, match=r"jump host a:b:c: expected \[user@\]host\[:port\]"):
        await transport.ask(Host("h", "127.0.0.1", 1), ROLE)
    await transport.aclose()


# -- the OpenSSH configuration ----------------------------------------------------------------------------------------


async def test_the_users_own_configuration_is_not_read(keys: Keys) -> None:
    """What stands in `~/.ssh/config` does not reach the exporter unless its configuration names the file."""
    async with ssh_server(keys) as door:
        config = keys.directory / "home/.ssh/config"
        config.write_text("Host *\n  HostName host.invalid\n  User somebody\n")
        assert await outcome(keys.settings(), door.host) == ANSWER
        assert await outcome(keys.settings(openssh_config=config), door.host) is FailureReason.DNS


async def test_a_named_configuration_gives_address_port_key_and_known_hosts(keys: Keys) -> None:
    """An alias of the configuration works as with `ssh ALIAS`; settings that are made count more."""
    async with ssh_server(keys) as door:
        config = keys.directory / "config"
        config.write_text(
            f"Host rep1\n  HostName 127.0.0.1\n  Port {door.port}\n  IdentityFile {keys.directory}/id\n"
            f"  UserKnownHostsFile {keys.directory}/known_hosts {keys.directory}/not-there\n"
        )
        settings = keys.settings(openssh_config=config, identity_files=(), known_hosts=None)
        assert await outcome(settings, Host("rep1", "rep1")) == ANSWER


async def test_a_jump_host_of_the_configuration_is_shared_and_verified(keys: Keys) -> None:
    """`ProxyJump` goes the same way as the setting `jump_host`."""
    async with ssh_server(keys) as jump, ssh_server(keys) as one, ssh_server(keys) as two:
        config = keys.directory / "config"
        config.write_text(
            f"Host 127.0.0.1\n  ProxyJump gateway\nHost gateway\n  HostName 127.0.0.1\n  Port {jump.port}\n"
        )
        transport = SshTransport(keys.settings(openssh_config=config), timeout_seconds=20)
        replies = await asyncio.gather(*(transport.ask(door.host, ROLE) for door in (one, two)))
        assert [reply.stdout for reply in replies] == [ANSWER, ANSWER]
        assert jump.logins == 1
        await transport.aclose()


async def test_a_configuration_cannot_switch_the_verification_off(keys: Keys) -> None:
    """`UserKnownHostsFile none` is refused: only the option named insecure does that."""
    async with ssh_server(keys) as door:
        config = keys.directory / "config"
        config.write_text("Host *\n  UserKnownHostsFile none\n")
        settings = keys.settings(openssh_config=config, known_hosts=None)
        assert await outcome(settings, door.host) is FailureReason.HOST_KEY
        assert door.attempts == 0
        assert await outcome(replace(settings, insecure_ignore_host_keys=True), door.host) == ANSWER


@pytest.mark.parametrize("content", [None, "Host *\n  Port many\n"], ids=["missing", "malformed"])
async def test_an_unusable_configuration_is_a_failure_to_connect(keys: Keys, content: str | None) -> None:
    """A configuration that cannot be read fails each round with its reason; the exporter lives on."""
    config = keys.directory / "config"
    if content is not None:
        config.write_text(content)
    async with ssh_server(keys) as door:
        assert await outcome(keys.settings(openssh_config=config), door.host) is FailureReason.CONNECT
