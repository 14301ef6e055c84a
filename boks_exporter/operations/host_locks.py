"""Show the locks on the hosts, and break one by hand."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from boks_exporter.app.failover_wiring import (
    ManagedDomain,
    NotConfiguredError,
    current_operator,
    journal_of,
    operator_connections,
)
from boks_exporter.errors import BoksExporterError
from boks_exporter.failover.gate_client import ChangingGates, ReadOnlyGates, ReadOnlyTransport
from boks_exporter.failover.journal import RunOpenError
from boks_exporter.failover.runner import NextCommand
from boks_exporter.failover.runner.locking import is_of_copy, lock_owner
from boks_exporter.model import Host, HostName
from boks_exporter.observe import SystemClock

_LIMIT: Final = 50
_Found = TypeVar("_Found")


class StillLockedError(BoksExporterError):
    """A host is still locked."""


async def break_lock(domain: ManagedDomain, run: str, host: HostName) -> str:
    """Break the lock of the named run on a host; returns the outcome.

    The intent is journaled first. Raises RunOpenError for a run that is open in this journal, unless a copy of the
    journal holds the lock.
    """
    target, name = find_host(domain, host), domain.domain.name
    with journal_of(domain) as journal:
        known = journal.run(run)
        own = lock_owner(current_operator(), journal.path)
        if known is not None and known.is_open and not await _is_held_by_copy(domain, target, run, own):
            message = f"the run {run} is open in this journal: resume, abort or forget it, and its locks are released"
            raise RunOpenError(message)
        number = journal.breaks(name, run, host, str(current_operator()), SystemClock().now())
        text, is_free = await _broken(domain, target, run)
        journal.broke(number, text)
    if not is_free:
        raise StillLockedError(text)
    return text


async def _is_held_by_copy(domain: ManagedDomain, host: Host, run: str, own: str) -> bool:
    async with operator_connections(domain) as ways:
        try:
            held = await ReadOnlyGates(ReadOnlyTransport(ways.operator)).lock(host)
        except BoksExporterError:
            return False
    return held.run == run and is_of_copy(held.owner, own)


async def _broken(domain: ManagedDomain, host: Host, run: str) -> tuple[str, bool]:
    async with operator_connections(domain) as ways:
        try:
            held = await ReadOnlyGates(ReadOnlyTransport(ways.operator)).lock(host)
            if held.run is None:
                return f"{host.name} was not locked: nothing was broken", False
            lock = await ChangingGates(ways.operator).break_lock(host, run)
        except BoksExporterError as error:
            return f"it is unknown whether {host.name} is still locked: {error}", False
    if lock.run is None:
        return f"{host.name} is no longer locked", True
    return (
        f"{host.name} stays locked, by the run {lock.run} of {lock.owner}: only the lock of {run} was to be broken",
        False,
    )


async def locks(domain: ManagedDomain) -> dict[HostName, str]:
    """Return the holder of each host's lock, or why it is unknown."""
    async with operator_connections(domain) as ways:
        gates = ReadOnlyGates(ReadOnlyTransport(ways.operator))

        async def holder(host: Host) -> str:
            try:
                lock = await gates.lock(host)
            except BoksExporterError as error:
                return f"unknown: {error}"
            if lock.run is None:
                return "not locked"
            end = NextCommand("break-lock", (lock.run, host.name))
            text = f"locked by {lock.run} of {lock.owner} since {lock.since} (UTC)"
            return f"{text}; where that run is closed, or its journal is permanently lost: {end}"

        return await ask_each(domain.domain.hosts, holder)


async def ask_each(hosts: Sequence[Host], ask: Callable[[Host], Awaitable[_Found]]) -> dict[HostName, _Found]:
    """Ask all hosts at once, within the limit of connections."""
    limiter = asyncio.Semaphore(_LIMIT)

    async def limited(host: Host) -> _Found:
        async with limiter:
            return await ask(host)

    found = await asyncio.gather(*map(limited, hosts))
    return dict(zip((host.name for host in hosts), found, strict=True))


def find_host(domain: ManagedDomain, name: HostName) -> Host:
    """Return a configured host; raises NotConfiguredError."""
    for host in domain.domain.hosts:
        if host.name == name:
            return host
    raise NotConfiguredError(f"{name} is no host of {domain.domain.name}")
