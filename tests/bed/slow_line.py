"""A line that can be slow: two TAP devices, and this process between them, which passes each frame on after a delay.

The kernel's own means (`tc netem`) is not in every kernel.
"""

import asyncio
import fcntl
import os
import struct
from contextlib import suppress
from typing import Final

from boks_exporter.model import HostName, Seconds
from tests.bed.network import within

_TUNSETIFF: Final = 0x400454CA
_TAP_WITHOUT_HEADER: Final = 0x1002
_FRAME: Final = 65536


class SlowLine:
    """Relay between a device in the host's namespace and one in its router's, until closed."""

    def __init__(self, host: HostName, router: str, port: str) -> None:
        self.delay_seconds: Seconds = 0.0
        self._ends = (within(host, lambda: _tap("eth0")), within(router, lambda: _tap(port)))
        loop = asyncio.get_running_loop()
        for end, other in (self._ends, self._ends[::-1]):
            loop.add_reader(end, self._pass_on, end, other)

    def close(self) -> None:
        for end in self._ends:
            asyncio.get_running_loop().remove_reader(end)
            os.close(end)

    def _pass_on(self, end: int, other: int) -> None:
        with suppress(OSError):
            frame = os.read(end, _FRAME)
            if self.delay_seconds:
                asyncio.get_running_loop().call_later(self.delay_seconds, _write, other, frame)
            else:
                os.write(other, frame)


def _tap(name: str) -> int:
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH", name.encode(), _TAP_WITHOUT_HEADER))
    return descriptor


def _write(descriptor: int, frame: bytes) -> None:
    """Write a delayed frame; a line that is down or closed meanwhile loses it."""
    with suppress(OSError):
        os.write(descriptor, frame)
