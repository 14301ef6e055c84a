"""Guards about settings that must be the same on all servers, and about configured preferences."""

from collections.abc import Iterator

from boks_exporter.failover.findings import Finding, Guard
from boks_exporter.failover.preflight.question import PlanQuestion, note, refuse, unknown
from boks_exporter.failover.procedure import Procedure
from boks_exporter.health import ReplicaState
from boks_exporter.model import Observed, Promotion, Role


def _servers(question: PlanQuestion) -> list[Observed]:
    return [seen for seen in question.facts.snapshot.observed() if seen.role in {Role.MASTER, Role.REPLICA}]


def bridge(question: PlanQuestion) -> Iterator[Finding]:
    """A list of admitted masters admits the candidate; BCASTADDR refers to a file that is not read."""
    host = question.facts.host(question.target)
    if not question.makes_master or host is None:
        return
    for seen in question.facts.snapshot.observed():
        listed, admitted = seen.environment.bridge_accept_master_ips, seen.environment.admitted_masters
        if admitted is None or host.address in admitted:
            continue
        details = {"value": listed, "limit": host.address, "source": f"ENV of {seen.host}"}
        if "BCASTADDR" in admitted or not host.has_numeric_address:
            text = (
                f"BRIDGE_ACCEPT_MASTER_IPS on {seen.host} is {listed!r}: whether that admits {host.address} is unknown"
            )
            yield unknown(Guard.BRIDGE, text, seen.host, **details)
        else:
            text = f"BRIDGE_ACCEPT_MASTER_IPS on {seen.host} is {listed!r}, which does not admit {host.address}"
            yield refuse(Guard.BRIDGE, text, seen.host, **details)


def shm_size(question: PlanQuestion) -> Iterator[Finding]:
    """The candidate has the SHM_SIZE of all other servers."""
    seen = question.facts.seen(question.target)
    if not question.makes_master or seen is None:
        return
    own = seen.environment.shm_size_kilobytes
    if own is None:
        yield unknown(Guard.SHM_SIZE, f"SHM_SIZE of {seen.host} could not be read", seen.host, source="ENV")
        return
    for other in _servers(question):
        theirs = other.environment.shm_size_kilobytes
        if theirs is not None and theirs != own:
            text = f"SHM_SIZE is {own} on {seen.host} and {theirs} on {other.host}"
            yield refuse(Guard.SHM_SIZE, text, other.host, value=str(theirs), limit=str(own), source="ENV")


def method_conf(question: PlanQuestion) -> Iterator[Finding]:
    """The candidate has the method.conf of all other servers; where none has one, they are equal."""
    seen = question.facts.seen(question.target)
    if not question.makes_master or seen is None:
        return
    if seen.checksums is None:
        text = f"the check sums of {seen.host} could not be read"
        yield unknown(Guard.METHOD_CONF, text, seen.host, source="cksum")
        return
    own = dict(seen.checksums.by_name).get("method.conf", "none")
    for other in _servers(question):
        if other.checksums is None:
            continue
        theirs = dict(other.checksums.by_name).get("method.conf", "none")
        if theirs != own:
            text = f"method.conf of {other.host} is not that of {seen.host}"
            yield refuse(Guard.METHOD_CONF, text, other.host, value=theirs, limit=own, source="cksum")


def promotion(question: PlanQuestion) -> Iterator[Finding]:
    """The configuration allows the candidate, and prefers no other that is as good."""
    host = question.facts.host(question.target)
    if not question.makes_master or host is None:
        return
    if host.promotion is Promotion.NEVER:
        text = f"the configuration has for {host.name}: promotion: never"
        yield refuse(Guard.PROMOTION_NEVER, text, host.name, value=Promotion.NEVER, source="configuration")
    if host.promotion is Promotion.PREFER:
        return
    for other in question.facts.snapshot.hosts:
        compared = question.facts.comparison.replica(other.name)
        if other.promotion is Promotion.PREFER and compared and compared.behind_best == 0:
            text = f"{other.name} is preferred and as advanced as any"
            yield note(Guard.PROMOTION_PREFERENCE, text, other.name, source="configuration")


def site(question: PlanQuestion) -> Iterator[Finding]:
    """The target's site keeps a healthy replica while the target is none."""
    host = question.facts.host(question.target)
    loses_replica = question.makes_master or question.procedure is Procedure.REBUILD
    if not loses_replica or host is None or not host.site:
        return
    others = [
        other.name
        for other in question.facts.snapshot.hosts
        if other.site == host.site and other.name != host.name and _serves(question, other.name)
    ]
    if not others:
        text = f"no other healthy replica remains in {host.site}: logins there depend on the network"
        make = refuse if question.procedure is Procedure.REBUILD else note
        yield make(Guard.SITE, text, host.name, value="0", limit="1", source="configuration")


def _serves(question: PlanQuestion, host: str) -> bool:
    verdict = question.facts.health.host(host)
    is_fine = verdict.state is ReplicaState.OK or (
        verdict.state is ReplicaState.UNKNOWN and question.facts.snapshot.master is None
    )
    return verdict.is_replica and is_fine and question.facts.seen(host) is not None
