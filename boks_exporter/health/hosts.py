"""The verdict on one host."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from boks_exporter.health.ok_verdict import ok_or_unknown
from boks_exporter.health.other_findings import evidence
from boks_exporter.health.promotable import judge_promotable
from boks_exporter.health.reasons import reasons
from boks_exporter.health.replica_conditions import RoundFacts
from boks_exporter.health.states import PRECEDENCE, ReplicaState
from boks_exporter.model import Host, HostName, Observed, Role, Timestamp
from boks_exporter.replication import EvidenceKind

_RANK: Final = {state: rank for rank, (state, _) in enumerate(PRECEDENCE)}


@dataclass(frozen=True, slots=True)
class HostVerdict:
    """The verdict on a host, with its reason as a sentence for the person on call.

    `evidence` are further findings; `promotable` is None where too little is known, and for a host that is no replica.
    """

    host: HostName
    role: Role
    is_replica: bool
    state: ReplicaState
    reason: str
    evidence: tuple[str, ...] = ()
    promotable: bool | None = None
    promotable_reasons: tuple[str, ...] = ()
    proven: Mapping[EvidenceKind, Timestamp] = field(default_factory=lambda: MappingProxyType({}))
    """The kinds of evidence against the copy that are not cleared, and since when."""


def judge_host(facts: RoundFacts, host: Host) -> HostVerdict:
    """Judge a host: every finding is collected, and the first in order of precedence is the verdict."""
    outcome = facts.snapshot.outcome(host.name)
    is_replica = _is_replica(facts, host.name)
    found = sorted(reasons(facts, host, is_replica=is_replica), key=lambda reason: _RANK[reason[0]])
    if not found:
        found = [ok_or_unknown(facts, host.name)]
    (state, reason), *others = found
    promotable, against = judge_promotable(facts, host, state) if is_replica else (None, ())
    return HostVerdict(
        host=host.name,
        role=outcome.role if isinstance(outcome, Observed) else Role.UNKNOWN,
        is_replica=is_replica,
        state=state,
        reason=reason,
        evidence=(*(reason for _, reason in others), *evidence(facts, host.name)),
        promotable=promotable,
        promotable_reasons=against,
        proven=facts.history.evidence_of(host.name).kinds if is_replica else {},
    )


def _is_replica(facts: RoundFacts, host: HostName) -> bool:
    """Return whether a host counts as a replica.

    It does if it reports that role; if it reports client, but the master lists it, because then logins are expected of
    it; and if it reports nothing, but was a replica when last seen, or is listed and has never answered.
    """
    outcome = facts.snapshot.outcome(host)
    is_listed = facts.is_listed(host)
    if isinstance(outcome, Observed) and outcome.role is not Role.UNKNOWN:
        return outcome.role is Role.REPLICA or (outcome.role is Role.CLIENT and is_listed)
    last = facts.history.roles.get(host)
    return last is Role.REPLICA or (last is not Role.MASTER and is_listed)
