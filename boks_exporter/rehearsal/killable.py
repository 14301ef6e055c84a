"""A failover command that can be killed at any point: its journal and its way to the gates end with it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from boks_exporter.failover.journal import Journal
from boks_exporter.failover.journal.errors import explained
from boks_exporter.model import Host, HostName
from boks_exporter.remote.request import RequestLine
from boks_exporter.transport.base import OperatorTransport, RawReply

Hook: TypeAlias = Callable[[HostName, str], Awaitable[None]]


class Killed(BaseException):
    """The program is gone at this point: nothing of it may happen any more, as after SIGKILL."""


@dataclass
class Life:
    """Whether the operator's program still lives; everything that it does goes through here."""

    is_over: bool = False

    def end(self) -> None:
        """Kill it here."""
        self.is_over = True
        raise Killed

    def check(self) -> None:
        """Do nothing for a program that is gone."""
        if self.is_over:
            raise Killed


class MortalJournal(Journal):
    """A journal whose writes can be the last thing that a program does, or meet a full disk."""

    def __init__(self, path: Path, life: Life) -> None:
        """Open it for one program."""
        self.life = life
        self.before_write: Callable[[str, tuple[Any, ...]], None] = lambda _statement, _values: None
        super().__init__(path)

    def _put(self, table: str, row: Sequence[Any]) -> None:
        self._check(f"INSERT INTO {table}", row)
        super()._put(table, row)

    def _write(self, statement: str, values: Sequence[Any]) -> None:
        with explained(self.path):
            self._check(statement, values)
        super()._write(statement, values)

    def _check(self, statement: str, values: Sequence[Any]) -> None:
        self.life.check()
        self.before_write(statement, tuple(values))
        self.life.check()


@dataclass
class MortalWay:
    """The way to the operator's gates for as long as the program lives; hooks see each request before and after."""

    way: OperatorTransport
    life: Life
    before: list[Hook] = field(default_factory=list)
    after: list[Hook] = field(default_factory=list)

    async def ask(self, host: Host, request: RequestLine) -> RawReply:
        """Send one request."""
        self.life.check()
        for hook in self.before:
            await hook(host.name, request.line())
            self.life.check()
        reply = await self.way.ask(host, request)
        self.life.check()
        for hook in self.after:
            await hook(host.name, request.line())
        return reply
