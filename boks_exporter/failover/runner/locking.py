"""The locks on the hosts, which keep operators on different machines apart."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from boks_exporter.errors import ParseError, TransportError
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.gate_client import locked_by_other, named
from boks_exporter.failover.runner.result import NextCommand
from boks_exporter.failover.runner.run_context import Tools
from boks_exporter.model import Host, HostName
from boks_exporter.parsing.operator_facts import HostLock, LockState
from boks_exporter.remote.operator_requests import RunName, owner_word

_TRIES: Final = 3
_PAUSE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a host could not be locked."""

    exit: Exit
    sentence: str


@dataclass(frozen=True, slots=True)
class KeptLock:
    """A lock that could not be released, and the command that breaks it."""

    host: HostName
    problem: str
    command: NextCommand

    @property
    def sentence(self) -> str:
        return f"the lock of {self.host} could not be released ({self.problem}): {self.command}"


_UNWRITABLE: Final = (
    "its gate could not write the lock: look at the directory STATE of its boks-gate.conf and at the file `lock` "
    "in it, which the gate removes itself where a power loss left it empty, once for each start of the machine"
)


async def lock_all(
    tools: Tools, run: RunName, hosts: tuple[HostName, ...], spared: frozenset[HostName] = frozenset()
) -> Refusal | None:
    """Acquire the locks in the order of the names, each stored in the journal before it is requested.

    Hosts that are `spared` may be unreachable: the run locked them when it began, and changes nothing on them.
    """
    owner = owner_word(f"{tools.who.sudo_user or tools.who.user}@{tools.who.host}")
    for name in sorted(hosts):
        tools.journal.locked(run, name, held=True)
        refusal = await _lock(tools, named(tools.survey.hosts, name), run, owner)
        if refusal and refusal.exit is Exit.FACTS_UNKNOWN and name in spared:
            tools.say(f"    {refusal.sentence}; it was locked when the run began")
        elif refusal:
            return refusal
    return None


async def _lock(tools: Tools, host: Host, run: RunName, owner: str) -> Refusal | None:
    problem = ""
    async for lock in _tries(tools, lambda: tools.changing.lock(host, run, owner)):
        if isinstance(lock, str):
            problem = lock
        elif locked_by_other(lock, run):
            return Refusal(Exit.LOCKED, _held(host.name, lock))
        elif lock.state is LockState.HELD:
            return None
        else:
            problem = _UNWRITABLE
    return Refusal(Exit.FACTS_UNKNOWN, f"{host.name} could not be locked: {problem}")


async def _tries(tools: Tools, ask: Callable[[], Awaitable[HostLock]]) -> AsyncIterator[HostLock | str]:
    """Yield the reply of each try, or why there is none."""
    for attempt in range(_TRIES):
        if attempt:
            await tools.clock.sleep(_PAUSE_SECONDS)
        reply: HostLock | str
        try:
            reply = await ask()
        except (TransportError, ParseError) as error:
            reply = str(error)
        yield reply


def _held(host: HostName, lock: HostLock) -> str:
    return (
        f"{host} is locked by the run {lock.run} of {lock.owner or 'unknown'} since {lock.since or 'some time'} (UTC)"
    )


async def unlock_all(tools: Tools, run: RunName) -> tuple[KeptLock, ...]:
    """Release every lock that the run may hold; returns those that could not be released."""
    left, hosts = [], {host.name: host for host in tools.survey.hosts}
    for name in tools.journal.locks(run):
        problem = await _unlock(tools, hosts[name], run) if name in hosts else "it is no longer in the configuration"
        if problem:
            left.append(KeptLock(name, problem, NextCommand("break-lock", (run, name))))
        else:
            tools.journal.locked(run, name, held=False)
    return tuple(left)


async def _unlock(tools: Tools, host: Host, run: RunName) -> str:
    problem = ""
    async for lock in _tries(tools, lambda: tools.changing.unlock(host, run)):
        if not isinstance(lock, str):
            # A lock of another run is none of ours any more: somebody broke it by name.
            return "" if lock.run != run else "its gate keeps it"
        problem = lock
    return problem
