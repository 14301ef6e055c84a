"""Names that lead to one machine, by the far ends of their connections."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from itertools import combinations

from boks_exporter.model.host_reply import HostOutcome, Observed
from boks_exporter.model.hosts import HostName, Role


def same_machine(outcomes: Iterable[HostOutcome]) -> dict[HostName, HostName]:
    """Return the names that certainly lead to the machine of an earlier name, each with that name.

    The connections end at the same address and port with the same host key, and nothing that the two replies say
    contradicts it. In any doubt two names count as two machines: a second master must never be hidden.
    """
    found: dict[HostName, HostName] = {}
    for group in _groups(outcomes, lambda seen: seen.endpoint if seen.endpoint and seen.endpoint.is_direct else None):
        first, *others = group
        for other in others:
            if _agree(first, other):
                found[other.host] = first.host
    return found


def possibly_same_machine(outcomes: Iterable[HostOutcome]) -> tuple[tuple[HostName, ...], ...]:
    """Return the groups of names that may lead to one machine, without those that certainly do.

    They have the same host key and no different own name: a machine with two addresses or behind a jump host looks
    like that, and so does a machine that was restored from an image of another.
    """
    known = tuple(outcomes)
    certain = same_machine(known)
    distinct = [seen for seen in known if seen.host not in certain]
    groups = _groups(distinct, lambda seen: seen.endpoint.host_key if seen.endpoint else None)
    found = (tuple(dict.fromkeys(_with_a_partner(group))) for group in groups)
    return tuple(names for names in found if names)


def distinct_masters(outcomes: Collection[HostOutcome]) -> tuple[Observed, ...]:
    """Return the hosts that report to be master; a machine with two names is one, and both report the same role."""
    masters = [seen for seen in outcomes if isinstance(seen, Observed) and seen.role is Role.MASTER]
    same = same_machine(outcomes) if len(masters) > 1 else {}
    return tuple(seen for seen in masters if seen.host not in same)


def _groups(
    outcomes: Iterable[HostOutcome], key: Callable[[Observed], Hashable | None]
) -> Iterator[tuple[Observed, ...]]:
    groups: dict[Hashable, list[Observed]] = defaultdict(list)
    for outcome in outcomes:
        if isinstance(outcome, Observed) and outcome.endpoint and outcome.endpoint.host_key:
            groups[key(outcome)].append(outcome)
    return (tuple(group) for value, group in groups.items() if value is not None and len(group) > 1)


def _with_a_partner(group: tuple[Observed, ...]) -> Iterator[HostName]:
    for one, other in combinations(group, 2):
        if not _are_named_differently(one, other):
            yield from (one.host, other.host)


def _agree(one: Observed, other: Observed) -> bool:
    """Return whether two replies can be those of one machine: its own name, role, run of BoKS and numbers.

    An address can move from one machine to another while a connection to the first is kept.
    """
    if _are_named_differently(one, other) or one.role is not other.role:
        return False
    runs = one.reply.boks_init, other.reply.boks_init
    if (runs[0] is None) is not (runs[1] is None):
        return False
    if runs[0] and runs[1] and not runs[0].is_same(runs[1]):
        return False
    return not _went_back(one, other)


def _are_named_differently(one: Observed, other: Observed) -> bool:
    names = one.reply.machine, other.reply.machine
    return None not in names and str(names[0]).casefold() != str(names[1]).casefold()


def _went_back(one: Observed, other: Observed) -> bool:
    """Return whether a number of the later reply is lower than in the earlier one, or has another stamp."""
    earlier, later = sorted((one, other), key=lambda seen: seen.started_at)
    if earlier.finished_at > later.started_at or earlier.sequences is None or later.sequences is None:
        return False
    rows = later.sequences.by_table()
    return any(
        row.table in rows and (rows[row.table].sequence < row.sequence or rows[row.table].stamp != row.stamp)
        for row in earlier.sequences.tables
    )
