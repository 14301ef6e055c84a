"""TCP connections to the addresses of a host, from the source address that an OpenSSH configuration may name."""

import asyncio
import socket
from typing import Any, Final

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Seconds
from boks_exporter.transport.ssh.error_mapping import message_of, resources, while_connecting
from boks_exporter.transport.ssh.resolver import Address, is_address

_ADDRESS_SECONDS: Final[Seconds] = 3.0
"""How long one of several addresses may take; the last one has the rest of the deadline."""


_BUFFER_BYTES: Final = 64 * 1024
"""What arrives at once is decrypted at once: 16,000 packets of a flood in a quarter of a megabyte take a second."""


async def first_connected(addresses: tuple[Address, ...], name: str, source: str | None = None) -> socket.socket:
    """Connect to the first address that accepts; `source` is OpenSSH's BindAddress, None for any."""
    failed: Exception = TimeoutError()
    usable = [address for address in addresses if source is None or address[0] == family_of(source)]
    if not usable:
        detail = f"BindAddress {source}: expected an address of the same family as one of {name}'s"
        raise TransportError(FailureReason.LOCAL, detail)
    for number, (family, address) in enumerate(usable, 1):
        try:
            async with asyncio.timeout(None if number == len(usable) else _ADDRESS_SECONDS):
                return await _connected(family, address, source)
        except OSError as error:
            failed = error
    raise while_connecting(failed, name) from failed


async def _connected(family: int, address: Any, source: str | None) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        sock.setblocking(False)  # noqa: FBT003 - the standard library's signature
        if source is not None:
            bind(sock, source)
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


def family_of(source: str) -> int:
    """Return the family of a BindAddress; raises TransportError where it is no address."""
    if not is_address(source):
        raise TransportError(FailureReason.LOCAL, f"BindAddress {source}: expected an address of this machine")
    return socket.AF_INET6 if ":" in source else socket.AF_INET


def bind(sock: socket.socket, source: str) -> None:
    """Bind a socket to its source address; raises TransportError where this machine does not have it."""
    try:
        entry = socket.getaddrinfo(source, 0, sock.family, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)[0]
        sock.bind(entry[4])
    except OSError as error:
        detail = f"BindAddress {source}: expected an address of this machine, found: {message_of(error)}"
        raise resources(error) or TransportError(FailureReason.LOCAL, detail) from error
