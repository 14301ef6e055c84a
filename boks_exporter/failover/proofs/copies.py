"""Proofs about copies of the database."""

from collections.abc import Iterable, Mapping
from typing import Final

from boks_exporter.failover.facts import FailoverFacts, Reading
from boks_exporter.failover.findings import Guard
from boks_exporter.failover.journal_facts import Numbers
from boks_exporter.failover.proofs.masters import has_role, is_master_alone, reports_alone
from boks_exporter.failover.proofs.own_updates import has_nothing_alone, last_reading, own_updates, shortfall
from boks_exporter.failover.proofs.proven import Circumstances, Proven, all_of, no, unknown, yes
from boks_exporter.health.unread import not_compared
from boks_exporter.model import HostName, Role, Seconds, TableNumber
from boks_exporter.parsing.operator_facts import DatabaseState
from boks_exporter.replication import NotCompared, ReplicaComparison
from boks_exporter.text.formatting import span


def of_other_generation(facts: FailoverFacts, host: HostName) -> tuple[HostName, ...]:
    """Return the servers of which a table has another stamp than here."""
    own = facts.numbers(host) or {}
    servers = [seen.host for seen in facts.snapshot.observed()]
    return tuple(server for server in servers if _has_other_stamp(own, facts.numbers(server) or {}))


def _has_other_stamp(own: Numbers, other: Numbers) -> bool:
    stamps = ((own[table][1], other[table][1]) for table in own.keys() & other.keys())
    return any(None not in pair and len({*pair}) > 1 for pair in stamps)


def is_equal(facts: FailoverFacts, host: HostName, master: HostName, by: Circumstances) -> Proven:
    """Prove that every number equals the master's, or lies between its two readings while it is writing.

    A busy master never shows the same number twice, so equality to one reading would never be reached. That a stopped
    master has nothing more than its successor is proven separately (`is_as_advanced`).
    """
    alone = reports_alone(facts, master)
    compared = facts.comparison.replica(host)
    if not alone.holds or facts.comparison.master != master:
        return unknown(f"there is nothing to compare {host} with: {alone.sentence}")
    if compared is None:
        return unknown(f"the numbers of {host} could not be read")
    against = [*_differences(compared)]
    if against and compared.not_compared:
        return no(f"{host} {', '.join(against)}")
    if not _is_bracketed(compared):
        return unknown(f"the numbers of {master} could not be read around those of {host}")
    if against:
        return no(f"{host} {', '.join(against)}")
    left = _unread_left(by, {host: facts.unread(host), master: facts.unread(master)})
    if left or (compared.not_compared and not _unread_accepted(by, None, host, master)):
        return unknown(not_compared((*compared.not_compared, *left)))
    moving = [table.table for table in compared.tables if table.written]
    text = f"{host} has in all {len(compared.tables)} tables what {master} has"
    return yes(f"{text}, which writes in {_tables(moving)} at this very moment" if moving else text)


def _unread_accepted(by: Circumstances, tables: int | None, *hosts: HostName) -> bool:
    return any(by.accepted.cover(Guard.UNREAD_TABLES, host, tables) for host in hosts)


def _unread_left(by: Circumstances, unread: Mapping[HostName, tuple[NotCompared, ...]]) -> list[NotCompared]:
    """Return the unread tables of each host for which they are not accepted."""
    left = (several for host, several in unread.items() if not _unread_accepted(by, len(several), host))
    return [each for several in left for each in several]


def _is_bracketed(compared: ReplicaComparison) -> bool:
    """Whether the master was read before and after the replica; tables in unread lines are a question of their own."""
    unread = {each.table for each in compared.not_compared}
    certain = [table for table in compared.tables if table.table not in unread]
    return bool(certain) and all(table.lag is not None and table.ahead is not None for table in certain)


def _differences(compared: ReplicaComparison) -> Iterable[str]:
    if compared.missing_tables:
        yield f"lacks {_tables(compared.missing_tables)}"
    if compared.extra_tables:
        yield f"has {_tables(compared.extra_tables)}, which the master does not have"
    if compared.lag:
        yield f"is behind by {compared.lag} in T{compared.lagging_tables[0].table}"
    if compared.ahead:
        yield f"is ahead by {compared.ahead} in T{compared.ahead_tables[0].table}"
    if compared.stamp_mismatch_tables:
        yield f"has another generation of {_tables(compared.stamp_mismatch_tables)}"


def _tables(tables: Iterable[TableNumber]) -> str:
    return ", ".join(f"T{table}" for table in tables)


def is_quiet(facts: FailoverFacts, host: HostName, master: HostName, by: Circumstances) -> Proven:
    """Prove that no update is on its way from a master: a host is equal to it, and it wrote nothing meanwhile."""
    equal, compared = is_equal(facts, host, master, by), facts.comparison.replica(host)
    moving = [table.table for table in compared.tables if table.written] if compared else []
    if equal.holds and moving:
        return no(f"{master} writes in {_tables(moving)} at this very moment")
    return equal


def unread_seconds(facts: FailoverFacts, last: Reading) -> Seconds:
    """Return for how long a host may have written unread: from its last reading to its first failed poll after it.

    Where no earlier failure is recorded, it is this round's, and so it is of one that was read as a replica and became
    master unseen. A reading from the future is the work of a wrong clock: by how much it is wrong, the time is unknown.
    """
    failed_at = facts.failing_since.get(last.host, facts.seen_at)
    if failed_at < last.read_at or facts.last_roles.get(last.host) is Role.REPLICA:
        failed_at = facts.seen_at
    return abs(failed_at - last.read_at)


def is_as_advanced(
    facts: FailoverFacts, host: HostName, other: HostName, by: Circumstances, guard: Guard = Guard.BEHIND_LAST_MASTER
) -> Proven:
    """Prove that a host has every update that another ever had; `guard` names how it is accepted without a proof.

    Of a server that wrote, only the numbers that it shows while it is stopped prove that; whether BoKS shows them then
    is not published. A reading from before the stop does not prove what was written last.
    """
    have, wanted = facts.latest_numbers(host), last_reading(facts, other)
    if not have:
        return unknown(f"the numbers of {host} could not be read")
    if wanted is None:
        return unknown(f"the numbers of {other} are unknown")
    unread = facts.unread(host)
    missing = shortfall(have, wanted.numbers, unread)
    if missing:
        table, count = max(missing.items(), key=lambda item: item[1])
        return no(f"{host} lacks {count} updates of {other} in T{table} ({len(missing)} tables in all)")
    if left := _unread_left(by, {host: unread, other: wanted.unread}):
        return unknown(not_compared(left))
    age = max(0.0, facts.seen_at - wanted.read_at)
    text = f"{host} has everything that {other} had ({wanted.source}, {span(age)} ago)"
    if wanted.is_final:
        return yes(text)
    later = f"what {other} may have written after that is unknown"
    if any(by.accepted.cover(Guard.BEHIND_LAST_MASTER, name) for name in (host, other)):
        return yes(f"{text}; {later}, which is accepted")
    return unknown(
        f"{text}; {later}, as it did not show its numbers while it was stopped: if it certainly wrote nothing, "
        f"may --accept {guard}"
    )


def is_best(facts: FailoverFacts, host: HostName, by: Circumstances) -> Proven:
    """Prove that no reachable server has an update that this one lacks."""
    if facts.comparison.replica(host) is None:
        return unknown(f"the numbers of {host} could not be compared with the other servers'")
    servers = [seen.host for seen in facts.snapshot.observed()]
    unread = {server: len(facts.unread(server)) or None for server in servers}
    readable = [is_readable(facts, server) for server in servers if not _unread_accepted(by, unread[server], server)]
    return all_of((has_every_table(facts, host), is_not_behind(facts, host, by), *readable))


def has_every_table(facts: FailoverFacts, host: HostName) -> Proven:
    """Prove that a copy has every table that another server shows."""
    if facts.numbers(host) is None:
        return no(f"the numbers of {host} could not be read")
    lacking = missing_of_others(facts, host)
    return no(f"{host} lacks {_tables(lacking)}, which another server has") if lacking else yes("")


def is_readable(facts: FailoverFacts, host: HostName) -> Proven:
    """Prove that every table of a copy can be read; a server that shows no numbers may have more than all others."""
    if facts.role(host) in {Role.MASTER, Role.REPLICA} and facts.numbers(host) is None:
        return unknown(f"the numbers of {host} could not be read")
    unread = facts.unread(host)
    return unknown(not_compared(unread)) if unread else yes("")


def is_not_behind(facts: FailoverFacts, host: HostName, by: Circumstances) -> Proven:
    """Prove that no server is more advanced by more than may be, in the tables that could be read on all."""
    compared = facts.comparison.replica(host)
    behind = compared.behind_best if compared else None
    if behind is None:
        is_hidden = compared and any(facts.unread(seen.host) for seen in facts.snapshot.observed())
        text = f"{host} could not be compared with the other servers"
        return yes(f"{text} in every table") if is_hidden else unknown(text)
    text = f"{host} is {behind} updates behind the most advanced server that answers"
    others, is_behind = of_other_generation(facts, host), behind > by.max_behind_updates
    if not (others or is_behind):
        return yes(text)
    text += f"; {', '.join(others)} has another generation of a table: its numbers prove nothing" if others else ""
    if by.accepted.cover(Guard.BEHIND_BEST, host, behind):
        return yes(f"{text}, which is accepted")
    return no(text) if is_behind else unknown(text)


def missing_of_others(facts: FailoverFacts, host: HostName) -> tuple[TableNumber, ...]:
    """Return the tables that another server shows and this one does not."""
    own = facts.numbers(host) or {}
    others = (facts.numbers(seen.host) or {} for seen in facts.snapshot.observed())
    hidden = {each.table for each in facts.unread(host)}
    lacking = {table for numbers in others for table in numbers} - own.keys() - hidden
    return () if None in hidden else tuple(sorted(lacking))


def may_be_removed(facts: FailoverFacts, host: HostName, master: HostName, by: Circumstances) -> Proven:
    """Prove that a database may be moved aside: its host is a client, and the only master has every update of it.

    No acceptance replaces a master that is alone and readable. That it has every update can be accepted, for a replica
    that diverged, and for files whose numbers are unknown.
    """
    numbers = facts.numbers(master)
    basis = all_of(
        (
            has_role(facts, host, Role.CLIENT),
            is_master_alone(facts, master, by),
            yes(f"{master} shows its numbers") if numbers else unknown(f"the numbers of {master} could not be read"),
        )
    )
    if not basis.holds:
        return basis
    contained, amount = is_contained(facts, host, master, by)
    is_unseen = not amount and by.accepted.cover(Guard.STALE_DATABASE, host)
    if contained.holds or not (is_unseen or by.accepted.cover(Guard.UPDATES_ONLY_HERE, host, amount)):
        return all_of((basis, contained))
    return yes(f"{basis.sentence}; {contained.sentence}, which is accepted")


def is_contained(
    facts: FailoverFacts, host: HostName, master: HostName, by: Circumstances
) -> tuple[Proven, int | None]:
    """Prove that a master has every update of a copy; returns as well how many it lacks, None where that is unknown."""
    have, last, own = facts.latest_numbers(master), last_reading(facts, host), own_updates(facts, host, by)
    lacking = shortfall(have, last.numbers, facts.unread(master)) if have and last else {}
    amount = max(sum(lacking.values()), sum(own.values())) if last or own else None
    return all_of(
        (is_as_advanced(facts, master, host, by, Guard.UPDATES_ONLY_HERE), has_nothing_alone(facts, host, master, by))
    ), amount


def has_database(facts: FailoverFacts, host: HostName, *, wanted: bool) -> Proven:
    """Prove that a host has a whole database, or that it has nothing of one."""
    readiness = facts.readiness(host)
    if readiness is not None and readiness.database in IMPERFECT:
        return no(f"{host} {IMPERFECT[readiness.database]}")
    if readiness is None or readiness.database_present is None:
        gate = facts.gates.get(host)
        return unknown(f"it is unknown whether {host} has a database: {gate.failure if gate else 'not asked'}")
    text = f"{host} has {'a' if readiness.database_present else 'no'} database"
    return yes(text) if readiness.database_present is wanted else no(text)


IMPERFECT: Final[dict[DatabaseState | None, str]] = {
    DatabaseState.PARTIAL: "has a part of a database: a removal, or its undoing, is not at its end",
    DatabaseState.ODD: "has files in its database that are no plain files, such as links or directories",
}


def has_shm_size(facts: FailoverFacts, host: HostName, kilobytes: int) -> Proven:
    """Prove the SHM_SIZE that a host's ENV has."""
    seen = facts.seen(host)
    found = seen.environment.shm_size_kilobytes if seen else None
    if found is None:
        return unknown(f"SHM_SIZE of {host} could not be read")
    text = f"SHM_SIZE is {found} on {host}"
    return yes(text) if found == kilobytes else no(text)
