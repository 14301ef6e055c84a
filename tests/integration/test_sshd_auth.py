"""Logins over real sshd: kept connections, certificates, jump hosts, and hosts without an installed gate."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh
import pytest

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Observed, Role
from boks_exporter.observe import Knowledge, SystemClock, observe
from boks_exporter.parsing.reply import parse_reply
from boks_exporter.remote.installation import authorized_keys_line
from boks_exporter.remote.request import EVERY_GATE, ROLE_ONLY
from boks_exporter.remote.settings import GateMode, SshSettings
from boks_exporter.simulator.domain import Fault
from boks_exporter.simulator.listener import new_key
from boks_exporter.transport.ssh import SshTransport
from tests.integration.fleet import Fleet
from tests.load import slowness

HOST = "REPHOST2"
DEADLINE = 20.0 * slowness()


@asynccontextmanager
async def open_transport(settings: SshSettings) -> AsyncIterator[SshTransport]:
    transport = SshTransport(settings, timeout_seconds=DEADLINE)
    try:
        yield transport
    finally:
        await transport.aclose()


async def role_line(transport: SshTransport, fleet: Fleet, name: str = HOST) -> str:
    reply = await transport.ask(fleet.host(name), ROLE_ONLY)
    return next(line for line in reply.stdout.decode().splitlines() if line.startswith("BOKSINIT"))


async def reason(transport: SshTransport, fleet: Fleet, name: str = HOST) -> FailureReason:
    with pytest.raises(TransportError) as failed:
        await transport.ask(fleet.host(name), ROLE_ONLY)
    return failed.value.reason


def logins(fleet: Fleet, name: str = HOST) -> int:
    """Count the logins that sshd accepted since its last start."""
    return fleet.servers.daemons[name].log.count("Accepted publickey")


async def test_a_round_brings_every_fact_of_every_host(fleet: Fleet) -> None:
    """All sections of all roles are read without a fault and without an unrecognised line."""
    async with open_transport(fleet.ssh_settings()) as transport:
        snapshot = await observe(fleet.domain_settings(), transport, SystemClock(), Knowledge())
        kept = transport.connection(HOST, snapshot.finished_at)
    seen = [outcome for outcome in snapshot.outcomes if isinstance(outcome, Observed)]
    assert {outcome.host: outcome.role for outcome in seen} == {
        "MASTER1": Role.MASTER,
        "REPHOST2": Role.REPLICA,
        "REPHOST3": Role.REPLICA,
        "CLIENT1": Role.CLIENT,
    }
    assert [outcome.faults for outcome in seen] == [()] * 4
    assert [outcome.reply.unread_lines for outcome in seen] == [()] * 4
    assert snapshot.listing is not None
    assert {entry.host for entry in snapshot.listing.entries} == {"REPHOST2", "REPHOST3"}
    facts = {outcome.host: (outcome.sequences, outcome.memory, outcome.queue) for outcome in seen}
    assert [fact is not None for fact in facts["MASTER1"]] == [True, True, True]
    assert [fact is not None for fact in facts["REPHOST2"]] == [True, True, False]
    assert [fact is not None for fact in facts["CLIENT1"]] == [False, False, False]
    assert kept is not None
    agreed = dict(kept.algorithms())
    assert (agreed["cipher"], agreed["MAC"]) == ("aes128-gcm@openssh.com", "in the cipher")
    assert "curve25519-sha256" in agreed["key exchange"]


async def test_one_login_serves_many_rounds_and_ends_with_a_disconnect(fleet: Fleet) -> None:
    """The log of sshd shows one login and a client that disconnected, and no connection that was reset."""
    fleet.call(fleet.servers.restart(HOST))
    async with open_transport(fleet.ssh_settings()) as transport:
        for _ in range(3):
            assert await role_line(transport, fleet) == "BOKSINIT=server"
        assert (logins(fleet), transport.reconnects(HOST)) == (1, 0)
    for _ in range(200):
        log = fleet.servers.daemons[HOST].log
        if "Received disconnect" in log:
            break
        await asyncio.sleep(0.01)
    assert "Received disconnect" in log
    assert "reset by peer" not in log


async def test_a_restart_of_sshd_between_rounds_is_no_failure(fleet: Fleet) -> None:
    """The connection is replaced within the next exchange and counted as a reconnect, not as a failure."""
    async with open_transport(fleet.ssh_settings()) as transport:
        await role_line(transport, fleet)
        await asyncio.to_thread(fleet.call, fleet.servers.restart(HOST))
        assert await role_line(transport, fleet) == "BOKSINIT=server"
        assert transport.reconnects(HOST) == 1


async def test_a_killed_session_is_replaced_when_idle_and_a_failure_when_busy(fleet: Fleet) -> None:
    """A session killed between two requests is replaced; killed under a running command it is a failure."""
    async with open_transport(fleet.ssh_settings()) as transport:
        await role_line(transport, fleet)
        await asyncio.to_thread(fleet.call, fleet.servers.sever(HOST))
        assert await role_line(transport, fleet) == "BOKSINIT=server"
        await asyncio.to_thread(fleet.set_fault, HOST, Fault.HANGING)
        asked = asyncio.create_task(transport.ask(fleet.host(HOST), EVERY_GATE))
        while not await asyncio.to_thread(fleet.is_running, HOST):
            await asyncio.sleep(0.02)
        await asyncio.to_thread(fleet.call, fleet.servers.sever(HOST))
        with pytest.raises(TransportError) as failed:
            await asked
        assert failed.value.reason is FailureReason.CHANNEL
        assert transport.reconnects(HOST) == 1


async def test_the_gate_is_sent_where_none_is_installed(fleet: Fleet) -> None:
    """With an unrestricted key and `gate: sent` the same script returns the same sections."""
    settings = fleet.ssh_settings(
        identity_files=(fleet.servers.shell_identity_file,), gate=GateMode.SENT, paths=fleet.tree.paths(HOST)
    )
    with fleet.clock.standing_still():
        async with open_transport(settings) as sent, open_transport(fleet.ssh_settings()) as installed:
            replies = [await transport.ask(fleet.host(HOST), EVERY_GATE) for transport in (sent, installed)]
    assert replies[0].exit_status == 0
    first, second = (parse_reply(reply.stdout, reply.nonce).sections for reply in replies)
    assert first == second
    assert sum(section.stdout.count("\n") for section in first) > 30


async def test_a_sent_gate_does_not_pass_a_forced_command(fleet: Fleet) -> None:
    """An installed gate refuses `gate: sent`: the sent script does not run."""
    async with open_transport(fleet.ssh_settings(gate=GateMode.SENT)) as transport:
        reply = await transport.ask(fleet.host(HOST), ROLE_ONLY)
    assert (reply.exit_status, reply.stdout[:9]) == (64, b"=refused ")


async def test_from_restricts_the_key_to_its_addresses(fleet: Fleet) -> None:
    """The same key from another address than `from` names does not log in."""
    key = asyncssh.read_private_key(fleet.servers.identity_file).export_public_key("openssh").decode().strip()
    daemon = fleet.servers.daemons[HOST]
    daemon.write_authorized_keys(authorized_keys_line(key, "192.0.2.10", str(fleet.tree.hosts[HOST].gate)))
    try:
        async with open_transport(fleet.ssh_settings()) as transport:
            assert await reason(transport, fleet) is FailureReason.AUTH
    finally:
        await asyncio.to_thread(fleet.set_fault, HOST, Fault.WRONG_LOGIN)
        await asyncio.to_thread(fleet.clear_fault, HOST, Fault.WRONG_LOGIN)
    async with open_transport(fleet.ssh_settings()) as transport:
        assert await role_line(transport, fleet) == "BOKSINIT=server"


@pytest.mark.parametrize("principal", ["right", "wrong"])
async def test_a_certificate_of_a_trusted_authority_logs_in(fleet: Fleet, tmp_path: Path, principal: str) -> None:
    """OpenSSH's own certificates work, with the gate as the certificate's forced command, for their principal only."""
    key = new_key()
    key.write_private_key(tmp_path / "id")
    fleet.servers.authority.generate_user_certificate(
        key,
        "monitor",
        principals=[fleet.servers.user if principal == "right" else "somebody"],
        force_command=str(fleet.tree.hosts[HOST].gate),
        source_address=["127.0.0.0/8"],
        permit_pty=False,
        permit_port_forwarding=False,
    ).write_certificate(tmp_path / "id-cert.pub")
    async with open_transport(fleet.ssh_settings(identity_files=(tmp_path / "id",))) as transport:
        if principal == "right":
            assert await role_line(transport, fleet) == "BOKSINIT=server"
        else:
            assert await reason(transport, fleet) is FailureReason.AUTH


@pytest.mark.parametrize("named_by", ["setting", "OpenSSH configuration"])
async def test_a_jump_host_is_shared_by_all_hosts(fleet: Fleet, tmp_path: Path, named_by: str) -> None:
    """Two hosts behind a jump host are reached through one connection to it."""
    jump = fleet.host("CLIENT1")
    await asyncio.to_thread(fleet.call, fleet.servers.restart("CLIENT1"))
    shell = {"identity_files": (fleet.servers.shell_identity_file,), "gate": GateMode.SENT}
    if named_by == "setting":
        settings = fleet.ssh_settings(**shell, jump_host=f"{jump.address}:{jump.port}", paths=fleet.tree.paths(HOST))
    else:
        config = tmp_path / "config"
        config.write_text(
            f"Host 127.0.0.1\n  ProxyJump gateway\nHost gateway\n  HostName 127.0.0.1\n  Port {jump.port}\n"
        )
        settings = fleet.ssh_settings(**shell, openssh_config=config, paths=fleet.tree.paths(HOST))
    async with open_transport(settings) as transport:
        lines = await asyncio.gather(role_line(transport, fleet), role_line(transport, fleet, "REPHOST3"))
    assert lines == ["BOKSINIT=server"] * 2
    assert logins(fleet, "CLIENT1") == 1


async def test_a_restricted_key_is_no_jump_host(fleet: Fleet) -> None:
    """`restrict` refuses forwarding, which is no refused login."""
    jump = fleet.host("CLIENT1")
    async with open_transport(fleet.ssh_settings(jump_host=f"{jump.address}:{jump.port}")) as transport:
        assert await reason(transport, fleet) is FailureReason.CONNECT


async def test_a_shell_in_the_place_of_the_gate_is_a_security_failure(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads the request as its input, complains, and waits for more."""
    monkeypatch.setattr("boks_exporter.transport.ssh.request_loop.SHELL_SECONDS", 0.1)
    gate = fleet.tree.hosts["REPHOST2"].gate
    gate.rename(gate.with_suffix(".away"))
    gate.symlink_to("/bin/sh")
    transport = SshTransport(fleet.ssh_settings(), timeout_seconds=20, interval_seconds=30)
    try:
        with pytest.raises(TransportError) as failed:
            await transport.ask(fleet.host("REPHOST2"), ROLE_ONLY)
    finally:
        await transport.aclose()
        gate.with_suffix(".away").rename(gate)
    assert (failed.value.reason, failed.value.detail[:10]) == (FailureReason.EXIT_STATUS, "SECURITY: ")
