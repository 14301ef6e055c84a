"""The simulated servers, looked at with the real SSH transport."""

import asyncio
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import asyncssh
import pytest

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host, Reply, Section
from boks_exporter.observe.interpret import interpret_reply
from boks_exporter.parsing.reply import parse_reply
from boks_exporter.remote.request import EVERY_GATE, PROTOCOL, READING, request_line
from boks_exporter.remote.settings import SshSettings
from boks_exporter.simulator.domain import Fault, SimulatedDomain, published_layout
from boks_exporter.simulator.server import SimulatedServers
from boks_exporter.transport.ssh import SshTransport

VICTIM = "REPHOST3"
ANOTHER = "REPHOST2"


class Clock:
    """A clock that stands still until it is set; the servers look at it for each request."""

    def __init__(self, time: float) -> None:
        self.time = time
        self.looks = 0

    def __call__(self) -> float:
        self.looks += 1
        return self.time


@dataclass
class Stage:
    """Served hosts, a transport that reaches them, and the clock that moves the domain."""

    servers: SimulatedServers
    transport: SshTransport
    clock: Clock

    def host(self, name: str) -> Host:
        return Host(name, self.servers.address, self.servers.port(name))

    async def ask(self, name: str) -> Reply:
        raw = await self.transport.ask(self.host(name), READING)
        return parse_reply(raw.stdout, raw.nonce)

    async def failure(self, name: str) -> FailureReason:
        with pytest.raises(TransportError) as caught:
            await self.ask(name)
        return caught.value.reason


@asynccontextmanager
async def staged(directory: Path, timeout_seconds: float = 10.0) -> AsyncIterator[Stage]:
    domain = SimulatedDomain(published_layout(), seed=1)
    clock = Clock(domain.epoch + 60)
    async with SimulatedServers(domain, directory, clock) as servers:
        settings = SshSettings(
            user=servers.user,
            identity_files=(servers.identity_file,),
            known_hosts=servers.known_hosts,
            backoff_initial_seconds=0.0,
        )
        transport = SshTransport(settings, timeout_seconds=timeout_seconds, jitter=Random(1))  # noqa: S311 - the test repeats itself
        try:
            yield Stage(servers, transport, clock)
        finally:
            await transport.aclose()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path) as stage:
        yield stage


async def test_every_host_answers_the_gate_request_in_its_role(stage: Stage) -> None:
    """All six hosts answer over SSH with verified keys, one of them as master."""
    hosts = [stage.host(name) for name in stage.servers.domain.hosts]
    replies = await asyncio.gather(*(stage.transport.ask(host, EVERY_GATE) for host in hosts))
    seen = [interpret_reply(host, EVERY_GATE, raw, 0.0, 1.0) for host, raw in zip(hosts, replies, strict=True)]
    assert [outcome.role.value for outcome in seen] == ["master", *["replica"] * 5]
    assert [outcome.faults for outcome in seen] == [()] * 6


async def test_the_domain_moves_with_the_clock(stage: Stage) -> None:
    """What the master prints grows when an hour passes, and not by being asked."""
    first, second = await stage.ask("MASTER1"), await stage.ask("MASTER1")
    assert first == second
    stage.clock.time += 3600
    assert await stage.ask("MASTER1") != first


@pytest.mark.parametrize(
    ("fault", "parameters", "reason"),
    [
        (Fault.REFUSED, {}, FailureReason.CONNECT),
        (Fault.WRONG_HOST_KEY, {}, FailureReason.HOST_KEY),
        (Fault.WRONG_LOGIN, {}, FailureReason.AUTH),
        (Fault.GARBAGE, {"bytes": 10_000_000}, FailureReason.TOO_LARGE),
    ],
)
async def test_a_fault_has_its_own_reason_and_is_over_when_cleared(
    stage: Stage, fault: Fault, parameters: dict[str, int], reason: FailureReason
) -> None:
    """Each fault is told from the others on a kept connection, spares the other hosts, and leaves nothing behind."""
    before = await stage.ask(VICTIM)
    port = stage.servers.port(VICTIM)
    await stage.servers.set_fault(VICTIM, fault, **parameters)
    assert await stage.failure(VICTIM) is reason
    assert (await stage.ask(ANOTHER)).section(Section.SEQUENCE)
    await stage.servers.clear_fault(VICTIM, fault)
    assert await stage.ask(VICTIM) == before
    assert stage.servers.port(VICTIM) == port


@pytest.mark.parametrize("fault", [Fault.UNREACHABLE, Fault.HANGING])
async def test_a_silent_host_times_out(tmp_path: Path, fault: Fault) -> None:
    """A host that accepts and says nothing, and one whose command never ends, both meet the deadline."""
    async with staged(tmp_path, timeout_seconds=0.6) as stage:
        await stage.servers.set_fault(VICTIM, fault)
        assert await stage.failure(VICTIM) is FailureReason.TIMEOUT
        await stage.servers.clear_fault(VICTIM, fault)
        assert (await stage.ask(VICTIM)).section(Section.SEQUENCE)


async def test_garbage_is_an_unreadable_reply(stage: Stage) -> None:
    """Garbage arrives in valid frames; the sequences in it are a fault of that section."""
    await stage.servers.set_fault(VICTIM, Fault.GARBAGE)
    raw = await stage.transport.ask(stage.host(VICTIM), READING)
    outcome = interpret_reply(stage.host(VICTIM), READING, raw, 0.0, 1.0)
    assert [(fault.section.value, fault.reason) for fault in outcome.essential_faults] == [
        ("sequence", FailureReason.PARSE)
    ]


async def test_a_request_in_flight_is_cut_when_the_host_goes(stage: Stage) -> None:
    """A host that goes while it answers ends the exchange at once as one whose channel is gone."""
    await stage.ask(VICTIM)
    await stage.servers.set_fault(VICTIM, Fault.HANGING)
    looks = stage.clock.looks
    asking = asyncio.create_task(stage.failure(VICTIM))
    while stage.clock.looks == looks:
        await asyncio.sleep(0)
    await stage.servers.set_fault(VICTIM, Fault.REFUSED)
    assert await asking is FailureReason.CHANNEL


async def test_only_the_gates_requests_are_understood(stage: Stage) -> None:
    """A shell, a command, a terminal and a forwarding are all refused, as behind a forced command."""
    async with asyncssh.connect(
        stage.servers.address,
        stage.servers.port(VICTIM),
        username=stage.servers.user,
        client_keys=[str(stage.servers.identity_file)],
        known_hosts=str(stage.servers.known_hosts),
        config=None,
    ) as connection:
        refused = [await connection.run(command) for command in (None, "id; cat /etc/passwd", "boks-gate/1 shell")]
        assert [result.exit_status for result in refused] == [64, 64, 64]
        assert [result.stdout for result in refused] == [
            "=refused unknown_protocol\n",
            "=refused unknown_protocol\n",
            "=refused unknown_word\n",
        ]
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.create_process(READING.line(), term_type="xterm")
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_connection("127.0.0.1", stage.servers.port(ANOTHER))


async def test_a_foreign_key_is_not_let_in(stage: Stage) -> None:
    """Only the generated key opens a host, and only for the one user."""
    for user, keys in (
        (stage.servers.user, [asyncssh.generate_private_key("ssh-ed25519")]),
        ("root", [str(stage.servers.identity_file)]),
    ):
        with pytest.raises(asyncssh.PermissionDenied):
            await asyncssh.connect(
                stage.servers.address,
                stage.servers.port(VICTIM),
                username=user,
                client_keys=keys,
                known_hosts=str(stage.servers.known_hosts),
                config=None,
                agent_path=None,
            )


async def test_the_private_key_is_its_owners_alone(stage: Stage) -> None:
    """The client's key is readable only by its owner."""
    assert stat.S_IMODE(stage.servers.identity_file.stat().st_mode) == 0o600


async def test_nothing_listens_afterwards(tmp_path: Path) -> None:
    """When the block ends, every port is closed and every connection is cut."""
    async with staged(tmp_path) as stage:
        await stage.ask(VICTIM)
        addresses = [(stage.servers.address, stage.servers.port(name)) for name in stage.servers.domain.hosts]
    for address in addresses:
        with pytest.raises(ConnectionRefusedError), socket.socket() as probe:
            probe.connect(address)
    assert len(asyncio.all_tasks()) == 1


async def test_a_refusing_host_keeps_its_port(stage: Stage) -> None:
    """No other program can use the port of a host that refuses connections meanwhile."""
    await stage.servers.set_fault(VICTIM, Fault.REFUSED)
    with pytest.raises(OSError, match="in use"), socket.socket() as other:
        other.bind((stage.servers.address, stage.servers.port(VICTIM)))


async def test_a_loop_is_answered_on_one_channel(stage: Stage) -> None:
    """Several requests of protocol 2 on one channel, and the end of the loop by an unknown word."""
    async with asyncssh.connect(
        stage.servers.address,
        stage.servers.port(VICTIM),
        username=stage.servers.user,
        client_keys=[str(stage.servers.identity_file)],
        known_hosts=str(stage.servers.known_hosts),
        config=None,
    ) as connection:
        process = await connection.create_process(PROTOCOL)
        for at in range(3):
            loop_seconds = None if at else 90
            process.stdin.write(f"{request_line(READING, f'{at}a', loop_seconds=loop_seconds)}\n")
            reply = parse_reply((await process.stdout.readuntil(f"={at}a done sections=2\n")).encode(), f"{at}a")
            assert [section.name for section in reply.sections] == list(READING.sections)
        process.stdin.write("boks-gate/2 3a shell\n")
        assert await process.stdout.read() == "=3a refused unknown_word\n"
        assert (await process.wait()).exit_status == 64
