"""Routes to a host: the network, jump hosts, and the OpenSSH configuration."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host
from boks_exporter.transport.ssh import SshTransport
from boks_exporter.transport.ssh import connect as connect_module
from boks_exporter.transport.ssh import renewal as renewal_module
from boks_exporter.transport.ssh.resolver import Resolver
from boks_exporter.transport.ssh.transport import CONCURRENT_LOGINS
from tests.nonempty import nonempty
from tests.unit.ssh_servers import ANSWER, ROLE, USER, Keys, new_key, outcome, public, ssh_server

# -- the network ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "reason"),
    [("127.0.0.1", FailureReason.CONNECT), ("host.invalid", FailureReason.DNS)],
    ids=["refused", "no such name"],
)
async def test_the_network_has_its_own_reasons(keys: Keys, address: str, reason: FailureReason) -> None:
    """A closed port and a name that does not exist have different reasons."""
    async with ssh_server(keys) as server:
        port = server.port
    assert await outcome(keys.settings(), Host("h", address, port)) is reason


async def test_a_closed_port_is_reported_with_the_message_of_the_system(keys: Keys) -> None:
    """The detail contains no Python tuple."""
    async with ssh_server(keys) as server:
        host = Host("h", "127.0.0.1", server.port)
    transport = SshTransport(keys.settings(), timeout_seconds=20)
    with pytest.raises(TransportError) as caught:
        await transport.ask(host, ROLE)
    await transport.aclose()
    assert caught.value.detail == "connection refused"


async def test_a_peer_that_is_no_ssh_server_is_a_failure_to_connect(keys: Keys) -> None:
    """A port with another protocol is neither a refused login nor a time-out."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    host = Host("web", "127.0.0.1", server.sockets[0].getsockname()[1])
    keys.knows(host.port)
    try:
        assert await outcome(keys.settings(), host) is FailureReason.CONNECT
    finally:
        server.close()
        await server.wait_closed()


# -- jump hosts -------------------------------------------------------------------------------------------------------


async def test_all_hosts_behind_a_jump_host_share_one_connection_to_it(keys: Keys) -> None:
    """The jump host has one login, both ends are verified, and each host behind it has its own login."""
    servers = ssh_server(keys), ssh_server(keys), ssh_server(keys)
    async with servers[0] as jump, servers[1] as one, servers[2] as two:
        transport = SshTransport(keys.settings(jump_host=f"{USER}@127.0.0.1:{jump.port}"), timeout_seconds=20)
        replies = await asyncio.gather(*(transport.ask(server.host, ROLE) for server in (one, two)))
        assert [reply.stdout for reply in replies] == [ANSWER, ANSWER]
        assert (jump.logins, one.logins, two.logins) == (1, 1, 1)
        await transport.aclose()


async def test_jump_hosts_can_be_chained(keys: Keys) -> None:
    """`a,b` goes through a to b, as OpenSSH's ProxyJump does."""
    servers = ssh_server(keys), ssh_server(keys), ssh_server(keys)
    async with servers[0] as first, servers[1] as second, servers[2] as server:
        route = f"127.0.0.1:{first.port},[127.0.0.1]:{second.port}"
        assert await outcome(keys.settings(jump_host=route), server.host) == ANSWER
        assert (first.logins, second.logins, server.logins) == (1, 1, 1)


async def test_a_lost_jump_connection_is_reopened(keys: Keys) -> None:
    """A restart of the jump host costs at most the round in which it happens."""
    async with ssh_server(keys) as jump, ssh_server(keys) as server:
        transport = SshTransport(keys.settings(jump_host=f"127.0.0.1:{jump.port}"), timeout_seconds=20)
        await transport.ask(server.host, ROLE)
        jump.kill()
        await asyncio.sleep(0.05)
        assert (await transport.ask(server.host, ROLE)).stdout == ANSWER
        assert (jump.logins, transport.reconnects(server.host.name)) == (2, 1)
        await transport.aclose()


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"host_key": new_key()}, FailureReason.HOST_KEY),
        ({"authorized": public(new_key())}, FailureReason.AUTH),
    ],
    ids=["host key", "login"],
)
async def test_a_jump_host_that_refuses_is_paused_for_all_hosts(
    keys: Keys, how: dict[str, Any], reason: FailureReason
) -> None:
    """Many hosts behind a refusing jump host make one attempt; each failure names the jump host."""
    async with ssh_server(keys, **how) as jump, ssh_server(keys) as server:
        transport = SshTransport(keys.settings(jump_host=f"127.0.0.1:{jump.port}"), timeout_seconds=20)
        hosts = [replace(server.host, name=f"h{number}") for number in range(10)]
        failures = await asyncio.gather(*(transport.ask(host, ROLE) for host in hosts), return_exceptions=True)
        assert {(type(error), error.reason) for error in failures if isinstance(error, TransportError)} == {
            (type(failures[0]), reason)
        }
        assert all(
            str(error).startswith(f"{reason}: jump host 127.0.0.1:{jump.port}: ") for error in nonempty(failures)
        )
        assert (jump.attempts, server.attempts) == (1, 0)
        await transport.aclose()


async def test_a_jump_host_that_forwards_nothing_is_a_failure_to_connect(keys: Keys) -> None:
    """The login to the jump host succeeds, the forwarding is refused."""
    async with ssh_server(keys, stops_at="forwarding") as jump, ssh_server(keys) as server:
        assert await outcome(keys.settings(jump_host=f"127.0.0.1:{jump.port}"), server.host) is FailureReason.CONNECT
        assert (jump.logins, server.attempts) == (1, 0)


async def test_a_malformed_jump_host_is_reported_with_the_expected_form(keys: Keys) -> None:
    """A typing error in the configuration is a message, not a crash."""
    transport = SshTransport(keys.settings(jump_host="a:b:c"), timeout_seconds=20)
    with pytest.raises(TransportError, match=r"jump host a:b:c: expected \[user@\]host\[:port\]"):
        await transport.ask(Host("h", "127.0.0.1", 1), ROLE)
    await transport.aclose()


# -- the OpenSSH configuration ----------------------------------------------------------------------------------------


async def test_the_users_own_configuration_is_not_read(keys: Keys) -> None:
    """`~/.ssh/config` has no effect unless the configuration names the file."""
    async with ssh_server(keys) as server:
        config = keys.directory / "home/.ssh/config"
        config.write_text("Host *\n  HostName host.invalid\n  User somebody\n")
        assert await outcome(keys.settings(), server.host) == ANSWER
        assert await outcome(keys.settings(openssh_config=config), server.host) is FailureReason.DNS


async def test_a_named_configuration_gives_address_port_key_and_known_hosts(keys: Keys) -> None:
    """An alias of the configuration works as with `ssh ALIAS`; explicit settings take precedence."""
    async with ssh_server(keys) as server:
        config = keys.directory / "config"
        config.write_text(
            f"Host rep1\n  HostName 127.0.0.1\n  Port {server.port}\n  IdentityFile {keys.directory}/id\n"
            f"  UserKnownHostsFile {keys.directory}/known_hosts {keys.directory}/not-there\n"
        )
        settings = keys.settings(openssh_config=config, identity_files=(), known_hosts=None)
        assert await outcome(settings, Host("rep1", "rep1")) == ANSWER


async def test_a_jump_host_of_the_configuration_is_shared_and_verified(keys: Keys) -> None:
    """`ProxyJump` behaves as the setting `jump_host`."""
    async with ssh_server(keys) as jump, ssh_server(keys) as one, ssh_server(keys) as two:
        config = keys.directory / "config"
        config.write_text(
            f"Host 127.0.0.1\n  ProxyJump gateway\nHost gateway\n  HostName 127.0.0.1\n  Port {jump.port}\n"
        )
        transport = SshTransport(keys.settings(openssh_config=config), timeout_seconds=20)
        replies = await asyncio.gather(*(transport.ask(server.host, ROLE) for server in (one, two)))
        assert [reply.stdout for reply in replies] == [ANSWER, ANSWER]
        assert jump.logins == 1
        await transport.aclose()


async def test_a_configuration_cannot_switch_the_verification_off(keys: Keys) -> None:
    """`UserKnownHostsFile none` is refused: only the option named insecure switches verification off."""
    async with ssh_server(keys) as server:
        config = keys.directory / "config"
        config.write_text("Host *\n  UserKnownHostsFile none\n")
        settings = keys.settings(openssh_config=config, known_hosts=None)
        assert await outcome(settings, server.host) is FailureReason.LOCAL
        assert server.attempts == 0
        assert await outcome(replace(settings, insecure_ignore_host_keys=True), server.host) == ANSWER


@pytest.mark.parametrize("content", [None, "Host *\n  Port many\n"], ids=["missing", "malformed"])
async def test_an_unusable_configuration_is_a_local_failure(keys: Keys, content: str | None) -> None:
    """An unreadable configuration fails each round with its reason; the exporter keeps running."""
    config = keys.directory / "config"
    if content is not None:
        config.write_text(content)
    async with ssh_server(keys) as server:
        assert await outcome(keys.settings(openssh_config=config), server.host) is FailureReason.LOCAL


async def test_a_command_of_one_openssh_configuration_that_hangs_delays_no_other_domain(keys: Keys) -> None:
    """More hosts wait for `Match exec` than the program has threads; a domain without that file is polled meanwhile."""
    config, release = keys.directory / "config", keys.directory / "release"
    config.write_text(f'Match exec "while [ ! -e {release} ]; do sleep 0.02; done"\n', encoding="utf-8")
    hanging = SshTransport(keys.settings(openssh_config=config), timeout_seconds=20)
    async with ssh_server(keys) as server:
        asked = [hanging.ask(Host(f"h{number}", f"127.0.1.{number}", server.port), ROLE) for number in range(1, 41)]
        waiting = [asyncio.create_task(each) for each in asked]
        await asyncio.sleep(0)
        try:
            assert await outcome(keys.settings(), server.host) == ANSWER
            assert not any(task.done() for task in waiting)
        finally:
            release.touch()
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            await hanging.aclose()


# -- names ------------------------------------------------------------------------------------------------------------


class Lookups:
    """A resolver of the system: names without an answer, and one name that moves."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.moving_address = "127.0.0.1"

    def __call__(self, host: str, port: int, *_: Any) -> list[Any]:
        if host.startswith("silent"):
            self.release.wait(30)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (self.moving_address, port))]


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lookups]:
    found = Lookups()
    monkeypatch.setattr(connect_module, "Resolver", lambda: Resolver(limit=0.3, lookup=found))
    yield found
    found.release.set()


def knows_name(keys: Keys, port: int, *names: str) -> None:
    """Add a server to known_hosts under names."""
    key = public(keys.host)
    (keys.directory / "known_hosts").write_text("".join(f"[{name}]:{port} {key}\n" for name in names))


async def test_a_silent_name_server_delays_only_the_hosts_that_need_it(keys: Keys, lookups: Lookups) -> None:
    """Twice as many hosts as may log in at the same time wait for DNS; another host is polled meanwhile."""
    async with ssh_server(keys) as server:
        silent = [Host(f"s{number}", f"silent{number}", server.port) for number in range(2 * CONCURRENT_LOGINS)]
        knows_name(keys, server.port, "known", *(host.address for host in silent))
        transport = SshTransport(keys.settings(), timeout_seconds=20)
        waiting = [asyncio.create_task(transport.ask(host, ROLE)) for host in silent]
        await asyncio.sleep(0)
        assert (await transport.ask(Host("k", "known", server.port), ROLE)).stdout == ANSWER
        assert not any(task.done() for task in waiting)
        errors = await asyncio.gather(*waiting, return_exceptions=True)
        assert {error.reason for error in errors if isinstance(error, TransportError)} == {FailureReason.DNS}
        assert len(errors) == len(silent)
        await transport.aclose()


async def test_a_host_that_moves_to_another_address_is_connected_there(
    keys: Keys, lookups: Lookups, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is resolved again; the old connection is closed when the one to the new address has answered."""
    monkeypatch.setattr(renewal_module, "RESOLVE_SECONDS", 0.05)
    async with ssh_server(keys) as old, ssh_server(keys, port=old.port, address="127.0.0.2") as new:
        knows_name(keys, old.port, "moving")
        host = Host("m", "moving", old.port)
        transport = SshTransport(keys.settings(), timeout_seconds=20)
        await transport.ask(host, ROLE)
        lookups.moving_address = "127.0.0.2"
        async with asyncio.timeout(20):
            while not new.logins:
                assert (await transport.ask(host, ROLE)).stdout == ANSWER
                await asyncio.sleep(0.05)
            assert (await transport.ask(host, ROLE)).stdout == ANSWER
            await old.connections[0].wait_closed()
        assert (old.logins, new.logins, transport.reconnects("m")) == (1, 1, 1)
        await transport.aclose()
