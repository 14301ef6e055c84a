"""Hosts of one domain that lead to one address and port, before anything connects."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from boks_exporter.errors import TransportError
from boks_exporter.model import Host, Seconds
from boks_exporter.remote.settings import SshSettings
from boks_exporter.transport.ssh.openssh_config import Evaluated, evaluate, target_of
from boks_exporter.transport.ssh.resolver import Address, Resolver

RESOLVE_SECONDS: Final[Seconds] = 3.0

Found: TypeAlias = tuple[int, str]
"""The index of the second host, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class _Target:
    index: int
    host: Host
    found: Evaluated


def same_targets(settings: SshSettings, hosts: Iterable[Host]) -> Iterator[Found]:
    """Find hosts that the OpenSSH configuration sends to the address and port of another host."""
    first: dict[tuple[str, int], Host] = {}
    for target in _direct(settings, hosts) if settings.openssh_config else ():
        earlier = first.setdefault((target.found.host.casefold(), target.found.port), target.host)
        if earlier is not target.host:
            where = f"{target.found.host} port {target.found.port}"
            yield target.index, _text(earlier, target.host, f"to {where} by {settings.openssh_config}")


def resolved_alike(
    settings: SshSettings, hosts: Iterable[Host], resolver: Resolver | None = None
) -> tuple[list[Found], list[Found]]:
    """Resolve the names; return faults (one address) and warnings (some address in common).

    A name that cannot be resolved now is left out.
    """
    targets = [*_direct(settings, hosts)]
    addresses = asyncio.run(_resolve(targets, resolver or Resolver(limit=RESOLVE_SECONDS)))
    faults: list[Found] = []
    warnings: list[Found] = []
    first: dict[Address, tuple[_Target, bool]] = {}
    for target, known in zip(targets, addresses, strict=True):
        for number, address in enumerate(known):
            earlier, is_preferred = first.setdefault(address, (target, number == 0))
            if earlier is target:
                continue
            where = f"{address[1][0]} port {target.found.port}"
            if number == 0 and is_preferred:
                faults.append((target.index, _text(earlier.host, target.host, f"to {where}")))
            else:
                warnings.append((target.index, f"{_text(earlier.host, target.host, f'to {where}')}, among others"))
            break
    return faults, warnings


def _text(earlier: Host, host: Host, where: str) -> str:
    return f"{earlier.name} and {host.name} both lead {where}: expected one name for each machine"


def _direct(settings: SshSettings, hosts: Iterable[Host]) -> Iterator[_Target]:
    """Evaluate the hosts without a jump host or proxy, where the address of the host is the one that is used."""
    for index, host in enumerate(hosts):
        target = target_of(host.name, host.address, host.port, settings)
        try:
            file = settings.openssh_config
            found = evaluate(file, target) if file else Evaluated(host.address, host.port)
        except TransportError:
            continue  # reported as a fault of the OpenSSH configuration
        if not (settings.jump_host or found.jump or found.is_proxied):
            yield _Target(index, host, found)


async def _resolve(targets: Iterable[_Target], resolver: Resolver) -> list[tuple[Address, ...]]:
    async def addresses(target: _Target) -> tuple[Address, ...]:
        try:
            return await resolver.addresses(target.found.host, target.found.port, target.found.family)
        except TransportError:
            return ()

    return [*await asyncio.gather(*map(addresses, targets))]
