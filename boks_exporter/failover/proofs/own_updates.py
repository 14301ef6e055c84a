"""Updates that a copy has and the line of the present master never had, whatever the numbers are now."""

import math
from collections.abc import Iterable, Iterator
from itertools import pairwise

from boks_exporter.failover.facts import FailoverFacts, Reading
from boks_exporter.failover.journal_facts import ForkPoint, Numbers
from boks_exporter.failover.proofs.proven import Circumstances, Proven, no, unknown, yes
from boks_exporter.model import HostName, Role, Sequence, TableNumber, Timestamp
from boks_exporter.replication import CopyEvidence, NotCompared


def last_reading(facts: FailoverFacts, host: HostName) -> Reading | None:
    """Return a server's numbers: those that it shows now, or the last known ones."""
    return facts.reading(host) or facts.readings.get(host)


def shortfall(have: Numbers, wanted: Numbers, unread: Iterable[NotCompared] = ()) -> dict[TableNumber, int]:
    """Return by how much numbers fall short of others, by table.

    A table that is missing lacks everything, and so does one of another generation: its numbers cannot be compared.
    """
    found: dict[TableNumber, int] = {}
    hidden = {each.table for each in unread}
    for table, (number, stamp) in wanted.items():
        own, own_stamp = have.get(table, (None, None))
        if own is None and hidden & {table, None}:
            continue  # it is there, or may be, with a number that could not be read
        if own is None or (own_stamp != stamp and None not in {own_stamp, stamp}):
            found[table] = number
        elif own < number:
            found[table] = number - own
    return found


def own_updates(facts: FailoverFacts, host: HostName, by: Circumstances | None = None) -> dict[TableNumber, int]:
    """Return what a copy has alone by fork points and evidence since which it was not reloaded, by table.

    These updates were written on another line than the present master's. That its numbers have passed them since does
    not mean that it has them.
    """
    own = tuple(_own(facts, host, by))
    return {table: max(count for each, _, count in own if each == table) for table, *_ in own}


def common_numbers(facts: FailoverFacts, host: HostName) -> Numbers:
    """Return the numbers of a copy up to which it has the updates that others have under the same numbers."""
    found = {**(facts.numbers(host) or {})}
    for table, common, _ in _own(facts, host, None):
        if table in found:
            number, stamp = found[table]
            found[table] = min(number, common), stamp
    return found


def has_nothing_alone(
    facts: FailoverFacts, host: HostName, master: HostName, by: Circumstances | None = None
) -> Proven:
    """Prove that a copy has no updates of another line than the master's, whatever the numbers are now."""
    own, evidence = own_updates(facts, host, by), facts.evidence.get(host)
    if own:
        table, count = max(own.items(), key=lambda item: item[1])
        return no(
            f"{host} has {count} updates of its own in T{table}, which {master} never had ({len(own)} tables in all); "
            "its later numbers do not contain them"
        )
    doubts = [doubt for fork in _forks(facts, host) if (doubt := _doubt(facts, fork, host, by))]
    if evidence and evidence.proven_at >= _since(facts, host):
        doubts.insert(0, f"{host} had diverged")
    if doubts:
        text = "and was not reloaded since: equal numbers do not prove that it has nothing alone"
        return unknown(f"{doubts[0]} {text}")
    return yes(f"{host} has no updates of its own")


def _own(facts: FailoverFacts, host: HostName, by: Circumstances | None) -> Iterator[tuple[TableNumber, Sequence, int]]:
    """Yield for tables with updates of a copy's own the last number before them, and their count."""
    evidence, reading = facts.evidence.get(host) or CopyEvidence(), last_reading(facts, host)
    for table, lead in evidence.leads.items() if evidence.proven_at >= _since(facts, host) else ():
        yield table, lead.level - lead.amount, lead.amount
    for fork in _forks(facts, host):
        is_shown = not _is_fed(facts, host, by) and (host == fork.old_master or not fork.knows(host))
        shown = shortfall(fork.numbers, reading.numbers) if reading and is_shown else {}
        for table, count in (*fork.above.get(host, {}).items(), *shown.items()):
            yield table, fork.numbers.get(table, (0, None))[0], count


def _doubt(facts: FailoverFacts, fork: ForkPoint, host: HostName, by: Circumstances | None) -> str:
    """Return why a change of master leaves open what a copy has alone, though nothing is known of it."""
    old, new = fork.old_master, fork.new_master
    if not fork.knows(host) and (_is_fed(facts, host, by) or last_reading(facts, host) is None):
        return f"{host} was not read when {new} became master"
    if old in {None, host} or fork.above.get(old) == {} or not _may_have_gone_on(facts, fork, old):
        return ""
    ends = f"until {old} is retired or declared lost"
    return f"{host} may have received what {old} wrote after {new} had become master ({ends})"


def _may_have_gone_on(facts: FailoverFacts, fork: ForkPoint, old: HostName) -> bool:
    """Return whether an old master that was not proven out is not accounted for, or shows more than was known of it."""
    reading, known = last_reading(facts, old), fork.above.get(old, {})
    if facts.journal.removed.get(old, -math.inf) > fork.at:
        return False
    if facts.role(old) is Role.UNKNOWN:
        return facts.lost(old) is None
    if reading is None or reading.read_at <= fork.at or facts.role(old) is Role.REPLICA:
        return False
    return any(count > known.get(table, 0) for table, count in shortfall(fork.numbers, reading.numbers).items())


def _is_fed(facts: FailoverFacts, host: HostName, by: Circumstances | None) -> bool:
    """Return whether what a copy shows came from the present master."""
    return facts.role(host) is Role.REPLICA or (by is not None and host == by.rebuilt)


def _forks(facts: FailoverFacts, host: HostName) -> list[ForkPoint]:
    """Return the changes of master since which a copy was not reloaded, but not those before its own line won."""
    since = _since(facts, host)
    return [fork for fork in facts.forks if fork.at >= since and fork.new_master != host]


def _since(facts: FailoverFacts, host: HostName) -> Timestamp:
    """Return since when a copy is of the present master's line, by a reload or as the master that it was itself."""
    changes, head = facts.changes, facts.snapshot.last_known_master
    began = [place for place, fork in enumerate(changes) if fork.new_master == host]
    line = changes[began[-1] :] if began else ()
    is_unbroken = all(later.old_master == fork.new_master for fork, later in pairwise(line))
    is_own = bool(line) and is_unbroken and line[-1].new_master == head
    return max(facts.journal.removed.get(host, -math.inf), line[0].at if is_own else -math.inf)
