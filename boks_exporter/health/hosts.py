"""The verdict on one host."""

from dataclasses import dataclass
from typing import Final

from boks_exporter.health.evidence import evidence
from boks_exporter.health.ok_verdict import ok_or_unknown
from boks_exporter.health.promotable import judge_promotable
from boks_exporter.health.reasons import reasons
from boks_exporter.health.replica_conditions import Round
from boks_exporter.health.states import PRECEDENCE, ReplicaState
from boks_exporter.model import Host, HostName, Observed, Role

_RANK: Final = {state: rank for rank, (state, _) in enumerate(PRECEDENCE)}


@dataclass(frozen=True, slots=True)
class HostVerdict:
    """What is thought of a host, with the reason in a sentence for whoever is on call.

    `evidence` are further findings; `promotable` is None where too little is known, and for what is no replica.
    """

    host: HostName
    role: Role
    is_replica: bool
    state: ReplicaState
    reason: str
    evidence: tuple[str, ...] = ()
    promotable: bool | None = None
    promotable_reasons: tuple[str, ...] = ()


def judge_host(look: Round, host: Host) -> HostVerdict:
    """Judge a host: every finding is collected, and the first in order of precedence is the verdict."""
    outcome = look.snapshot.outcome(host.name)
    is_replica = _is_replica(look, host.name)
    found = sorted(reasons(look, host, is_replica=is_replica), key=lambda reason: _RANK[reason[0]])
    if not found:
        found = [ok_or_unknown(look, host.name)]
    (state, reason), *others = found
    promotable, against = judge_promotable(look, host, state) if is_replica else (None, ())
    return HostVerdict(
        host=host.name,
        role=outcome.role if isinstance(outcome, Observed) else Role.UNKNOWN,
        is_replica=is_replica,
        state=state,
        reason=reason,
        evidence=(*(reason for _, reason in others), *evidence(look, host.name)),
        promotable=promotable,
        promotable_reasons=against,
    )


def _is_replica(look: Round, host: HostName) -> bool:
    """Tell whether a host counts as a replica.

    It does if it says so; if it says client, but the master lists it, because then logins are expected of it; and if
    it says nothing, but was one when it last did, or is listed and was never heard.
    """
    outcome = look.snapshot.outcome(host)
    is_listed = look.line(host) is not None
    if isinstance(outcome, Observed) and outcome.role is not Role.UNKNOWN:
        return outcome.role is Role.REPLICA or (outcome.role is Role.CLIENT and is_listed)
    last = look.history.roles.get(host)
    return last is Role.REPLICA or (last is not Role.MASTER and is_listed)
