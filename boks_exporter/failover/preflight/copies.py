"""Guards about data: the last copy of an update is never lost without an acceptance."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.findings import Finding, Guard
from boks_exporter.failover.journal_facts import Numbers
from boks_exporter.failover.preflight.question import PlanQuestion, judged, note, refuse, unknown
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.step import Words
from boks_exporter.failover.proofs.copies import (
    IMPERFECT,
    has_every_table,
    is_contained,
    is_not_behind,
    is_readable,
    missing_of_others,
    unread_seconds,
)
from boks_exporter.failover.proofs.domains import bad_lines, has_clean_error_log
from boks_exporter.failover.proofs.own_updates import (
    common_numbers,
    has_nothing_alone,
    last_reading,
    own_updates,
    shortfall,
)
from boks_exporter.failover.proofs.proven import Certainty, Circumstances
from boks_exporter.health import ReplicaState
from boks_exporter.model import HostName, Role
from boks_exporter.parsing.operator_facts import Daemons
from boks_exporter.text.formatting import at_time, span

_YOUNG_SECONDS: Final = 86400.0
"""Evidence that exists for less may be what is left after the state file was lost."""


def complete(question: PlanQuestion) -> Iterator[Finding]:
    """The candidate's copy has every table and is not loading."""
    facts, target = question.facts, question.target
    if not question.makes_master or facts.seen(target) is None:
        return
    lacking = None if facts.numbers(target) is None else missing_of_others(facts, target)
    figures = {} if lacking is None else {"value": str(len(lacking)), "limit": "0"}
    yield from judged(Guard.INCOMPLETE_COPY, has_every_table(facts, target), target, **figures, source="sequence")
    if facts.health.host(target).state is ReplicaState.LOADING:
        yield refuse(Guard.INCOMPLETE_COPY, f"{target} is loading: {facts.health.host(target).reason}", target)


def readable(question: PlanQuestion) -> Iterator[Finding]:
    """Every table of the copies that the plan compares can be read."""
    for host in _compared_servers(question):
        unread = len(question.facts.unread(host))
        figures = {"value": str(unread)} if unread else {}
        yield from judged(Guard.UNREAD_TABLES, is_readable(question.facts, host), host, **figures, source="sequence")


def _compared_servers(question: PlanQuestion) -> Iterator[HostName]:
    """The servers whose numbers the plan rests on: all for a new master, else the copy and the master."""
    wanted = {question.target, question.plan.master}
    for seen in question.facts.snapshot.observed():
        is_server = seen.role in {Role.MASTER, Role.REPLICA}
        if is_server and (question.makes_master or (_removes_copy(question) and seen.host in wanted)):
            yield seen.host


def _removes_copy(question: PlanQuestion) -> bool:
    return question.procedure in {Procedure.REBUILD, Procedure.RETIRE}


def healthy(question: PlanQuestion) -> Iterator[Finding]:
    """The candidate is no worse than the procedure allows."""
    target = question.target
    if not question.makes_master or question.facts.seen(target) is None:
        return
    if question.facts.evidence.get(target):
        text = f"{target} was ahead or diverged when it was last compared with a master"
        yield refuse(Guard.UNSOUND_COPY, text, target, source="history")
    elif own := own_updates(question.facts, target):
        text = f"{target} was not reloaded since a change of master, and has {max(own.values())} updates of its own"
        yield refuse(Guard.UNSOUND_COPY, text, target, source="fork points")
    verdict = question.facts.health.host(target)
    if question.procedure.is_switchover and verdict.state is not ReplicaState.OK:
        make = unknown if verdict.state is ReplicaState.UNKNOWN else refuse
        text = f"{target} is {verdict.state}: {verdict.reason}"
        yield make(Guard.UNSOUND_COPY, text, target, value=verdict.state, limit=ReplicaState.OK)


def evidence_age(question: PlanQuestion) -> Iterator[Finding]:
    """Evidence against copies has been recorded for long; it is lost with the exporter's state file."""
    facts = question.facts
    if not question.makes_master:
        return
    if facts.evidence_since is not None and facts.seen_at - facts.evidence_since < _YOUNG_SECONDS:
        since = at_time(facts.evidence_since, facts.seen_at)
        text = f"evidence against copies exists since {since} only: what was proven before is lost"
        yield note(Guard.UNSOUND_COPY, text, value=since, source="state file")
    elif facts.evidence_since is None and facts.knowledge_gap:
        text = f"no evidence against copies is known from before: {facts.knowledge_gap}"
        yield note(Guard.UNSOUND_COPY, text, source="state file")


def error_log(question: PlanQuestion) -> Iterator[Finding]:
    """The last 30 lines of the candidate's error log hold no known bad fragment."""
    facts, target = question.facts, question.target
    if question.makes_master and facts.seen(target) is not None:
        found, bad = has_clean_error_log(facts, target, Circumstances()), bad_lines(facts, target)
        figures = {"value": str(len(bad)), "limit": "0"} if bad else {}
        yield from judged(Guard.ERROR_LOG, found, target, **figures, source="boks_errlog")


def behind_best(question: PlanQuestion) -> Iterator[Finding]:
    """No reachable server has updates that the candidate lacks."""
    facts, target, limit = question.facts, question.target, question.limits.max_behind_updates
    if question.procedure is not Procedure.PROMOTE or facts.seen(target) is None:
        return
    found = is_not_behind(facts, target, Circumstances(max_behind_updates=limit))
    compared = facts.comparison.replica(target)
    behind = compared.behind_best if compared else None
    figures = {} if behind is None else {"value": str(behind), "limit": str(limit)}
    if found.holds and behind is not None:
        yield note(Guard.BEHIND_BEST, found.sentence, target, **figures, source="sequence")
    yield from judged(Guard.BEHIND_BEST, found, target, **figures, source="sequence")


def behind_last_master(question: PlanQuestion) -> Iterator[Finding]:
    """The candidate has every update of the last known master, and of the one that the last known change made."""
    facts = question.facts
    have = facts.numbers(question.target)
    if question.procedure is not Procedure.PROMOTE or have is None or facts.snapshot.masters:
        return
    made = [fork.new_master for fork in facts.changes[-1:] if fork.new_master in facts.possible_masters]
    for name in dict.fromkeys((facts.old_master, *made)):
        yield _behind(question, have, name)


def _behind(question: PlanQuestion, have: Numbers, old: HostName | None) -> Finding:
    facts, target, limit = question.facts, question.target, question.limits.max_behind_updates
    reading = last_reading(facts, old) if old else None
    if reading is None:
        text = f"the numbers of {old or 'the last master'} are unknown: they were never read"
        return unknown(Guard.BEHIND_LAST_MASTER, text, old)
    missing = shortfall(have, reading.numbers, facts.unread(target))
    worst, count = max(missing.items(), key=lambda item: item[1], default=(0, 0))
    age, unknown_for = facts.seen_at - reading.read_at, unread_seconds(facts, reading)
    when = f"{span(age)} ago" if age >= 0 else f"{span(-age)} in the future, by a wrong clock"
    text = f"{target} is {count} updates behind what {old} had {when}" + (f", in T{worst}" if count else "")
    is_known = reading.is_final or unknown_for <= question.limits.unread_seconds
    if not is_known:
        text += f"; what it wrote in the {span(unknown_for)} between that and its first failed poll is unknown"
    make = refuse if count > limit else note if is_known else unknown
    figures = {"value": str(count), "limit": str(limit), "source": reading.source}
    return make(Guard.BEHIND_LAST_MASTER, text, target, **figures, age_seconds=age)


def only_here(question: PlanQuestion) -> Iterator[Finding]:
    """A database that is moved aside holds no update that the master, or the new one, lacks: the step asks the same.

    A client does not show its numbers: only what is known of it from before is judged. In a switchover that goes on it
    is the old master.
    """
    facts, target, master, by = question.facts, question.target, question.plan.master, question.by
    is_client = question.procedure is Procedure.ADD_REPLICA
    if question.procedure.is_switchover and master is not None:
        yield from _not_common(question, master)
        is_client = facts.role(master) is Role.CLIENT
        target, master = master, target
    is_moved = _removes_copy(question) or (
        is_client and any(step.words == Words.REMOVE_DATABASE for step in question.plan.steps)
    )
    if not is_moved or master is None or facts.latest_numbers(master) is None:
        return
    last, (found, amount) = last_reading(facts, target), is_contained(facts, target, master, by)
    stands_still = facts.reading(target) is not None and facts.daemons(target) is Daemons.STOPPED
    if found.truth is Certainty.UNKNOWN and (stands_still or is_client):
        found = has_nothing_alone(facts, target, master, by)
    figures: dict[str, str | float] = {"value": str(amount), "limit": "0"} if amount else {}
    if last is not None:
        figures |= {"source": f"{last.source}; fork points and evidence", "age_seconds": facts.seen_at - last.read_at}
    found = replace(found, sentence=f"{found.sentence}; its database is moved aside")
    yield from judged(Guard.UPDATES_ONLY_HERE, found, target, **figures)


def _not_common(question: PlanQuestion, master: HostName) -> Iterator[Finding]:
    """The candidate has updates of its own in place of the master's, whose database is moved aside in the end."""
    facts, target = question.facts, question.target
    common, has, own = common_numbers(facts, target), facts.latest_numbers(master), facts.numbers(target)
    missing = shortfall(common, has) if has and own and common != own else {}
    if missing:
        tables, count = ", ".join(f"T{table}" for table in missing), sum(missing.values())
        text = f"{target} has updates of its own in {tables}: {count} of {master} are not proven to be among them"
        yield refuse(Guard.UPDATES_ONLY_HERE, text, master, value=str(count), limit="0", source="evidence")


def fork_point(question: PlanQuestion) -> Iterator[Finding]:
    """The change from the retired master to the present one has a fork point in the journal."""
    master = question.plan.master
    if question.procedure is not Procedure.RETIRE or master is None:
        return
    if not _is_replacement_known(question.facts, question.target, master):
        text = (
            f"the numbers of {master} when it became master are neither in this journal nor in the exporter's state: "
            f"what {question.target} has alone cannot be derived from numbers"
        )
        yield unknown(Guard.FORK_POINT_UNKNOWN, text, question.target, source="journal")


def _is_replacement_known(facts: FailoverFacts, old: HostName, new: HostName) -> bool:
    """Return whether the last change is the one to the present master, and the change that replaced the old one known.

    The fork point of an earlier change has the numbers of another moment, or of another line.
    """
    changes = facts.changes
    of_old = [fork for fork in changes if old in {fork.old_master, fork.new_master}]
    return bool(of_old) and of_old[-1].old_master == old and changes[-1].new_master == new


def stale_database(question: PlanQuestion) -> Iterator[Finding]:
    """A client that becomes a replica has no old database; a client does not show its numbers."""
    if question.procedure is not Procedure.ADD_REPLICA or question.facts.role(question.target) is not Role.CLIENT:
        return
    readiness = question.facts.readiness(question.target)
    if readiness is not None and readiness.database in IMPERFECT:
        text = f"{question.target} {IMPERFECT[readiness.database]}; it will be moved aside, unseen"
        yield refuse(Guard.STALE_DATABASE, text, question.target, source="preflight")
    elif readiness is not None and readiness.database_present:
        text = f"{question.target} is a client with a database of its own; it will be moved aside, unseen"
        yield refuse(Guard.STALE_DATABASE, text, question.target, source="preflight")
    elif readiness is not None and readiness.database_present is None:
        text = f"it is unknown whether {question.target} has a database of its own"
        yield unknown(Guard.STALE_DATABASE, text, question.target, source="preflight")


def last_copy(question: PlanQuestion) -> Iterator[Finding]:
    """Another healthy copy remains besides the master's."""
    if question.procedure is not Procedure.REBUILD:
        return
    others = [
        verdict.host
        for verdict in question.facts.health.hosts
        if verdict.is_replica and verdict.state is ReplicaState.OK and verdict.host != question.target
    ]
    if not others:
        text = f"no other replica than {question.target} is ok: until it is rebuilt, the master's copy is the only one"
        yield refuse(Guard.LAST_COPY, text, question.target, value="0", limit="1")
