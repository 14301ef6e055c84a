"""Listening sockets from Prometheus-style listen addresses."""

import errno
import re
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final

from boks_exporter.errors import ListenError

_ADDRESS: Final = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.%\w]*)\]|(?P<name>[^\[\]:]*)):(?P<port>\d{1,5})")
_EVERYWHERE: Final = ("", "::")
_MAX_PORT: Final = 65535
_BACKLOG: Final = 4096
"""Connections that wait to be accepted. One that finds no place is tried again by TCP, a second later."""


def sockets_for(addresses: Sequence[str]) -> list[socket.socket]:
    """Listen on all addresses or on none; raises ListenError for the one that failed."""
    with ExitStack() as until_all_are_open:
        opened = []
        for address in addresses:
            opened.append(_open(address))
            until_all_are_open.callback(opened[-1].close)
        until_all_are_open.pop_all()
    return opened


def host_and_port(address: str) -> tuple[str, int]:
    """Parse a listen address; raises ValueError."""
    match = _ADDRESS.fullmatch(address)
    if match is None or int(match["port"]) > _MAX_PORT:
        message = f"expected host:port, :port or [::]:port, the port from 0 (any free one) to 65535, found {address!r}"
        raise ValueError(message)
    return match["v6"] if match["v6"] is not None else match["name"], int(match["port"])


def shown(listening: socket.socket) -> str:
    """Format the address that a socket listens on as `host:port`."""
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _open(address: str) -> socket.socket:
    try:
        host, port = host_and_port(address)
    except ValueError as error:
        raise ListenError(address, str(error)) from error
    try:
        if host in _EVERYWHERE:
            return _everywhere(port)
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # A name such as localhost has several addresses; like Prometheus, use one, IPv4 first.
        family, *_, place = min(found, key=lambda one: one[0] is not socket.AF_INET)
        return socket.create_server((str(place[0]), port), family=family, backlog=_BACKLOG)
    except (socket.gaierror, UnicodeError) as error:
        raise ListenError(address, f"unknown host: {getattr(error, 'strerror', error)}") from error
    except OSError as error:
        raise ListenError(address, _reason(error)) from error


def _everywhere(port: int) -> socket.socket:
    """Take IPv4 and IPv6 with one socket; a machine without IPv6 takes IPv4."""
    if socket.has_dualstack_ipv6():
        return socket.create_server(("", port), family=socket.AF_INET6, backlog=_BACKLOG, dualstack_ipv6=True)
    return socket.create_server(("", port), backlog=_BACKLOG)


def _reason(error: OSError) -> str:
    """Describe the error, with the remedy where one is known."""
    text = (error.strerror or str(error)).partition(" (while")[0]
    match error:
        case PermissionError():
            return f"{text}; ports below 1024 need root; use another port"
        case OSError(errno=errno.EADDRINUSE):
            return f"{text}; another program listens there, possibly another exporter"
    return text
