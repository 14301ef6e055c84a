"""A name server for the bed's hosts, which can stop answering, or answer with another host's address."""

import asyncio
import socket
import struct
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

from boks_exporter.model import HostName
from tests.bed.layout import HOSTS, WATCHERS, dns_name
from tests.bed.network import within

_PORT: Final = 53
_HEADER: Final = struct.Struct("!HHHHHH")
_ANSWERED: Final = 0x8580
_NO_SUCH_NAME: Final = 0x8583
_TYPE_A: Final = 1
_TTL: Final = 0


class Answers(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    NONE = "none"


class NameServer(asyncio.DatagramProtocol):
    """Answer on the exporter's own loopback address."""

    def __init__(self, address: Callable[[HostName], str]) -> None:
        self.answers = Answers.RIGHT
        self._address = address
        self._hosts = {dns_name(name): name for name in HOSTS}

    async def start(self) -> None:
        bound = within(WATCHERS, _bound)
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=bound)

    def close(self) -> None:
        self._transport.close()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if self.answers is not Answers.NONE:
            self._transport.sendto(self._reply(data), addr)

    def _reply(self, query: bytes) -> bytes:
        number, _, _, _, _, _ = _HEADER.unpack_from(query)
        name, end = _question(query)
        question = query[_HEADER.size : end]
        host = self._hosts.get(name)
        if host is None:
            return _HEADER.pack(number, _NO_SUCH_NAME, 1, 0, 0, 0) + question
        if struct.unpack_from("!H", query, end - 4)[0] != _TYPE_A:
            return _HEADER.pack(number, _ANSWERED, 1, 0, 0, 0) + question
        if self.answers is Answers.WRONG:
            host = HOSTS[(HOSTS.index(host) + 1) % len(HOSTS)]
        record = struct.pack("!HHHIH", 0xC00C, _TYPE_A, 1, _TTL, 4) + socket.inet_aton(self._address(host))
        return _HEADER.pack(number, _ANSWERED, 1, 1, 0, 0) + question + record


def _bound() -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.bind(("127.0.0.1", _PORT))
    return bound


def _question(query: bytes) -> tuple[str, int]:
    """Return the name that is asked for, and where the question ends."""
    labels, at = [], _HEADER.size
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode("ascii", "replace").lower())
        at += 1 + length
    return ".".join(labels), at + 5
