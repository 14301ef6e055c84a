"""The locks of a run on its hosts, which keep operators on different machines apart, and its maintenance windows."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from boks_exporter.errors import ParseError, TransportError
from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.gate_client import locked_by_other, named
from boks_exporter.failover.journal import Maintenance, RunOwner
from boks_exporter.failover.plan import Plan
from boks_exporter.failover.runner.result import NextCommand
from boks_exporter.failover.runner.run_context import Tools
from boks_exporter.model import Host, HostName, Seconds
from boks_exporter.parsing.operator_facts import HostLock, LockState
from boks_exporter.remote.operator_requests import RunName, owner_word

_TRIES: Final = 3
_PAUSE_SECONDS: Final = 2.0
_LONGEST: Final = 64
_MARK: Final = 8
"""Characters of an owner, and of the mark at its end."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a host could not be locked, and the commands that end that."""

    exit: Exit
    sentence: str
    ways: tuple[NextCommand, ...] = ()


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


def lock_owner(who: RunOwner, journal: Path) -> str:
    """Return the owner of a lock: who, and a mark of this machine and the journal's place.

    A copy of the journal, on another machine or in another place, has the same runs and another mark.
    """
    machine = Path("/etc/machine-id")
    words = (socket.gethostname(), machine.read_text() if machine.exists() else "", str(journal.resolve()))
    mark = sha256("\n".join(words).encode()).hexdigest()[:_MARK]
    return f"{owner_word(f'{who.sudo_user or who.user}@{who.host}')[: _LONGEST - _MARK - 1]}:{mark}"


def is_of_copy(owner: str | None, own: str) -> bool:
    """Return whether a lock of this run belongs to a copy of its journal; it may be another person's."""
    return owner is not None and owner.rpartition(":")[2] != own.rpartition(":")[2]


def held_by_copies(tools: Tools, run: RunName, hosts: Iterable[HostName], facts: FailoverFacts) -> Refusal | None:
    """Find the hosts that a copy of this journal holds for the same run: only one of the two may go on."""
    found: dict[HostName, str] = {}
    for host in hosts:
        readiness = facts.readiness(host)
        holder = ((readiness.lock if readiness else None) or "").split()[:2]
        if holder[:1] == [run] and is_of_copy(holder[-1], lock_owner(tools.who, tools.journal.path)):
            found[host] = holder[-1]
    return _copied(run, [*found], next(iter(found.values()))) if found else None


def _copied(run: RunName, hosts: Sequence[HostName], owner: str | None) -> Refusal:
    breaks = tuple(NextCommand("break-lock", (run, host)) for host in hosts)
    text = (
        f"{hosts[0]} is locked for this run by another copy of this journal, of {owner}: only one of them may go on. "
        f"Resume or abort it there; where that copy is permanently lost: {', then '.join(map(str, breaks))}"
    )
    return Refusal(Exit.LOCKED, text, breaks)


async def lock_all(
    tools: Tools, run: RunName, hosts: tuple[HostName, ...], spared: frozenset[HostName] = frozenset()
) -> Refusal | None:
    """Acquire the locks in the order of the names, each stored in the journal before it is requested.

    Hosts that are `spared` may be unreachable: the run locked them when it began, and changes nothing on them.
    """
    owner, ordered = lock_owner(tools.who, tools.journal.path), sorted(hosts)
    for place, name in enumerate(ordered):
        tools.journal.locked(run, name, held=True)
        refusal = await _lock(tools, named(tools.survey.hosts, name), run, owner, ordered[place:])
        if refusal and refusal.exit is Exit.FACTS_UNKNOWN and name in spared:
            tools.say(f"    {refusal.sentence}; it was locked when the run began")
        elif refusal:
            return refusal
    return None


async def _lock(tools: Tools, host: Host, run: RunName, owner: str, left: Sequence[HostName]) -> Refusal | None:
    problem = ""
    async for lock in _tries(tools, lambda: tools.changing_gates.lock(host, run, owner)):
        if isinstance(lock, str):
            problem = lock
        elif locked_by_other(lock, run):
            return Refusal(Exit.LOCKED, _held(host.name, lock))
        elif lock.state is not LockState.HELD:
            problem = _UNWRITABLE
        else:
            return _copied(run, left, lock.owner) if is_of_copy(lock.owner, owner) else None
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
    async for lock in _tries(tools, lambda: tools.changing_gates.unlock(host, run)):
        if not isinstance(lock, str):
            # The lock belongs to another run now: an operator broke ours by name.
            return "" if lock.run != run else "its gate keeps it"
        problem = lock
    return problem


_LONGEST_SECONDS: Final[Seconds] = 4 * 3600.0


def open_windows(tools: Tools, run: RunName, plan: Plan) -> None:
    """Open a window for every host that the run works on, where it has none; windows expire on their own."""
    now, domain = tools.clock.now(), tools.survey.domain.name
    covered = {window.host for window in tools.journal.maintenance(now, domain) if window.run == run}
    for host in plan.concerned_hosts:
        window = Maintenance(
            domain=domain,
            host=host,
            started_at=now,
            until=now + _LONGEST_SECONDS,
            reason=f"failover {plan.procedure} {plan.target}",
            owner=str(tools.who),
            run=run,
        )
        if host not in covered:
            tools.journal.start_maintenance(window)
