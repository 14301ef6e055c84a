"""Reasons against promoting a replica, as far as they can be judged from outside."""

from collections.abc import Iterator
from typing import Final

from boks_exporter.health.replica_conditions import RoundFacts
from boks_exporter.health.states import ReplicaState
from boks_exporter.model import Host, HostName, Observed, Promotion, Role
from boks_exporter.text.formatting import listed, updates

_RULED_OUT: Final = {
    ReplicaState.UNREACHABLE: "it cannot be polled",
    ReplicaState.DOWN: "the master lists it as DOWN",
    ReplicaState.LOADING: "it is loading its copy",
    ReplicaState.AHEAD: "it is ahead of its master",
    ReplicaState.DIVERGED: "its data have diverged",
    ReplicaState.LAGGING: "it is lagging",
    ReplicaState.UNLISTED: "the master does not list it",
}


def judge_promotable(facts: RoundFacts, host: Host, state: ReplicaState) -> tuple[bool | None, tuple[str, ...]]:
    """Return whether a replica can be promoted, and the reasons against it; None where too little is known."""
    against = tuple(_reasons(facts, host, state))
    return (False if against else _is_judged(facts, host, state) or None), against


def _is_judged(facts: RoundFacts, host: Host, state: ReplicaState) -> bool:
    """Return whether everything is known: OK proves it; without a master, the copies are compared with one another.

    A table that may still be in flight, or is left out of the comparison, is one that a new master would lack.
    """
    compared = facts.comparison.replica(host.name)
    if compared and (compared.missing_tables or compared.excluded):
        return False
    is_compared = compared is not None and compared.behind_best is not None
    is_known = state is ReplicaState.OK or (not facts.snapshot.masters and is_compared)
    return is_known and not _restricting(facts, host)


def _reasons(facts: RoundFacts, host: Host, state: ReplicaState) -> Iterator[str]:
    if state in _RULED_OUT:
        yield _RULED_OUT[state]
    seen = facts.snapshot.outcome(host.name)
    if isinstance(seen, Observed) and seen.role is Role.CLIENT:
        yield "it reports to be a client"
    if host.promotion is Promotion.NEVER:
        yield "the configuration has promotion: never"
    if host.has_numeric_address and (refusing := _restricting(facts, host)):
        yield f"BRIDGE_ACCEPT_MASTER_IPS on {listed(refusing)} does not name {host.address}"
    yield from _shared_memory(facts, host)
    compared = facts.comparison.replica(host.name)
    if facts.history.is_apart(host.name) and state not in {ReplicaState.AHEAD, ReplicaState.DIVERGED}:
        yield "it was ahead or diverged, and its copy has not been reloaded since"
    if facts.snapshot.master is None and compared and compared.behind_best:
        yield f"it is {updates(compared.behind_best)} behind the most advanced reachable server"


def _restricting(facts: RoundFacts, host: Host) -> list[HostName]:
    """Return the servers whose list of admitted masters does not contain the host's address (HS hotfix/105).

    BCASTADDR stands for addresses in a file that is not read: it may admit any address.
    """
    refusing = [
        names for admitted, names in facts.admitting.items() if admitted.isdisjoint({host.address, "BCASTADDR"})
    ]
    return refusing[0] if len(refusing) == 1 else [name for names in refusing for name in names]


def _shared_memory(facts: RoundFacts, host: Host) -> Iterator[str]:
    """Compare SHM_SIZE with the master's: with less, its copy may be incomplete (HS troubleshooting/312)."""
    seen = facts.snapshot.outcome(host.name)
    master = facts.snapshot.outcome(facts.snapshot.master) if facts.snapshot.master else None
    if isinstance(seen, Observed) and isinstance(master, Observed):
        ours, theirs = seen.environment.shm_size_kilobytes, master.environment.shm_size_kilobytes
        if ours is not None and theirs is not None and ours != theirs:
            yield f"its SHM_SIZE is {ours}, the master's is {theirs}"
