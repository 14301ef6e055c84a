"""A failover command that can be killed at any point: its journal and transport stop with it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from boks_exporter.failover.journal import Journal, LoggedStep
from boks_exporter.failover.journal.errors import explained
from boks_exporter.model import Host, HostName
from boks_exporter.remote.request import RequestLine
from boks_exporter.transport.base import OperatorTransport, RawReply

Hook: TypeAlias = Callable[[HostName, str], Awaitable[None]]


class Killed(BaseException):
    """Simulates SIGKILL."""


@dataclass
class KillSwitch:
    """Kills an operator's program; every write and request checks it."""

    is_killed: bool = False

    def kill(self) -> NoReturn:
        self.is_killed = True
        raise Killed

    def check(self) -> None:
        """Raise Killed in a program that was killed."""
        if self.is_killed:
            raise Killed


class KillableJournal(Journal):
    """A journal whose program can be killed at any write, or whose disk can be full."""

    def __init__(self, path: Path, kill_switch: KillSwitch) -> None:
        self.kill_switch = kill_switch
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

    def _put(self, table: str, row: Sequence[Any]) -> int:
        self._check(self.before_write)
        return super()._put(table, row)

    def _write(self, statement: str, values: Sequence[Any]) -> int:
        self._check(self.before_write)
        return super()._write(statement, values)

    def _check(self, hook: Callable[[], None]) -> None:
        self.kill_switch.check()
        with explained(self.path):
            hook()
        self.kill_switch.check()


@dataclass
class KillableTransport:
    """The transport to the operator's gates until the program is killed; hooks run before and after each request."""

    transport: OperatorTransport
    kill_switch: KillSwitch
    before: list[Hook] = field(default_factory=list)
    after: list[Hook] = field(default_factory=list)

    async def ask(self, host: Host, request: RequestLine) -> RawReply:
        self.kill_switch.check()
        for hook in self.before:
            await hook(host.name, request.line())
            self.kill_switch.check()
        reply = await self.transport.ask(host, request)
        self.kill_switch.check()
        for hook in self.after:
            await hook(host.name, request.line())
        return reply
