"""Which faults come when: episodes of faults on hosts that are not each other's, from a seed."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from boks_exporter.model import HostName
from tests.bed.kind import Kind, Scope
from tests.bed.layout import HOSTS, SITE_OF, SLOW_LINE, hosts_at

_ALONE: Final = {Scope.EXPORTER, Scope.NAMES}


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault: its name, the host that it is set on, and the hosts that it concerns."""

    name: str
    target: HostName
    hosts: tuple[HostName, ...]


def episodes(kinds: Mapping[str, Kind], seed: int, together: int) -> Iterator[tuple[Planned, ...]]:
    """Draw episodes without end; every kind comes once before any comes again."""
    dice = random.Random(seed)  # noqa: S311 - a schedule that can be repeated
    while True:
        deck = dice.sample(sorted(kinds), len(kinds))
        while deck:
            episode, deck = _drawn(deck, kinds, dice, together)
            yield episode


def _drawn(
    deck: list[str], kinds: Mapping[str, Kind], dice: random.Random, together: int
) -> tuple[tuple[Planned, ...], list[str]]:
    """Take the first fault, and those after it that can be set at the same time; a fault of the exporter is alone."""
    free = dice.sample(HOSTS, len(HOSTS))
    taken: list[Planned] = []
    left: list[str] = []
    for name in deck:
        hosts = _target(kinds[name].scope, free) if _fits(name, taken, kinds, together) else ()
        if hosts:
            taken.append(Planned(name, hosts[0], HOSTS if kinds[name].scope is Scope.EXPORTER else hosts))
            free = [host for host in free if host not in hosts]
        else:
            left.append(name)
    return tuple(taken), left


def _fits(name: str, taken: Sequence[Planned], kinds: Mapping[str, Kind], together: int) -> bool:
    """A fault of names can concern every host that reconnects, so it is alone, too."""
    scopes = {kinds[each.name].scope for each in taken} | ({kinds[name].scope} if taken else set())
    return len(taken) < together and not scopes & _ALONE


def _target(scope: Scope, free: list[HostName]) -> tuple[HostName, ...]:
    """Return the hosts that a fault concerns, its target first; none where they are not free."""
    if scope is Scope.SLOW_LINE:
        return (SLOW_LINE,) if SLOW_LINE in free else ()
    if scope is Scope.SITE:
        whole = (hosts_at(SITE_OF[host]) for host in free)
        return next((hosts for hosts in whole if set(hosts) <= set(free)), ())
    return tuple(free[:1])
