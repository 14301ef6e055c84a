"""Transports across a change of the configuration."""

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from boks_exporter.app.connections import Connections, transport_for
from boks_exporter.config import DomainSettings, PollSettings, Settings
from boks_exporter.model import Host
from boks_exporter.remote.request import Request
from boks_exporter.remote.settings import LocalSettings, ReplaySettings, SshSettings
from boks_exporter.transport.base import RawReply
from boks_exporter.transport.local import LocalTransport
from boks_exporter.transport.replay import ReplayTransport
from boks_exporter.transport.ssh import SshTransport
from tests.nonempty import nonempty

M1, R1, R2 = Host("m1", "10.0.0.1"), Host("r1", "10.0.0.2"), Host("r2", "10.0.0.3")
FOUND = Host("found", "found.example.net", discovered=True)
PROD = DomainSettings(name="prod", transport=SshSettings(user="boksmon"), hosts=(M1, R1), discover=True)
TEST = DomainSettings(name="test", transport=SshSettings(user="other"), hosts=(M1,))


@dataclass(eq=False)
class Held:
    """A transport that notes what is asked of it."""

    retained: list[tuple[Host, ...]] = field(default_factory=list)
    closed: int = 0
    failure: Exception | None = None
    hangs: bool = False

    async def ask(self, host: Host, request: Request) -> RawReply:
        return RawReply(b"", b"", 0)

    async def retain(self, hosts: tuple[Host, ...]) -> None:
        self.retained.append(hosts)

    async def aclose(self) -> None:
        self.closed += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.failure:
            raise self.failure


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Held]:
    made: list[Held] = []

    def make(domain: DomainSettings, poll: PollSettings) -> Held:
        made.append(Held())
        return made[-1]

    monkeypatch.setattr("boks_exporter.app.connections.transport_for", make)
    return made


def settings(*domains: DomainSettings, timeout_seconds: float = 20.0) -> Settings:
    return Settings(domains=domains, poll=PollSettings(timeout_seconds=timeout_seconds))


async def test_an_unchanged_domain_keeps_its_transport(opened: list[Held]) -> None:
    """A reload of the same file opens and closes nothing."""
    async with Connections() as connections:
        first = await connections.apply_settings(settings(PROD, TEST))
        second = await connections.apply_settings(settings(PROD, TEST))
        assert first == second == {"prod": (PROD, opened[0]), "test": (TEST, opened[1])}
        assert not connections.has_stale
        assert repr(connections) == "<Connections of prod, test, 0 to be closed>"
    assert [held.closed for held in opened] == [1, 1]
    assert len(opened) == 2


async def test_changed_hosts_keep_the_others_connected(opened: list[Held]) -> None:
    """The transport is told who stays; hosts found by discovery stay with it."""
    changed = replace(PROD, hosts=(M1, R2))
    async with Connections() as connections:
        await connections.apply_settings(settings(PROD))
        await connections.apply_settings(settings(changed), {"prod": (FOUND,)})
    assert opened[0].retained == [(M1, R2, FOUND)]
    assert len(opened) == 1


@pytest.mark.parametrize("changed", [replace(PROD, discover=False), replace(PROD, address_template="{name}.lan")])
async def test_found_hosts_leave_with_the_way_they_were_found(opened: list[Held], changed: DomainSettings) -> None:
    """Without discovery, or under another template, they are other hosts."""
    async with Connections() as connections:
        await connections.apply_settings(settings(PROD))
        await connections.apply_settings(settings(changed), {"prod": (FOUND,)})
    assert opened[0].retained == [(M1, R1)]


async def test_another_way_of_connecting_gets_a_new_transport(opened: list[Held]) -> None:
    """The old one stays open for the round that may be under way, until it is told to close."""
    changed = replace(PROD, transport=SshSettings(user="somebody"))
    async with Connections() as connections:
        await connections.apply_settings(settings(PROD))
        taken = await connections.apply_settings(settings(changed))
        assert taken == {"prod": (changed, opened[1])}
        assert (connections.has_stale, opened[0].closed) == (True, 0)
        await connections.close_stale()
        assert (connections.has_stale, opened[0].closed, opened[1].closed) == (False, 1, 0)


async def test_another_deadline_gets_a_new_transport(opened: list[Held]) -> None:
    """The deadline is the transport's own."""
    async with Connections() as connections:
        await connections.apply_settings(settings(PROD))
        await connections.apply_settings(settings(PROD, timeout_seconds=5.0))
    assert [held.closed for held in opened] == [1, 1]


async def test_a_domain_that_leaves_is_closed(opened: list[Held]) -> None:
    """No connection stays open to hosts that are no longer polled."""
    async with Connections() as connections:
        await connections.apply_settings(settings(PROD, TEST))
        assert list(await connections.apply_settings(settings(TEST))) == ["test"]
        await connections.close_stale()
        assert [held.closed for held in opened] == [1, 0]


async def test_one_that_hangs_does_not_hold_up_the_others(opened: list[Held], monkeypatch: pytest.MonkeyPatch) -> None:
    """All are closed at the same time, each with a limit."""
    monkeypatch.setattr("boks_exporter.app.connections._CLOSING_SECONDS", 0.01)
    with capture_logs() as logs:
        async with Connections() as connections:
            await connections.apply_settings(settings(PROD, TEST))
            opened[0].hangs = True
    assert [held.closed for held in opened] == [1, 1]
    assert [entry["event"] for entry in logs] == ["connections_left_open"]


def test_each_kind_of_settings_has_its_transport() -> None:
    """The kind decides, and nothing else."""
    kinds = {
        SshTransport: SshSettings(user="boksmon"),
        LocalTransport: LocalSettings(),
        ReplayTransport: ReplaySettings(directory=Path("recorded")),
    }
    for kind, transport in nonempty(kinds.items()):
        assert type(transport_for(replace(PROD, transport=transport), PollSettings())) is kind  # type: ignore[arg-type]  # one of the three
