"""What speaks against promoting a replica, as far as it can be judged from outside."""

from collections.abc import Iterator
from typing import Final

from boks_exporter.health.findings import Round
from boks_exporter.health.states import ReplicaState
from boks_exporter.health.words import updates
from boks_exporter.model import Host, Observed, Promotion

_OUT_OF_THE_QUESTION: Final = {
    ReplicaState.UNREACHABLE: "it cannot be looked at",
    ReplicaState.DOWN: "the master lists it as DOWN",
    ReplicaState.LOADING: "it is loading its copy",
    ReplicaState.AHEAD: "it is ahead of its master",
    ReplicaState.DIVERGED: "its data have diverged",
    ReplicaState.LAGGING: "it is lagging",
}


def reasons_against(look: Round, host: Host, state: ReplicaState) -> tuple[tuple[str, ...], bool]:
    """List what speaks against a promotion, and tell whether everything could be judged.

    BRIDGE_ACCEPT_MASTER_IPS may name addresses that only the bridges know; a candidate that is not literally on it is
    named as a reason, because one that is refused by all bridges is master of nobody (HS hotfix/105).
    """
    seen = look.snapshot.outcome(host.name)
    reasons = [_OUT_OF_THE_QUESTION[state]] if state in _OUT_OF_THE_QUESTION else []
    if host.promotion is Promotion.NEVER:
        reasons.append("the configuration says promotion: never")
    if isinstance(seen, Observed):
        reasons += _on_the_host(look, host, seen)
    compared = look.comparison.replica(host.name)
    if compared and compared.behind_best and look.snapshot.master is None:
        reasons.append(f"it is {updates(compared.behind_best)} behind the most advanced reachable server")
    return tuple(reasons), compared is not None and compared.behind_best is not None


def _on_the_host(look: Round, host: Host, seen: Observed) -> Iterator[str]:
    admitted = seen.environment.bridge_accept_master_ips
    if admitted is not None and "BCASTADDR" not in admitted and host.address not in admitted.replace(",", " ").split():
        yield f"BRIDGE_ACCEPT_MASTER_IPS on it does not name {host.address}"
    master = look.snapshot.outcome(look.snapshot.master) if look.snapshot.master else None
    if isinstance(master, Observed):
        ours, theirs = seen.environment.shm_size_kilobytes, master.environment.shm_size_kilobytes
        if ours is not None and theirs is not None and ours != theirs:
            yield f"its SHM_SIZE is {ours}, the master's is {theirs}"
