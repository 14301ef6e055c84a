"""What speaks against promoting a replica, as far as it can be judged from outside."""

from collections.abc import Iterator
from typing import Final

from boks_exporter.health.formatting import listed, updates
from boks_exporter.health.replica_conditions import Round
from boks_exporter.health.states import ReplicaState
from boks_exporter.model import Host, HostName, Observed, Promotion, Role
from boks_exporter.replication import Condition

_OUT_OF_THE_QUESTION: Final = {
    ReplicaState.UNREACHABLE: "it cannot be looked at",
    ReplicaState.DOWN: "the master lists it as DOWN",
    ReplicaState.LOADING: "it is loading its copy",
    ReplicaState.AHEAD: "it is ahead of its master",
    ReplicaState.DIVERGED: "its data have diverged",
    ReplicaState.LAGGING: "it is lagging",
    ReplicaState.UNLISTED: "the master does not list it",
}


def judge_promotable(look: Round, host: Host, state: ReplicaState) -> tuple[bool | None, tuple[str, ...]]:
    """Tell whether a replica can be promoted and what speaks against it; None where not everything could be judged."""
    against = tuple(_reasons(look, host, state))
    return (False if against else _is_judged(look, host, state) or None), against


def _is_judged(look: Round, host: Host, state: ReplicaState) -> bool:
    """Tell whether everything is known: OK says it all; without a master, the copies are compared with one another.

    A table that may still be under way is none that a new master could do without.
    """
    compared = look.comparison.replica(host.name)
    if compared and compared.missing_tables:
        return False
    is_compared = compared is not None and compared.behind_best is not None
    is_known = state is ReplicaState.OK or (not look.snapshot.masters and is_compared)
    return is_known and (host.has_numeric_address or not _restricting(look, host))


def _reasons(look: Round, host: Host, state: ReplicaState) -> Iterator[str]:
    if state in _OUT_OF_THE_QUESTION:
        yield _OUT_OF_THE_QUESTION[state]
    seen = look.snapshot.outcome(host.name)
    if isinstance(seen, Observed) and seen.role is Role.CLIENT:
        yield "it says that it is a client"
    if host.promotion is Promotion.NEVER:
        yield "the configuration says promotion: never"
    if host.has_numeric_address and (refusing := _restricting(look, host)):
        yield f"BRIDGE_ACCEPT_MASTER_IPS on {listed(refusing)} does not name {host.address}"
    yield from _shared_memory(look, host)
    compared = look.comparison.replica(host.name)
    if look.snapshot.master is None:
        if look.history.has(host.name, Condition.APART):
            yield "it was ahead or diverged when it was last compared with a master"
        if compared and compared.behind_best:
            yield f"it is {updates(compared.behind_best)} behind the most advanced reachable server"


def _restricting(look: Round, host: Host) -> list[HostName]:
    """Name the servers whose list of admitted masters does not show the host's address (HS hotfix/105).

    BCASTADDR stands for addresses in a file that is not read: it may name anybody.
    """
    refusing = [names for admitted, names in look.admitting.items() if admitted.isdisjoint({host.address, "BCASTADDR"})]
    return refusing[0] if len(refusing) == 1 else [name for names in refusing for name in names]


def _shared_memory(look: Round, host: Host) -> Iterator[str]:
    """Compare SHM_SIZE with the master's: with less, its copy may be incomplete (HS troubleshooting/312)."""
    seen = look.snapshot.outcome(host.name)
    master = look.snapshot.outcome(look.snapshot.master) if look.snapshot.master else None
    if isinstance(seen, Observed) and isinstance(master, Observed):
        ours, theirs = seen.environment.shm_size_kilobytes, master.environment.shm_size_kilobytes
        if ours is not None and theirs is not None and ours != theirs:
            yield f"its SHM_SIZE is {ours}, the master's is {theirs}"
