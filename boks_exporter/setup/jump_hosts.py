"""The way to hosts behind jump hosts, as `init` opens it: the key of each hop is confirmed before the next is asked."""

import asyncio
import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import asyncssh

from boks_exporter.errors import FailureReason
from boks_exporter.model import Host
from boks_exporter.remote.settings import SshSettings
from boks_exporter.transport.ssh.algorithms import SAFE
from boks_exporter.transport.ssh.backoff import Backoff
from boks_exporter.transport.ssh.closing import Closing
from boks_exporter.transport.ssh.connect import Connector, Tunnel, not_forwarded
from boks_exporter.transport.ssh.error_mapping import while_connecting
from boks_exporter.transport.ssh.jump import JumpError, Jumps
from boks_exporter.transport.ssh.known_hosts import read_known_hosts
from boks_exporter.transport.ssh.openssh_config import SSH_PORT, jump_target

_TIMEOUT_SECONDS: Final = 20
_SSH_PORT: Final = 22


async def offered_key(host: Host, tunnel: Tunnel | None = None) -> asyncssh.SSHKey:
    """Connect to a host and return the key that it offers, unverified; raises TransportError."""
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            key = await asyncssh.get_server_host_key(
                host.address,
                host.port,
                tunnel=tunnel.connection if tunnel else (),
                config=None,
                server_host_key_algs=[name for name in SAFE.host_keys if "cert" not in name],
                kex_algs=list(SAFE.kex),
            )
    except asyncssh.ChannelOpenError as error:
        failed = not_forwarded(error, host.address, host.port, tunnel.name if tunnel else host.name)
        is_closed = error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED
        raise (JumpError(failed.reason, failed.detail) if is_closed else failed) from error
    except (OSError, asyncssh.Error, ValueError) as error:
        raise while_connecting(error, host.name) from error
    if key is None:
        raise while_connecting(TimeoutError("the server offers no key"), host.name)
    return key


def keys_in(files: Iterable[Path], host: Host) -> tuple[asyncssh.SSHKey, ...]:
    """Return the keys that files have for a host, by its address or its name; raises OSError."""
    present = [file for file in files if file.is_file()]
    if not present:
        return ()
    known = read_known_hosts(present)
    port = host.port if host.port != _SSH_PORT else None
    found = [key for name in (host.address, host.name) for key in known.keys_of(name, port)]
    return tuple({each.key.public_data: each.key for each in found}.values())


def known_hosts_line(host: Host, key: asyncssh.SSHKey) -> str:
    """Write one line of known_hosts, by the address with which the exporter connects."""
    pattern = host.address if host.port == _SSH_PORT else f"[{host.address}]:{host.port}"
    words = key.export_public_key("openssh").decode().split()[:2]
    return f"{pattern} {' '.join(words)}\n"


_PAUSE_SECONDS: Final = 0.1
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
