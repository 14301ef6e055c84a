"""Orderly end of connections, so that the hosts' logs show no lost ones."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

import asyncssh

_CLOSING_SECONDS: Final = 0.5


class Closing:
    """Close connections within a time limit; whatever happens, they are closed afterwards."""

    def __init__(self) -> None:
        self._closing: set[asyncio.Task[None]] = set()

    def close(self, connection: asyncssh.SSHClientConnection) -> None:
        """Close one connection in the background."""
        task = asyncio.create_task(_close([connection]), name="close-connection")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def wait(self, connections: Iterable[asyncssh.SSHClientConnection]) -> None:
        """Close connections, and wait for those that are closed in the background as well."""
        await _close(list(connections))
        if self._closing:
            await asyncio.wait(self._closing)


async def _close(connections: list[asyncssh.SSHClientConnection]) -> None:
    for connection in connections:
        connection.close()
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING_SECONDS):
                await asyncio.gather(*(connection.wait_closed() for connection in connections))
    finally:
        for connection in connections:
            connection.abort()
