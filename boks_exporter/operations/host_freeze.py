"""Freeze a domain on its hosts, lift the freeze, and show it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from boks_exporter.app.failover_wiring import ManagedDomain, current_operator, journal_of, operator_connections
from boks_exporter.errors import BoksExporterError
from boks_exporter.failover.gate_client import ChangingGates, ReadOnlyGates, ReadOnlyTransport
from boks_exporter.failover.journal import ActionKind, OperatorAction
from boks_exporter.model import Host, HostName, Timestamp
from boks_exporter.observe import SystemClock
from boks_exporter.operations.host_locks import ask_each
from boks_exporter.parsing.operator_facts import Freeze
from boks_exporter.remote.operator_requests import owner_word, reason_word


@dataclass(frozen=True, slots=True)
class FreezeResult:
    """The freeze that each host keeps now, or why that is unknown; `until` is when a new one ends."""

    hosts: dict[HostName, Freeze | str | None]
    until: Timestamp | None = None

    @property
    def failed(self) -> tuple[HostName, ...]:
        """The hosts of which it is unknown."""
        return tuple(host for host, found in self.hosts.items() if isinstance(found, str))


async def freeze(domain: ManagedDomain, seconds: int, reason: str) -> FreezeResult:
    """Freeze the domain on every host that answers."""
    until, owner = SystemClock().now() + seconds, owner_word(str(current_operator()))

    async def change(gates: ChangingGates, host: Host) -> Freeze | None:
        return await gates.freeze(host, seconds, owner, reason_word(reason))

    return FreezeResult(await _changed(domain, ActionKind.FREEZE, reason, until, change), until)


async def unfreeze(domain: ManagedDomain, reason: str) -> FreezeResult:
    """Lift the freeze of any operator on every host that answers."""

    async def change(gates: ChangingGates, host: Host) -> Freeze | None:
        return await gates.unfreeze(host)

    return FreezeResult(await _changed(domain, ActionKind.UNFREEZE, reason, None, change))


async def shown_freeze(domain: ManagedDomain) -> FreezeResult:
    """Ask every host for the freeze that it keeps."""
    async with operator_connections(domain) as ways:
        looking = ReadOnlyGates(ReadOnlyTransport(ways.operator))

        async def ask(host: Host) -> Freeze | str | None:
            found = await looking.readiness(host)
            return found.readiness.freeze if found.readiness else found.failure

        return FreezeResult(await ask_each(domain.domain.hosts, ask))


async def _changed(
    domain: ManagedDomain,
    kind: ActionKind,
    reason: str,
    until: Timestamp | None,
    change: Callable[[ChangingGates, Host], Awaitable[Freeze | None]],
) -> dict[HostName, Freeze | str | None]:
    """Journal the intent, change every host, and journal what became of it."""
    name, now = domain.domain.name, SystemClock().now()
    action = OperatorAction(
        domain=name, kind=kind, owner=str(current_operator()), reason=reason, intended_at=now, until=until
    )
    with journal_of(domain) as journal:
        number = journal.intend_action(action)
        async with operator_connections(domain) as ways:
            gates = ChangingGates(ways.operator)

            async def ask(host: Host) -> Freeze | str | None:
                try:
                    return await change(gates, host)
                except BoksExporterError as error:
                    return str(error)

            found = await ask_each(domain.domain.hosts, ask)
        failed = [host for host, each in found.items() if isinstance(each, str)]
        became = f"not on {', '.join(failed)}" if failed else "on every host"
        # A freeze holds with one host that keeps it, and is lifted only where none does.
        is_effective = len(failed) < len(found) if kind is ActionKind.FREEZE else not failed
        journal.conclude_action(number, became, is_effective=is_effective)
    return found
