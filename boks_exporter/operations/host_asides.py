"""List, restore and remove what runs have moved aside on the hosts."""

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from boks_exporter.app.failover_wiring import ManagedDomain, current_operator, journal_of, operator_connections
from boks_exporter.errors import BoksExporterError, ParseError, TransportError
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.gate_client import ChangingGates, ReadOnlyGates, ReadOnlyTransport
from boks_exporter.failover.journal import ActionKind, OperatorAction, RunOpenError
from boks_exporter.failover.runner import NextCommand
from boks_exporter.model import Host, HostName
from boks_exporter.observe import Clock, SystemClock
from boks_exporter.operations.host_locks import ask_each, find_host
from boks_exporter.parsing.operator_facts import Aside, RecordState, StepRecord
from boks_exporter.remote.operator_requests import OperatorChange, owner_word, remove_aside, restore_database

_DEADLINE_SECONDS: Final = 600.0
_POLL_SECONDS: Final = 2.0
_WORDS: Final = {ActionKind.RESTORE_ASIDE: restore_database, ActionKind.REMOVE_ASIDE: remove_aside}
_REFUSALS: Final = {
    "not_client": "only a client takes a database back, and it is none",
    "nothing_there": "nothing is there under that name: `failover asides list` shows the names",
    "exists": "a database is in its place: move it aside first, by `failover rebuild` or `failover add-replica`",
    "partial_database": "a removal is not at its end: resume or abort its run first",
    "odd_files": "it holds files that are no plain files: look at the directory on the host",
    "busy": "another change runs on the host",
}


class NoSuchRemovalError(BoksExporterError):
    """A name that no removal can have."""


@dataclass(frozen=True, slots=True)
class AsideResult:
    """The exit code of a change, and what became of it."""

    exit: Exit
    sentence: str


async def asides(domain: ManagedDomain, only: HostName | None) -> dict[HostName, tuple[Aside, ...] | str]:
    """Return what lies aside on each host, or why that is unknown."""
    hosts = [host for host in domain.domain.hosts if only in {None, host.name}]
    async with operator_connections(domain) as ways:
        looking = ReadOnlyGates(ReadOnlyTransport(ways.operator))

        async def ask(host: Host) -> tuple[Aside, ...] | str:
            try:
                return await looking.asides(host)
            except BoksExporterError as error:
                return str(error)

        return await ask_each(hosts, ask)


async def change_aside(
    domain: ManagedDomain, kind: ActionKind, host: HostName, removal: str, reason: str
) -> AsideResult:
    """Restore or remove what a removal moved aside, under the host's lock; the intent is journaled first.

    Raises RunOpenError while a run of the domain is open, since it may need what lies aside.
    """
    clock = SystemClock()
    target, name = find_host(domain, host), domain.domain.name
    with journal_of(domain) as journal, journal.at_work_on(name):
        if opened := journal.view(name).open_runs:
            message = f"the run {opened[0].run} is open and may need what lies aside: resume or abort it first"
            raise RunOpenError(message)
        change = OperatorChange.do(f"{_run_name(clock)}.1", _words(kind, removal))
        number = journal.intend_action(_action(domain, kind, host, removal, reason, clock))
        async with operator_connections(domain) as ways:
            result = await _AsideChange(target, change, ChangingGates(ways.operator), clock).carry_out()
        journal.conclude_action(number, result.sentence, is_effective=result.exit is Exit.DONE)
    return result


def _words(kind: ActionKind, removal: str) -> tuple[str, ...]:
    try:
        return _WORDS[kind](removal)
    except ValueError as error:
        raise NoSuchRemovalError(str(error)) from error


def _run_name(clock: Clock) -> str:
    return f"{datetime.fromtimestamp(clock.now(), UTC):%Y%m%d-%H%M%S}-aside-{secrets.token_hex(4)}"


def _action(
    domain: ManagedDomain, kind: ActionKind, host: HostName, removal: str, reason: str, clock: Clock
) -> OperatorAction:
    return OperatorAction(
        domain=domain.domain.name,
        kind=kind,
        owner=str(current_operator()),
        reason=reason,
        intended_at=clock.now(),
        host=host,
        subject=removal,
    )


@dataclass
class _AsideChange:
    """One change on one host, under its lock."""

    host: Host
    change: OperatorChange
    gates: ChangingGates
    clock: Clock

    @property
    def run(self) -> str:
        return self.change.words[0].partition(".")[0]

    async def carry_out(self) -> AsideResult:
        """Lock, change, unlock; the lock stays where the end of the change is unknown."""
        try:
            lock = await self.gates.lock(self.host, self.run, owner_word(str(current_operator())))
        except (TransportError, ParseError) as error:
            text = f"{self.host.name} cannot be locked, nothing was changed: {error}"
            return AsideResult(Exit.UNCHANGED, text + await self._unlocked())
        if lock.run != self.run:
            holder = f"it is locked by {lock.run} of {lock.owner}" if lock.run else "its lock cannot be written"
            return AsideResult(Exit.LOCKED, f"{self.host.name} cannot be locked, nothing was changed: {holder}")
        record, why = await self._ended()
        result = self._result(record, why)
        left = self._lock_left if result.exit is Exit.RESULT_UNKNOWN else await self._unlocked()
        return replace(result, sentence=result.sentence + left)

    async def _ended(self) -> tuple[StepRecord | None, str]:
        """Send the change until its record has an end: the host runs it once, however often it is sent."""
        deadline, record, why = self.clock.monotonic() + _DEADLINE_SECONDS, None, ""
        while True:
            try:
                record, why = await self.gates.do(self.host, self.change), ""
            except (TransportError, ParseError) as error:
                why = str(error)
            is_over = record is not None and not why and record.state is not RecordState.RUNNING
            if is_over or self.clock.monotonic() >= deadline:
                return record, why
            await self.clock.sleep(_POLL_SECONDS)

    def _result(self, record: StepRecord | None, why: str) -> AsideResult:
        host, printed = self.host.name, "; ".join((*record.output, *record.errors)) if record else ""
        if record is None or why or record.state is RecordState.RUNNING:
            how = why or "the command still runs"
            text = f"whether {host} was changed is unknown: {how}; look at it with failover asides list"
            return AsideResult(Exit.RESULT_UNKNOWN, text)
        if record.state is RecordState.REFUSED:
            reason = record.refusal or "no reason"
            text = f"{host} refused it, nothing was changed: {_REFUSALS.get(reason, reason)}"
            return AsideResult(Exit.REFUSED, text)
        if record.state is RecordState.DONE and record.exit_status == 0:
            return AsideResult(Exit.DONE, f"{host}: {printed or 'done'}")
        how = f"ended with {record.exit_status}" if record.exit_status is not None else "was interrupted"
        return AsideResult(Exit.CHANGED, f"{host}: the command {how}, look at it with failover asides list: {printed}")

    @property
    def _lock_left(self) -> str:
        return f"; its lock may be left: {NextCommand('break-lock', (self.run, self.host.name))}"

    async def _unlocked(self) -> str:
        """Release the lock; returns what to do where it may be left."""
        try:
            lock = await self.gates.unlock(self.host, self.run)
        except (TransportError, ParseError):
            return self._lock_left
        return self._lock_left if lock.run == self.run else ""
