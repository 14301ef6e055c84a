"""Name resolution in threads of its own: a slow lookup delays its own host only."""

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Seconds
from boks_exporter.transport.ssh.error_mapping import message_of, no_thread, resources

Address: TypeAlias = tuple[int, Any]
"""Family and socket address."""
Lookup: TypeAlias = Callable[..., list[Any]]

LOOKUP_SECONDS: Final[Seconds] = 5.0
CONCURRENT_LOOKUPS: Final = 64
CONCURRENT_SLOW_LOOKUPS: Final = 16
"""Names whose last lookup took too long share these until their threads end; they never take the turns of others."""


@dataclass
class _Name:
    """One name: its last good addresses, and the lookup in progress."""

    addresses: tuple[Address, ...] = ()
    running: "asyncio.Future[tuple[Address, ...]] | None" = None
    is_slow: bool = False

    @property
    def is_running(self) -> bool:
        return self.running is not None and not self.running.done()


@dataclass
class Resolver:
    """Look up names within a time limit; a name that cannot be looked up in time keeps its last good addresses.

    A lookup cannot be cancelled: its thread ends when the system's resolver gives up, and until then no second lookup
    of the same name starts.
    """

    limit: Seconds = LOOKUP_SECONDS
    lookup: Lookup = field(default=socket.getaddrinfo, repr=False)
    _names: dict[tuple[str, int, int], _Name] = field(default_factory=dict, repr=False)
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONCURRENT_LOOKUPS), repr=False)
    _slow_turns: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(CONCURRENT_SLOW_LOOKUPS), repr=False
    )

    async def addresses(self, host: str, port: int, family: int = 0) -> tuple[Address, ...]:
        """Return the addresses of a host; raises TransportError with the reason `dns`."""
        if is_address(host):
            return _numeric(host, port, family)
        name = self._names.setdefault((host, port, family), _Name())
        try:
            async with asyncio.timeout(self.limit):
                await self._look_up(name, host, port, family)
                name.is_slow = False
        except TimeoutError as error:
            name.is_slow = name.is_running
            if not name.addresses:
                detail = f"no answer from the resolver for {host} within {self.limit:g} s"
                raise TransportError(FailureReason.DNS, detail) from error
        except (OSError, UnicodeError) as error:  # the latter where no name can be so long, or has such characters
            if exhausted := resources(error):
                raise exhausted from error
            # "Try again" is no statement about the name; "unknown" is one, and an old address would contradict it.
            if not (name.addresses and isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN):
                raise TransportError(FailureReason.DNS, f"{host}: {message_of(error)}") from error
        return name.addresses

    async def _look_up(self, name: _Name, host: str, port: int, family: int) -> tuple[Address, ...]:
        if not name.is_running and name.is_slow:
            await self._slow_turns.acquire()
            try:
                name.running = self._start(name, host, port, family)
            except BaseException:
                self._slow_turns.release()
                raise
            name.running.add_done_callback(lambda _: self._slow_turns.release())
        if name.running is not None and name.is_running:
            return await asyncio.shield(name.running)
        async with self._turns:
            if name.running is None or not name.is_running:
                name.running = self._start(name, host, port, family)
            return await asyncio.shield(name.running)

    def _start(self, name: _Name, host: str, port: int, family: int) -> "asyncio.Future[tuple[Address, ...]]":
        """Start a lookup; an answer that comes too late for this login serves the next one."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[tuple[Address, ...]] = loop.create_future()
        # A result without a waiting caller is no error.
        future.add_done_callback(lambda done: done.cancelled() or done.exception())

        def finish(found: tuple[Address, ...] | None, error: Exception | None) -> None:
            if not future.done():
                if error is not None:
                    future.set_exception(error)
                else:
                    name.addresses = found or ()
                    future.set_result(name.addresses)

        def run() -> None:
            found, failed = None, None
            try:
                found = _found(self.lookup(host, port, family, socket.SOCK_STREAM))
            except Exception as error:  # noqa: BLE001 - handed to the waiting task
                failed = error
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(finish, found, failed)

        # A daemon thread: the end of the process does not wait for it.
        thread = threading.Thread(target=run, name=f"lookup-{host}", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            raise no_thread(error) from error
        return future


def is_address(host: str) -> bool:
    """Return whether this is an address, with a scope where it has one (fe80::1%eth0)."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _numeric(host: str, port: int, family: int) -> tuple[Address, ...]:
    address = ipaddress.ip_address(host)
    if isinstance(address, ipaddress.IPv6Address) and address.is_link_local and not address.scope_id:
        detail = f"{host}: expected the interface of a link-local address behind it, such as {host}%eth0"
        raise TransportError(FailureReason.LOCAL, detail)
    try:
        return _found(socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST))
    except (OSError, UnicodeError) as error:  # a scope that is no interface of this machine
        raise resources(error) or TransportError(FailureReason.DNS, f"{host}: {message_of(error)}") from error


def _found(entries: list[Any]) -> tuple[Address, ...]:
    return tuple(dict.fromkeys((entry[0], entry[4]) for entry in entries))
