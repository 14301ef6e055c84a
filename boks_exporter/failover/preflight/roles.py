"""Guards about roles: there are never two masters."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from boks_exporter.failover.facts import Witness
from boks_exporter.failover.findings import Finding, Guard
from boks_exporter.failover.preflight.question import PlanQuestion, judged, note, refuse, unknown
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.proofs.masters import (
    hosts_not_asked,
    is_started,
    is_stopped,
    master_is_out,
    masters_are_out,
    masters_by_gates,
    reached_by,
    reports_beside,
    reports_sound,
)
from boks_exporter.failover.proofs.proven import Certainty, Circumstances, Proven
from boks_exporter.model import HostName, Observed, Reach, Role
from boks_exporter.observe.host_matching import Names
from boks_exporter.parsing.operator_facts import Daemons
from boks_exporter.text.formatting import at_time, span

_BEGINS_AS: Final = {Procedure.ADD_REPLICA: (Role.CLIENT,), Procedure.RETIRE: (Role.MASTER, Role.CLIENT)}
"""The roles that a procedure begins with, where that is not a replica."""
_NAMED_BY: Final = "operator's gate or reply"


def known_host(question: PlanQuestion) -> Iterator[Finding]:
    """The host is one of the domain's."""
    if question.facts.host(question.target) is None:
        names = ", ".join(host.name for host in question.facts.snapshot.hosts)
        text = f"{question.target} is no host of {question.plan.domain}; there are {names}"
        yield refuse(Guard.UNKNOWN_HOST, text, question.target)


def machines(question: PlanQuestion) -> Iterator[Finding]:
    """No name leads to another host's machine, by what each machine calls itself."""
    facts, names = question.facts, Names(question.facts.snapshot.hosts)
    for host in facts.snapshot.hosts:
        own = facts.own_name(host.name)
        other = names.host(own) if own else None
        if other and other.name != host.name:
            text = (
                f"{host.name} ({host.address}) leads to a machine that calls itself {own}, which is {other.name}: fix "
                "the address in the configuration"
            )
            yield refuse(Guard.OTHER_HOST, text, host.name, value=own, limit=host.name, source=_NAMED_BY)


def names(question: PlanQuestion) -> Iterator[Finding]:
    """No machine has two names in the configuration; a machine that calls itself otherwise is noted.

    Behind other ports of one address there can be other machines, such as containers, that call themselves the same.
    """
    facts, by_own_name = question.facts, defaultdict[tuple[str, int], list[HostName]](list)
    for host in facts.snapshot.hosts:
        if own := facts.own_name(host.name):
            by_own_name[own.lower(), host.port].append(host.name)
    for (own, _), several in by_own_name.items():
        figures = {"value": own, "source": _NAMED_BY}
        if len(several) > 1:
            text = f"{' and '.join(several)} lead to one machine, which calls itself {own}: keep one of the names"
            yield refuse(Guard.OTHER_HOST, text, several[0], **figures)
        elif Names(facts.snapshot.hosts).host(own) is None:
            yield note(Guard.OTHER_HOST, f"{several[0]} calls itself {own}", several[0], **figures)
    details = [{*several} for several in by_own_name.values()]
    for name, first in facts.snapshot.second_names.items():
        if not any({name, first} <= several for several in details):
            text = f"{first} and {name} lead to one machine, by address, port and host key: keep one of the names"
            yield refuse(Guard.OTHER_HOST, text, first, value=name, source="connection")


def servers(question: PlanQuestion) -> Iterator[Finding]:
    """Every replica that the master registers or lists is in the configuration."""
    facts, known = question.facts, Names(question.facts.snapshot.hosts)
    registered = [name for name in facts.registered or () if known.host(name) is None]
    for name in dict.fromkeys((*registered, *facts.snapshot.unresolved)):
        text = f"{name} is a replica by the master's database or list, and in no host of this configuration"
        yield unknown(Guard.UNCONFIGURED_SERVER, text, name, source="the master")
    now_named = {*registered, *facts.snapshot.unresolved}
    for name, at in facts.known_servers.items():
        if name not in now_named:
            age = facts.seen_at - at
            text = f"{name} was named as a server {span(age)} ago, and is in no host of this configuration"
            yield unknown(Guard.UNCONFIGURED_SERVER, text, name, source="an earlier list or round", age_seconds=age)


def master(question: PlanQuestion) -> Iterator[Finding]:
    """There is no master before a promotion, and a healthy one before every other procedure."""
    facts, masters = question.facts, question.facts.snapshot.masters
    if question.procedure is Procedure.PROMOTE:
        if masters:
            text = (
                f"{_with_daemons(question)} reports that it is master: failover switchover replaces a running master, "
                "failover retire makes an old one a client"
            )
            yield refuse(Guard.MASTER_EXISTS, text, masters[0], value=str(len(masters)), limit="0", source="ENV")
        for name in masters_by_gates(facts):
            text = f"{name} was not polled as master, but its operator's gate reports that it is one"
            yield refuse(Guard.MASTER_EXISTS, text, name, limit="0", source="operator's gate")
        return
    if question.procedure is Procedure.RETIRE:
        yield from _master_beside(question)
        return
    for name in masters_by_gates(facts):
        text = f"{name} was not polled as master, but its operator's gate reports that it is one"
        yield refuse(Guard.SEVERAL_MASTERS, text, name, limit="1", source="operator's gate")
    if len(masters) > 1:
        text = (
            f"{_with_daemons(question)} all report that they are master, and each is one when BoKS next starts on it: "
            "failover retire the wrong one, at its console or over SSH"
        )
        yield refuse(Guard.SEVERAL_MASTERS, text, value=str(len(masters)), limit="1", source="ENV")
    elif not masters:
        yield refuse(Guard.NO_MASTER, "no host reports that it is master: failover promote", value="0", limit="1")
    else:
        yield from judged(Guard.MASTER_UNSOUND, reports_sound(facts, masters[0]), masters[0])


def _with_daemons(question: PlanQuestion) -> str:
    """Name the masters, each with whether BoKS runs there: a stopped one is master again when it starts (K1456)."""
    facts = question.facts
    words = {Daemons.RUNNING: "running", Daemons.STOPPED: "stopped", Daemons.UNKNOWN: "running or not"}
    return ", ".join(f"{name} (BoKS {words[facts.daemons(name)]})" for name in facts.snapshot.masters)


def _master_beside(question: PlanQuestion) -> Iterator[Finding]:
    masters = [name for name in question.facts.snapshot.masters if name != question.target]
    if len(masters) > 1:
        text = f"{', '.join(masters)} all report that they are master besides {question.target}"
        yield refuse(Guard.SEVERAL_MASTERS, text, value=str(len(masters)), limit="1", source="ENV")
    elif not masters:
        text = (
            f"no other host than {question.target} is master: its database may be the only one up to date; "
            "failover promote another first"
        )
        yield refuse(Guard.NO_MASTER, text, question.target, value="0", limit="1")
    else:
        beside = reports_beside(question.facts, masters[0], question.target)
        yield from judged(Guard.MASTER_UNSOUND, beside, masters[0])


def every_host_asked(question: PlanQuestion) -> Iterator[Finding]:
    """Every known host reported whether it is master."""
    facts = question.facts
    for name in hosts_not_asked(facts, facts.old_master):
        if question.procedure is Procedure.RETIRE and name == question.target:
            continue
        text = f"{name} could not be asked whether it is master: {facts.why_unknown(name)}"
        if (hosts := reached_by(facts, name)) and not facts.snapshot.masters:
            text = f"{text}; {', '.join(hosts)} reaches its master's port: it may be running as master"
            yield refuse(Guard.OLD_MASTER_REACHABLE, text, name, **_witnesses(question, name))
        else:
            yield unknown(Guard.HOSTS_NOT_ASKED, f"{text}{_gap(question)}", name, **_witnesses(question, name))


def former_masters(question: PlanQuestion) -> Iterator[Finding]:
    """Every other host that was master when it was last seen is out."""
    facts, old = question.facts, question.facts.old_master
    if facts.snapshot.masters and question.procedure is Procedure.PROMOTE:
        return
    names = [*((old,) if old and question.procedure is Procedure.PROMOTE else ()), *facts.possible_masters]
    own = question.target if question.procedure is Procedure.RETIRE else None
    by = Circumstances(to_fence=frozenset(question.plan.fenced_hosts)).after_fence()
    for name in dict.fromkeys(names):
        if name != own:
            yield _former_master(question, name, master_is_out(facts, name, by))
    if not names and question.procedure is Procedure.PROMOTE:
        yield _former_master(question, None, masters_are_out(facts, Circumstances()))


def _former_master(question: PlanQuestion, name: HostName | None, found: Proven) -> Finding:
    figures = _witnesses(question, name)
    if found.truth is Certainty.NO:
        return refuse(Guard.OLD_MASTER_REACHABLE, found.sentence, name, **figures)
    if found.truth is Certainty.YES:
        return note(Guard.OLD_MASTER_UNPROVEN, found.sentence, name, **figures)
    has_role = name is not None and question.facts.role(name) is not Role.UNKNOWN
    guard = Guard.SUCCESSOR_UNKNOWN if has_role else Guard.OLD_MASTER_UNPROVEN
    return unknown(guard, f"{found.sentence}{_gap(question)}", name, **figures)


def _gap(question: PlanQuestion) -> str:
    """Return which knowledge from before is missing."""
    gap = question.facts.knowledge_gap
    return f"; {gap}" if gap else ""


def _witnesses(question: PlanQuestion, name: HostName | None) -> dict[str, str]:
    """Return the replicas' answers, for the person who judges; the candidate is no witness."""
    asked = [each for each in question.facts.witnesses if each.about == name and each.host != question.target]
    answers = ", ".join(f"{each.host}: {each.reach}{_reached_last(question, each)}" for each in asked)
    return {"value": answers or "no replica asked", "source": "reach from each replica"}


def _reached_last(question: PlanQuestion, witness: Witness) -> str:
    """Return when a replica last reached what it does not reach now."""
    at = question.facts.reached_before.get((witness.host, witness.about))
    if at is None or witness.reach is Reach.REACHABLE:
        return ""
    return f" (reached it last at {at_time(at, question.facts.seen_at)})"


def target_role(question: PlanQuestion) -> Iterator[Finding]:
    """The host has the role that the procedure begins with, and can be polled."""
    allowed = _BEGINS_AS.get(question.procedure, (Role.REPLICA,))
    if question.facts.host(question.target) is None:
        return
    seen = question.facts.seen(question.target)
    if seen is None:
        if question.procedure is Procedure.RETIRE:
            return
        outcome = question.facts.snapshot.outcome(question.target)
        why = "it was not asked" if outcome is None or isinstance(outcome, Observed) else outcome.detail
        yield refuse(Guard.UNREACHABLE, f"{question.target} cannot be polled: {why}", question.target)
    elif seen.role not in allowed:
        wanted = " or a ".join(allowed)
        text = f"{question.target} reports that it is a {seen.role}, {question.procedure} begins with a {wanted}"
        make = unknown if seen.role is Role.UNKNOWN else refuse
        yield make(Guard.WRONG_ROLE, text, question.target, value=seen.role, limit=wanted, source="ENV")


def fresh(question: PlanQuestion) -> Iterator[Finding]:
    """The facts are recent."""
    limit = question.limits.fresh_seconds
    for name in dict.fromkeys((question.target, *question.plan.concerned_hosts)):
        seen = question.facts.seen(name)
        if seen and (age := question.facts.seen_at - seen.finished_at) > limit:
            text = f"{name} was polled {span(age)} ago, at most {span(limit)} are allowed"
            yield refuse(Guard.STALE_LOOK, text, name, value=f"{age:.1f} s", limit=f"{limit:.1f} s", age_seconds=age)


def daemons(question: PlanQuestion) -> Iterator[Finding]:
    """BoKS runs where a copy must be live, and is stopped on an old master."""
    facts, target = question.facts, question.target
    figures = {"value": facts.daemons(target), "source": "preflight"}
    if question.procedure is Procedure.RETIRE:
        if facts.role(target) is Role.MASTER:
            found = is_stopped(facts, target)
            text = f"{found.sentence}; stop it first, or accept that it is stopped by the conversion"
            found = replace(found, sentence=text)
            yield from judged(Guard.DAEMONS_RUNNING, found, target, limit="stopped", **figures)
    elif question.makes_master and facts.seen(target):
        yield from judged(Guard.DAEMONS_STOPPED, is_started(facts, target), target, limit="running", **figures)
