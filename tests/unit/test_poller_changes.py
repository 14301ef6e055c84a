"""The poller passes every change of a domain on, once and in order."""

import asyncio

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.health import StateChange
from boks_exporter.model import Host
from boks_exporter.remote.request import Request
from boks_exporter.transport.base import RawReply
from tests.unit.poller_world import Watched, World, domain


class Failing(World):
    """One replica can be switched off."""

    off = False

    async def ask(self, host: Host, request: Request) -> RawReply:
        if self.off and host.name == "R1":
            raise TransportError(FailureReason.CONNECT, "connection refused")
        return await super().ask(host, request)


def test_a_change_is_passed_on_once_however_many_rounds_follow() -> None:
    """Away and back: each change of host and domain once; the first round has no state before."""
    world = Failing()
    watched = Watched(world)
    shown: list[tuple[str, StateChange]] = []
    watched.poller.on_change = lambda name, change: shown.append((name, change))
    watched.take(domain("bank", "M", "R1"))

    async def script(_: Watched) -> None:
        await asyncio.sleep(100.0)
        world.off = True
        await asyncio.sleep(200.0)
        world.off = False
        await asyncio.sleep(200.0)

    watched.run(script)
    assert {name for name, _ in shown} == {"bank"}
    of_host = [(change.was, change.state) for _, change in shown if change.host == "R1" and change.was is not None]
    assert of_host == [("ok", "unreachable"), ("unreachable", "ok")]
    assert len({change for _, change in shown}) == len(shown)
