"""Many reloads of mixed kinds under running polls, over real sshd: no connection is left."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from boks_exporter.app.connections import Connections
from boks_exporter.config import DomainSettings, PollSettings, Settings
from boks_exporter.errors import TransportError
from boks_exporter.remote.request import ROLE_ONLY
from boks_exporter.remote.settings import GateMode, SshSettings
from boks_exporter.transport.base import Transport
from tests.integration.fleet import Fleet

HOSTS = ("MASTER1", "REPHOST2", "REPHOST3")
RELOADS = 30


def connected_sockets() -> int:
    """Count the open sockets of this process."""
    count = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            count += str(descriptor.readlink()).startswith("socket:")
    return count


async def poll(domain: DomainSettings, transport: Transport) -> None:
    with suppress(TransportError):
        await asyncio.gather(*(transport.ask(host, ROLE_ONLY) for host in domain.hosts))


def changed(domain: DomainSettings, transport: SshSettings, random: Random) -> DomainSettings:
    """Change the keepalive, the hosts, both or nothing."""
    hosts = tuple(host for host in domain.hosts if random.random() < 0.7) or domain.hosts[:1]
    keepalive = random.choice((15.0, 15.0, 14.0))
    return replace(domain, hosts=hosts, transport=replace(transport, keepalive_interval_seconds=keepalive))


@pytest.mark.parametrize("through_jump_host", [False, True], ids=["direct", "jump host"])
async def test_reloads_of_mixed_kinds_leave_no_connection(fleet: Fleet, through_jump_host: bool) -> None:
    """Polls run into each reload; afterwards there is one connection for each host at most, and at the end none."""
    random = Random(7)  # noqa: S311 - the test repeats itself
    transport = fleet.ssh_settings()
    if through_jump_host:
        jump = fleet.host("CLIENT1")
        transport = fleet.ssh_settings(
            identity_files=(fleet.servers.shell_identity_file,),
            gate=GateMode.SENT,
            paths=fleet.tree.paths("REPHOST2"),
            jump_host=f"{jump.address}:{jump.port}",
        )
    whole = fleet.domain_settings(transport=transport, hosts=tuple(fleet.host(name) for name in HOSTS))
    before = connected_sockets()
    polls: list[asyncio.Task[None]] = []
    async with Connections() as connections:
        for _ in range(RELOADS):
            settings = Settings(domains=(changed(whole, transport, random),), poll=PollSettings())
            opened = await connections.apply_settings(settings)
            polls += [asyncio.create_task(poll(domain, each)) for domain, each in opened.values()]
            await asyncio.sleep(random.choice((0.0, 0.05, 0.2)))
            await connections.close_stale()
        await asyncio.gather(*polls)
        await connections.apply_settings(Settings(domains=(whole,), poll=PollSettings()))
        await connections.close_stale()
        await asyncio.sleep(0.1)
        assert connected_sockets() - before <= len(HOSTS) + 1
    await asyncio.sleep(0.1)
    assert connected_sockets() == before
