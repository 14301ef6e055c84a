"""Proofs about the master's list of replicas, and about the whole domain."""

from boks_exporter.failover.error_log import harmless, known_bad_lines, unread
from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.findings import Guard
from boks_exporter.failover.proofs.masters import is_sound_master
from boks_exporter.failover.proofs.proven import Circumstances, Proven, no, unknown, yes
from boks_exporter.health import ReplicaState
from boks_exporter.health.unread import not_listed_readably
from boks_exporter.model import HostName, ReportedStatus, Role
from boks_exporter.observe.host_matching import Names


def is_registered(facts: FailoverFacts, host: HostName, master: HostName, by: Circumstances) -> Proven:
    """Prove that the database has a host as a replica."""
    known = registered_hosts(facts)
    if known is not None and host in known:
        return yes(f"{host} is registered as BOKSREPLICA")
    if by.accepted.cover(Guard.NOT_REGISTERED, host):
        return yes(f"{host} is not proven to be registered as BOKSREPLICA, which is accepted")
    if known is None:
        return unknown(f"{master} did not report which hosts are registered as BOKSREPLICA")
    return no(f"{host} is not registered as BOKSREPLICA: change its type in the database of {master}")


def registered_hosts(facts: FailoverFacts) -> frozenset[HostName] | None:
    """Return the known hosts that the database has as replicas."""
    if facts.registered is None:
        return None
    names = Names(facts.snapshot.hosts)
    found = (names.host(name) for name in facts.registered)
    return frozenset(host.name for host in found if host)


def is_listed_ok(facts: FailoverFacts, host: HostName, master: HostName) -> Proven:
    """Prove that the master lists a replica as OK."""
    listing = facts.snapshot.listing
    if listing is None or listing.master != master:
        return unknown(f"the list of {master} could not be read")
    line = facts.snapshot.line(host)
    if line is not None and line.status is not ReportedStatus.OK:
        return no(f"{master} lists {host} as {line.raw_status}")
    if unread := not_listed_readably(facts.snapshot, host):
        return unknown(unread)
    if line is None:
        return no(f"{master} does not list {host}")
    return yes(f"{master} lists {host} as OK")


def none_is_ahead(facts: FailoverFacts, master: HostName, by: Circumstances) -> Proven:
    """Prove that no replica has updates that the master never had."""
    master_state = is_sound_master(facts, master, by)
    if not master_state.holds:
        return master_state
    ahead = [replica for replica in facts.comparison.replicas if replica.ahead]
    if ahead:
        text = ", ".join(f"{each.host} by {each.ahead} in T{each.ahead_tables[0].table}" for each in ahead)
        return no(f"ahead of {master}: {text}; failover rebuild fixes each")
    replicas = [seen.host for seen in facts.snapshot.observed() if seen.role is Role.REPLICA]
    known = {replica.host for replica in facts.comparison.replicas if replica.ahead is not None}
    open_ones = [host for host in replicas if host not in known]
    if open_ones:
        return unknown(f"{', '.join(open_ones)} could not be compared with {master}")
    return yes(f"none of {len(facts.comparison.replicas)} replicas is ahead of {master}")


def is_sound(facts: FailoverFacts, master: HostName, by: Circumstances) -> Proven:
    """Prove that every replica is OK; hosts that were unreachable when the plan was made are only named."""
    master_state = is_sound_master(facts, master, by)
    if not master_state.holds:
        return master_state
    faulty: list[str] = []
    silent: list[str] = []
    unsure: list[str] = []
    fine = 0
    for verdict in facts.health.hosts:
        if not verdict.is_replica:
            continue
        if verdict.host == by.old_master and facts.role(verdict.host) is not Role.REPLICA:
            continue
        if verdict.state is ReplicaState.OK:
            fine += 1
        elif verdict.host in by.excused and facts.role(verdict.host) is not Role.REPLICA:
            silent.append(verdict.host)
        else:
            (unsure if verdict.state is ReplicaState.UNKNOWN else faulty).append(f"{verdict.host}: {verdict.reason}")
    note = f"; unreachable as before: {', '.join(silent)}" if silent else ""
    if faulty:
        return no("; ".join((*faulty, *unsure)) + note)
    if unsure:
        return unknown("; ".join(unsure) + note)
    return yes(f"{fine} replicas are OK under {master}{note}")


def others_are_back(facts: FailoverFacts, master: HostName, by: Circumstances) -> Proven:
    """Prove that the replicas that were OK before are OK now."""
    master_state = is_sound_master(facts, master, by)
    if not master_state.holds:
        return master_state
    replicas = [each for each in facts.health.hosts if each.host in by.healthy - {master}]
    away = [each for each in replicas if each.state is not ReplicaState.OK]
    if not away:
        return yes(f"{len(replicas)} replicas that were OK are OK under {master}")
    text = "; ".join(f"{each.host}: {each.reason}" for each in away)
    return unknown(text) if all(each.state is ReplicaState.UNKNOWN for each in away) else no(text)


def bad_lines(facts: FailoverFacts, host: HostName) -> tuple[str, ...]:
    """Return the last lines of an error log that hold a known bad fragment."""
    seen = facts.seen(host)
    return known_bad_lines(seen.errlog) if seen and seen.errlog else ()


def has_clean_error_log(facts: FailoverFacts, host: HostName, by: Circumstances) -> Proven:
    """Prove that the last lines of an error log hold no known bad fragment."""
    seen = facts.seen(host)
    log = seen.errlog if seen else None
    bad, why = bad_lines(facts, host), unread(host, log)
    if (bad or why) and by.accepted.cover(Guard.ERROR_LOG, host, len(bad) or None):
        return yes(f"the error log of {host} is accepted as it is")
    if log is None or why:
        return unknown(why)
    if bad:
        return no(f"the error log of {host} has: {'; '.join(bad)}")
    return yes(harmless(host, log))
