"""A failover command that can be killed at any point: its journal and its way to the gates end with it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from boks_exporter.failover.journal import Journal, LoggedStep
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
        self.before_intent: Callable[[LoggedStep], None] = lambda _step: None
        self.before_outcome: Callable[[LoggedStep], None] = lambda _step: None
        self.before_write: Callable[[], None] = lambda: None
        super().__init__(path)

    def intend(self, run: str, step: LoggedStep) -> None:
        """Store an intent."""
        self._check(lambda: self.before_intent(step))
        super().intend(run, step)

    def conclude(self, run: str, step: LoggedStep) -> None:
        """Store an outcome."""
        self._check(lambda: self.before_outcome(step))
        super().conclude(run, step)

    def _put(self, table: str, row: Sequence[Any]) -> None:
        self._check(self.before_write)
        super()._put(table, row)

    def _write(self, statement: str, values: Sequence[Any]) -> None:
        self._check(self.before_write)
        super()._write(statement, values)

    def _check(self, hook: Callable[[], None]) -> None:
        self.life.check()
        with explained(self.path):
            hook()
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
