"""Two masters: what each has alone, and which replicas each of them lists."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.proofs.own_updates import shortfall
from boks_exporter.model import HostName, ReportedStatus, TableNumber
from boks_exporter.observe.host_matching import Names


@dataclass(frozen=True, slots=True)
class MasterInConflict:
    """One of several masters. `alone` counts, by table, what its numbers have more than every other master's."""

    host: HostName
    alone: Mapping[TableNumber, int] | None
    followers: tuple[HostName, ...]


def conflict_of(facts: FailoverFacts) -> tuple[MasterInConflict, ...]:
    """Describe every host that reports to be master, where several do."""
    masters = facts.snapshot.masters
    return tuple(_described(facts, name) for name in masters) if len(masters) > 1 else ()


def _described(facts: FailoverFacts, name: HostName) -> MasterInConflict:
    own = facts.numbers(name)
    others = [facts.numbers(other) for other in facts.snapshot.masters if other != name]
    if not own or not all(others):
        return MasterInConflict(name, None, _followers(facts, name))
    lacking = [shortfall(numbers, own) for numbers in others if numbers]
    common = set.intersection(*(set(each) for each in lacking))
    alone = {table: min(each[table] for each in lacking) for table in sorted(common)}
    return MasterInConflict(name, alone, _followers(facts, name))


def _followers(facts: FailoverFacts, name: HostName) -> tuple[HostName, ...]:
    """Return the replicas that a master lists as OK."""
    seen, names = facts.seen(name), Names(facts.snapshot.hosts)
    lines = seen.replicas.lines if seen and seen.replicas else ()
    found = (names.host(line.server) for line in lines if line.status is ReportedStatus.OK)
    return tuple(host.name for host in found if host and host.name not in facts.snapshot.masters)


def sentences(conflict: tuple[MasterInConflict, ...]) -> Iterator[str]:
    """Write a conflict in lines."""
    if conflict:
        yield f"SEVERAL MASTERS: {', '.join(each.host for each in conflict)} report that they are master"
    for each in conflict:
        if each.alone is None:
            has = "its numbers could not be compared"
        elif each.alone:
            tables = ", ".join(f"{count} in T{table}" for table, count in each.alone.items())
            has = f"its numbers have more updates than the other's: {tables}"
        else:
            has = "its numbers have no more updates than the other's; equal numbers do not prove equal data"
        yield f"{each.host}: {has}; it lists as OK: {', '.join(each.followers) or 'no replica'}"
