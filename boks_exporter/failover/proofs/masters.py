"""Proofs about which host is master."""

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.findings import Guard
from boks_exporter.failover.proofs.proven import Circumstances, Proven, all_of, no, unknown, yes
from boks_exporter.model import HostName, Reach, Role
from boks_exporter.parsing.operator_facts import Daemons


def is_only_master(facts: FailoverFacts, host: HostName, by: Circumstances) -> Proven:
    """Prove that a host is master, whether or not BoKS runs there, and that no other host is or may be one."""
    return all_of((has_role(facts, host, Role.MASTER), has_no_other(facts, host), others_are_out(facts, host, by)))


def is_master_alone(facts: FailoverFacts, host: HostName, by: Circumstances) -> Proven:
    """Prove that a host is master, runs, and that no other host is or may be one."""
    return all_of((reports_alone(facts, host), others_are_out(facts, host, by)))


def reports_alone(facts: FailoverFacts, host: HostName) -> Proven:
    """Prove that a host is master, runs, and that no other host that answers reports to be master."""
    role, alone = has_role(facts, host, Role.MASTER), has_no_other(facts, host)
    if not role.holds or not alone.holds:
        return role if not role.holds else alone
    if facts.daemons(host) is Daemons.STOPPED:
        return no(f"{host} is master, but BoKS is stopped on it")
    return yes(f"{host} is the only master")


def has_no_other(facts: FailoverFacts, host: HostName) -> Proven:
    """Prove that no other host that answers reports to be master; required before BoKS starts on a host."""
    others = [name for name in (*facts.snapshot.masters, *masters_by_gates(facts)) if name != host]
    if others:
        return no(f"{', '.join(others)} reports that it is master, too")
    return yes(f"no other host than {host} reports that it is master")


def others_are_out(facts: FailoverFacts, host: HostName, by: Circumstances) -> Proven:
    """Prove of every other host that was master when it was last seen that it is out."""
    others = [name for name in facts.possible_masters if name != host]
    return all_of(master_is_out(facts, name, by) for name in others)


def may_start(facts: FailoverFacts, host: HostName, by: Circumstances) -> Proven:
    """Prove that no other host is or may be master; in a run that is resumed, every host is asked again."""
    asked = (_every_host_was_asked(facts, by),) if by.is_resumed else ()
    return all_of((has_no_other(facts, host), others_are_out(facts, host, by), *asked))


def is_sound_master(facts: FailoverFacts, host: HostName, by: Circumstances) -> Proven:
    """Prove that a host is the only master, runs, and shows its list and its numbers."""
    return all_of((reports_sound(facts, host), others_are_out(facts, host, by)))


def reports_sound(facts: FailoverFacts, host: HostName) -> Proven:
    """Prove that a host is the only one that reports to be master, runs, and shows its list and its numbers."""
    alone = reports_alone(facts, host)
    if not alone.holds:
        return alone
    if not facts.numbers(host):
        return unknown(f"the numbers of {host} could not be read")
    if facts.snapshot.listing is None:
        return unknown(f"the list of {host} could not be read")
    return yes(f"{host} is the only master and shows its list and numbers")


def is_master_beside(facts: FailoverFacts, host: HostName, other: HostName, by: Circumstances) -> Proven:
    """Prove that a host is the running master, though an old one that is to be retired may be one as well."""
    thirds = [name for name in facts.possible_masters if name not in {host, other}]
    return all_of((reports_beside(facts, host, other), *(master_is_out(facts, name, by) for name in thirds)))


def reports_beside(facts: FailoverFacts, host: HostName, other: HostName) -> Proven:
    """Prove that a host is the running master, though an old one that is to be retired may report it as well."""
    reported = (*facts.snapshot.masters, *masters_by_gates(facts))
    others = [name for name in reported if name not in {host, other}]
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
    """Prove that there is no master: no host reports it, every host was asked, and former masters are out."""
    if reported := (*facts.snapshot.masters, *masters_by_gates(facts)):
        return no(f"{', '.join(reported)} reports that it is master")
    return all_of((_every_host_was_asked(facts, by), masters_are_out(facts, by)))


def masters_by_gates(facts: FailoverFacts) -> tuple[HostName, ...]:
    """Return the hosts whose operator's gate reports that they are master, though they were not polled as one."""
    return tuple(
        host.name
        for host in facts.snapshot.hosts
        if facts.role(host.name) is not Role.MASTER
        and (readiness := facts.readiness(host.name)) is not None
        and readiness.role is Role.MASTER
    )


def may_start_as_master(facts: FailoverFacts, host: HostName, by: Circumstances) -> Proven:
    """Prove that BoKS may be started on a host whose conversion to master ended too early."""
    alone = has_no_other(facts, host)
    if not alone.holds:
        return alone
    out = others_are_out(facts, host, by) if by.old_master == host else masters_are_out(facts, by)
    return all_of((has_role(facts, host, Role.MASTER), _every_host_was_asked(facts, by), out))


def hosts_not_asked(facts: FailoverFacts, old_master: HostName | None) -> tuple[HostName, ...]:
    """Return the hosts whose role is unknown and that were not master when they were last seen."""
    judged = {old_master, *facts.possible_masters}
    unasked = [host.name for host in facts.snapshot.hosts if facts.role(host.name) is Role.UNKNOWN]
    return tuple(name for name in unasked if name not in judged and facts.lost(name) is None)


def reached_by(facts: FailoverFacts, host: HostName) -> tuple[HostName, ...]:
    """Return the replicas that reach the master's port of a host; a replica's does not answer (6500)."""
    return tuple(each.host for each in facts.witnesses if each.about == host and each.reach is Reach.REACHABLE)


def _every_host_was_asked(facts: FailoverFacts, by: Circumstances) -> Proven:
    missing = hosts_not_asked(facts, by.old_master)
    if not missing:
        return yes("every known host was asked, and none reports that it is master")
    if reached := {name: hosts for name in missing if (hosts := reached_by(facts, name))}:
        return no(
            "; ".join(f"{', '.join(hosts)} reaches the master's port of {name}" for name, hosts in reached.items())
        )
    left = [name for name in missing if not by.accepted.cover(Guard.HOSTS_NOT_ASKED, name)]
    if not left:
        return yes(f"{', '.join(missing)} could not be asked, which is accepted")
    return unknown(f"{', '.join(left)} could not be asked whether it is master")


def masters_are_out(facts: FailoverFacts, by: Circumstances) -> Proven:
    """Prove that the old master, and every other host that was master when it was last seen, is out."""
    old = by.old_master or facts.old_master
    former = tuple(dict.fromkeys((*((old,) if old else ()), *facts.possible_masters)))
    if former:
        return all_of(master_is_out(facts, name, by) for name in former)
    text = "no host is known to have been master, so none can be proven out"
    return _unless_accepted(by, Guard.OLD_MASTER_UNPROVEN, None, text)


def _unless_accepted(by: Circumstances, guard: Guard, host: HostName | None, text: str) -> Proven:
    return yes(f"{text}, which is accepted") if by.accepted.cover(guard, host) else unknown(text)


def master_is_out(facts: FailoverFacts, host: HostName, by: Circumstances) -> Proven:
    """Prove that a former master is out: by its own word, by the fence, or by an acceptance that names it.

    Silence is no proof: replicas that do not reach it may be on the other side of a partition. A replica that reaches
    it outweighs every acceptance. It does not change its role by itself: where no known host is master, and no run of
    this journal since which its ENV was not written made it so, the one that replaced it may be in no configuration.
    """
    role, is_explained = facts.role(host), host == by.steps_down or facts.has_role_of_run(host)
    if role is Role.MASTER:
        return no(f"{host} reports that it is master")
    if role is not Role.UNKNOWN and (facts.snapshot.masters or is_explained):
        return yes(f"{host} reports that it is a {role}")
    if reached := reached_by(facts, host):
        return no(f"{', '.join(reached)} reaches the master's port of {host}: it may be running")
    if role is not Role.UNKNOWN:
        text = f"{host} reports that it is a {role}, no run of this journal made it one"
        text = f"{text}, and which host became master in its place is unknown"
        return _unless_accepted(by, Guard.SUCCESSOR_UNKNOWN, host, text)
    if host in by.fenced:
        return yes(f"{host} is switched off or isolated by the fence")
    if (lost := facts.lost(host)) is not None:
        return yes(f"{host} was declared lost by {lost.owner}: {lost.reason}")
    text = f"{host} was master when it was last seen, and is not reached ({facts.why_unknown(host)})"
    text += "; its machine is up" if facts.is_up(host) else ""
    return _unless_accepted(by, Guard.OLD_MASTER_UNPROVEN, host, text)
