"""The way to a host: the network, jump hosts, and what an OpenSSH configuration says about it."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host
from boks_exporter.transport.ssh import SshTransport
from tests.unit.ssh_servers import ANSWER, ROLE, USER, Keys, new_key, outcome, public, ssh_server


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keys:
    """Keys in a home directory that holds nothing else."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home" / ".ssh").mkdir(parents=True)
    return Keys.make(tmp_path)


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


async def test_a_closed_port_is_told_in_the_systems_words(keys: Keys) -> None:
    """Not with the tuple that asyncio puts in their place."""
    async with ssh_server(keys) as door:
        host = Host("h", "127.0.0.1", door.port)
    transport = SshTransport(keys.settings(), timeout_seconds=20)
    with pytest.raises(TransportError) as caught:
        await transport.ask(host, ROLE)
    await transport.aclose()
    assert caught.value.detail == "connection refused"


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
