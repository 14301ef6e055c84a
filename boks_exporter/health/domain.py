"""The verdict on a domain and on everything in it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from boks_exporter.health.hosts import HostVerdict, judge_host
from boks_exporter.health.machines import errors, masters_in_doubt, name_masters
from boks_exporter.health.redundancy import GroupHealth, GroupKind, counted, groups
from boks_exporter.health.replica_conditions import RoundFacts
from boks_exporter.health.states import DomainState, ReplicaState
from boks_exporter.model import DomainSnapshot, Garbled, HostName, Observed, Role, Timestamp, Unreachable
from boks_exporter.text.formatting import at_time, listed, updates


@dataclass(frozen=True)
class DomainHealth:
    """All verdicts of a round."""

    state: DomainState
    reason: str
    hosts: tuple[HostVerdict, ...]
    sites: tuple[GroupHealth, ...]
    sections: tuple[GroupHealth, ...]

    @cached_property
    def counts(self) -> Mapping[ReplicaState, int]:
        """Count the domain's replicas by state."""
        return counted(self.hosts)

    @cached_property
    def _by_host(self) -> Mapping[HostName, HostVerdict]:
        return {verdict.host: verdict for verdict in self.hosts}

    def host(self, name: HostName) -> HostVerdict:
        """Return a host's verdict."""
        return self._by_host[name]


def judge(facts: RoundFacts) -> DomainHealth:
    """Judge a round; the history contains this round's evidence and not its findings yet."""
    snapshot = facts.snapshot
    verdicts = {host.name: judge_host(facts, host) for host in snapshot.hosts}
    state, reason = _domain(facts, tuple(verdicts.values()))
    return DomainHealth(
        state=state,
        reason=reason,
        hosts=tuple(verdicts.values()),
        sites=groups(GroupKind.SITE, snapshot.hosts, verdicts, lambda host: host.site),
        sections=groups(GroupKind.SECTION, snapshot.hosts, verdicts, lambda host: host.section),
    )


def _domain(facts: RoundFacts, verdicts: tuple[HostVerdict, ...]) -> tuple[DomainState, str]:
    snapshot = facts.snapshot
    if snapshot.has_several_masters:
        return DomainState.SEVERAL_MASTERS, _several_masters(facts)
    if len(snapshot.masters) > 1:
        return DomainState.ROLE_CHANGING, _role_changing(facts)
    if not any(True for _ in snapshot.observed()):
        return DomainState.UNKNOWN, "no host answers"
    if not snapshot.masters:
        return DomainState.NO_MASTER, _no_master(snapshot)
    if not_ok := [*errors(facts), *_not_ok(snapshot, verdicts)]:
        return DomainState.DEGRADED, listed(not_ok)
    unknown = [verdict.host for verdict in verdicts if verdict.state is ReplicaState.UNKNOWN]
    if unknown:
        return DomainState.UNKNOWN, f"too little is known about {listed(unknown)}"
    return DomainState.OK, f"{snapshot.master} is master, {_replicas_ok(verdicts)}"


def _not_ok(snapshot: DomainSnapshot, verdicts: Iterable[HostVerdict]) -> Iterator[str]:
    """Yield what is wrong: hosts that are not ok, and listed replicas that are not polled."""
    for verdict in verdicts:
        if verdict.state not in {ReplicaState.OK, ReplicaState.UNKNOWN}:
            yield f"{verdict.host} is {verdict.state}"
        elif verdict.proven:
            yield f"{verdict.host} was ahead or diverged, and its copy has not been reloaded since"
    for entry in snapshot.listing.entries if snapshot.listing else ():
        if entry.host is None:
            yield f"{entry.line.server} ({entry.line.raw_status}) is listed, but not watched"


def _replicas_ok(verdicts: Iterable[HostVerdict]) -> str:
    replicas = sum(verdict.is_replica for verdict in verdicts)
    return "1 replica is ok" if replicas == 1 else f"{replicas} replicas are ok"


def _several_masters(facts: RoundFacts) -> str:
    """Describe which master is running, as far as its list of replicas shows: a stopped master has none (inferred).

    Its role stays: it is read from ENV, and BoKS starts with the role in ENV (K1456).
    """
    snapshot = facts.snapshot
    text = f"{name_masters(snapshot)}{_terms(facts)}{masters_in_doubt(facts)}"
    if snapshot.silent_masters:
        lost = snapshot.silent_masters[0]
        return f"{text}; if {lost} will not come back: failover declare-lost {lost}"
    masters = [seen for seen in snapshot.observed() if seen.role is Role.MASTER]
    away = ", ".join(seen.host for seen in masters if seen.replicas is None)
    there = ", ".join(seen.host for seen in masters if seen.replicas is not None)
    if not away or not there:
        return text
    return (
        f"{text}; {there} shows its list of replicas, {away} does not: if BoKS is stopped on {away}, there are two "
        f"masters as soon as it starts (failover retire {away})"
    )


def _role_changing(facts: RoundFacts) -> str:
    """Describe masters that were read one after the other."""
    snapshot = facts.snapshot
    masters = sorted((seen for seen in snapshot.observed() if seen.host in snapshot.masters), key=_started_at)
    read = ", ".join(f"{seen.host} at {at_time(seen.started_at, snapshot.finished_at)}" for seen in masters)
    return (
        f"the role is changing: {read} reported to be master, one after the other; whether they are at the same time "
        f"is known when {masters[0].host} answers again{masters_in_doubt(facts)}"
    )


def _started_at(seen: Observed) -> Timestamp:
    return seen.started_at


def _terms(facts: RoundFacts) -> str:
    """Write who was master first, since when, and what each wrote next to the other."""
    terms = [(host, facts.history.terms[host]) for host in facts.snapshot.masters if host in facts.history.terms]
    if all(term.since >= facts.snapshot.started_at for _, term in terms):
        return ""
    terms.sort(key=lambda item: item[1].since)
    now = facts.snapshot.finished_at
    since = ", ".join(f"{host} since {at_time(term.since, now)}" for host, term in terms)
    written = {host: sum(term.written_beside().values()) for host, term in terms}
    wrote = ", ".join(f"{host} wrote {updates(count)}" for host, count in written.items())
    return f"; {since}" + (f"; next to each other {wrote}" if any(written.values()) else "")


def _no_master(snapshot: DomainSnapshot) -> str:
    last = snapshot.last_known_master
    if last is None:
        return "no host that answers reports to be master, and none has been seen"
    outcome = snapshot.outcome(last)
    if isinstance(outcome, Unreachable | Garbled):
        return (
            f"no host that answers reports to be master; {last}, the last known one, does not answer ({outcome.reason})"
        )
    if outcome is None:
        return f"no host reports to be master; {last}, the last known one, is no longer polled"
    return f"no host reports to be master; {last}, the last known one, has another role now"
