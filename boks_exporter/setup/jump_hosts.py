"""The way to hosts behind jump hosts, as `init` opens it: the key of each hop is confirmed before the next is asked."""

import asyncio
import random
from collections.abc import Callable, Iterator
from typing import Final

import asyncssh

from boks_exporter.errors import FailureReason
from boks_exporter.model import Host
from boks_exporter.remote.settings import SshSettings
from boks_exporter.setup.host_keys import offered_key
from boks_exporter.transport.ssh.backoff import Backoff
from boks_exporter.transport.ssh.closing import Closing
from boks_exporter.transport.ssh.connect import Connector, Tunnel
from boks_exporter.transport.ssh.jump import JumpError, Jumps
from boks_exporter.transport.ssh.openssh_config import SSH_PORT, jump_target

_PAUSE_SECONDS: Final = 0.1
_TIMEOUT_SECONDS: Final = 20
_FORWARDS_ONLY: Final = 'restrict,port-forwarding,command="/bin/false"'


def hops_of(route: str | None) -> Iterator[tuple[Host, str]]:
    """Yield the jump hosts of `a,b,…`, each with the route before it."""
    hops = route.split(",") if route else []
    for number, hop in enumerate(hops):
        target = jump_target(hop, SshSettings(user=""))
        port = target.port if isinstance(target.port, int) else SSH_PORT
        yield Host(target.name, target.address, port=port), ",".join(hops[:number])


def forwarding_line(public_key: str) -> str:
    """Write the line of authorized_keys with which a key can pass through a jump host, and do nothing else there."""
    return f"{_FORWARDS_ONLY} {public_key.strip()}"


class JumpConnections:
    """Connections through jump hosts, open until the end; `is_opened_now` is asked after each refusal."""

    def __init__(self, settings: SshSettings, is_opened_now: Callable[[JumpError], bool]) -> None:
        self._settings = settings
        self._is_opened_now = is_opened_now
        self._jumps = self._closed()

    def _closed(self) -> Jumps:
        jitter = random.Random()  # noqa: S311 - spreads pauses
        connector = Connector(self._settings, asyncio.Semaphore(1), jitter)
        return Jumps(connector, Backoff(_PAUSE_SECONDS, _PAUSE_SECONDS, jitter), _PAUSE_SECONDS)

    async def key_behind(self, route: str, host: Host) -> asyncssh.SSHKey:
        """Return the key that a host offers, unverified; raises TransportError, JumpError where no way leads there."""
        while True:
            try:
                return await offered_key(host, await self._tunnel(route) if route else None)
            except JumpError as error:
                if not self._is_opened_now(error):
                    raise
                await self.aclose()  # what a login may do is decided when it logs in

    async def _tunnel(self, route: str) -> Tunnel:
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                return await self._jumps.through(route)
        except TimeoutError as error:
            detail = f"jump host {route.rpartition(',')[2]}: no answer within {_TIMEOUT_SECONDS} s"
            raise JumpError(FailureReason.TIMEOUT, detail) from error

    async def aclose(self) -> None:
        """Close all connections."""
        jumps, self._jumps = self._jumps, self._closed()
        await Closing().wait(jumps.release())
