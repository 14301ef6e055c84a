"""Proofs about which host is master."""

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.findings import Guard
from boks_exporter.failover.proofs.proven import Circumstances, Proven, all_of, no, unknown, yes
from boks_exporter.model import HostName, Role
from boks_exporter.parsing.operator_facts import Daemons, Reach


def is_master_alone(facts: FailoverFacts, host: HostName) -> Proven:
    """Prove that a host is master, runs, and that no other host reports to be master."""
    if (role := has_role(facts, host, Role.MASTER)) and not role.holds:
        return role
    alone = has_no_other(facts, host)
    if not alone.holds:
        return alone
    if facts.daemons(host) is Daemons.STOPPED:
        return no(f"{host} is master, but BoKS is stopped on it")
    return yes(f"{host} is the only master")


def has_no_other(facts: FailoverFacts, host: HostName) -> Proven:
    """Prove that no other host that answers reports to be master; required before BoKS starts on a host."""
    others = [name for name in facts.snapshot.masters if name != host]
    if others:
        return no(f"{', '.join(others)} reports that it is master, too")
    return yes(f"no other host than {host} reports that it is master")


def is_sound_master(facts: FailoverFacts, host: HostName) -> Proven:
    """Prove that a host is the only master, runs, and shows its list and its numbers."""
    alone = is_master_alone(facts, host)
    if not alone.holds:
        return alone
    seen = facts.seen(host)
    if seen is None or seen.sequences is None or not seen.sequences.tables:
        return unknown(f"the numbers of {host} could not be read")
    if facts.snapshot.listing is None:
        return unknown(f"the list of {host} could not be read")
    return yes(f"{host} is the only master and shows its list and numbers")


def is_master_beside(facts: FailoverFacts, host: HostName, other: HostName) -> Proven:
    """Prove that a host is the running master, though an old one that is to be retired may report it as well."""
    others = [name for name in facts.snapshot.masters if name not in {host, other}]
    if others:
        return no(f"{', '.join(others)} reports that it is master, too")
    numbers = facts.numbers(host)
    shown = yes(f"{host} shows its numbers") if numbers else unknown(f"the numbers of {host} could not be read")
    return all_of((has_role(facts, host, Role.MASTER), is_started(facts, host), shown))


def has_role(facts: FailoverFacts, host: HostName, role: Role) -> Proven:
    """Prove the role that a host reports."""
    seen = facts.seen(host)
    if seen is None:
        return unknown(f"{host} does not answer")
    if seen.role is Role.UNKNOWN:
        return unknown(f"the role of {host} could not be read")
    if seen.role is not role:
        return no(f"{host} reports that it is a {seen.role}")
    return yes(f"{host} reports that it is a {role}")


def is_out(facts: FailoverFacts, host: HostName) -> Proven:
    """Prove that a host is not acting as a master: it reports client, and BoKS is stopped on it."""
    return all_of((has_role(facts, host, Role.CLIENT), is_stopped(facts, host)))


def is_stopped(facts: FailoverFacts, host: HostName) -> Proven:
    """Prove that BoKS is stopped on a host."""
    return _daemons(facts, host, Daemons.STOPPED)


def is_started(facts: FailoverFacts, host: HostName) -> Proven:
    """Prove that BoKS runs on a host."""
    return _daemons(facts, host, Daemons.RUNNING)


def _daemons(facts: FailoverFacts, host: HostName, wanted: Daemons) -> Proven:
    found = facts.daemons(host)
    if found is Daemons.UNKNOWN:
        gate = facts.gates.get(host)
        why = gate.failure if gate and gate.failure else "its gate does not report it"
        return unknown(f"it is unknown whether BoKS runs on {host}: {why}")
    if found is not wanted:
        return no(f"BoKS is {found} on {host}")
    return yes(f"BoKS is {found} on {host}")


def nobody_is_master(facts: FailoverFacts, by: Circumstances) -> Proven:
    """Prove that there is no master: no host reports it, every host was asked, and the old one is out."""
    if facts.snapshot.masters:
        return no(f"{', '.join(facts.snapshot.masters)} reports that it is master")
    return all_of((_everybody_was_asked(facts, by), old_master_is_gone(facts, by)))


def may_start_as_master(facts: FailoverFacts, host: HostName, by: Circumstances) -> Proven:
    """Prove that BoKS may be started on a host whose conversion to master ended too early."""
    alone = has_no_other(facts, host)
    if not alone.holds:
        return alone
    parts = (has_role(facts, host, Role.MASTER), _everybody_was_asked(facts, by))
    return all_of(parts if by.old_master == host else (*parts, old_master_is_gone(facts, by)))


def hosts_not_asked(facts: FailoverFacts, old_master: HostName | None) -> tuple[HostName, ...]:
    """Return the hosts whose role is unknown, without the old master."""
    return tuple(
        host.name for host in facts.snapshot.hosts if facts.role(host.name) is Role.UNKNOWN and host.name != old_master
    )


def _everybody_was_asked(facts: FailoverFacts, by: Circumstances) -> Proven:
    silent = hosts_not_asked(facts, by.old_master)
    if not silent:
        return yes("every known host was asked, and none reports that it is master")
    if Guard.HOSTS_NOT_ASKED in by.accepted and by.excused.issuperset(silent):
        return yes(f"{', '.join(silent)} could not be asked, which is accepted")
    return unknown(f"{', '.join(silent)} could not be asked whether it is master")


def old_master_is_gone(facts: FailoverFacts, by: Circumstances) -> Proven:
    """Prove that the old master is out by its own word, or gone by the word of every replica.

    What is accepted stands for what is not known, never for a witness that says otherwise.
    """
    old = by.old_master or facts.old_master
    if old is None:
        return _accepted(by, "no host is known to have been master, so none can be proven out")
    role = facts.role(old)
    if role in {Role.CLIENT, Role.REPLICA}:
        return yes(f"{old} reports that it is a {role}")
    reached = [witness.host for witness in facts.witnesses if witness.reach is Reach.REACHABLE]
    if reached:
        return no(f"{', '.join(reached)} reaches the master's port of {old}: it may be running")
    if not facts.witnesses:
        return _accepted(by, f"{old} does not answer, and no replica could be asked whether it reaches it")
    unsure = [witness.host for witness in facts.witnesses if witness.reach is Reach.UNKNOWN]
    if unsure:
        return _accepted(by, f"{old} does not answer, and {', '.join(unsure)} could not check whether it reaches it")
    return yes(f"{old} does not answer, and none of {len(facts.witnesses)} replicas reaches its master's port")


def _accepted(by: Circumstances, sentence: str) -> Proven:
    if Guard.OLD_MASTER_UNPROVEN in by.accepted:
        return yes(f"{sentence}, which is accepted")
    return unknown(sentence)
