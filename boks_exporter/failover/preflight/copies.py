"""Guards about data: the last copy of an update is never lost without an acceptance."""

from collections.abc import Iterator
from typing import Final

from boks_exporter.failover.error_log import known_bad_lines, unread
from boks_exporter.failover.facts import Reading
from boks_exporter.failover.findings import Finding, Guard
from boks_exporter.failover.preflight.question import PlanQuestion, note, refuse, unknown
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.proofs.copies import (
    IMPERFECT,
    last_reading,
    may_have_own,
    missing_of_others,
    own_updates,
    shortfall,
    unread_seconds,
)
from boks_exporter.health import ReplicaState
from boks_exporter.health.unread import not_compared
from boks_exporter.model import HostName, Role
from boks_exporter.parsing.operator_facts import Daemons
from boks_exporter.text.formatting import at_time, span

_YOUNG_SECONDS: Final = 86400.0
"""Evidence that exists for less may be what is left after the state file was lost."""


def complete(question: PlanQuestion) -> Iterator[Finding]:
    """The candidate's copy has every table and is not loading."""
    target = question.target
    if not question.makes_master or question.facts.seen(target) is None:
        return
    if question.facts.numbers(target) is None:
        yield refuse(Guard.INCOMPLETE_COPY, f"the numbers of {target} could not be read", target)
        return
    lacking = missing_of_others(question.facts, target)
    if lacking:
        said = f"{target} lacks {', '.join(f'T{table}' for table in lacking)}, which another server has"
        yield refuse(Guard.INCOMPLETE_COPY, said, target, value=str(len(lacking)), limit="0", source="sequence")
    if question.facts.health.host(target).state is ReplicaState.LOADING:
        said = f"{target} is loading: {question.facts.health.host(target).reason}"
        yield refuse(Guard.INCOMPLETE_COPY, said, target)


def readable(question: PlanQuestion) -> Iterator[Finding]:
    """Every table of the copies that the plan compares can be read."""
    for host in _compared_servers(question):
        unread = question.facts.unread(host)
        if unread:
            yield unknown(Guard.UNREAD_TABLES, not_compared(unread), host, source="sequence")


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
    if not question.makes_master or question.facts.host(target) is None or question.facts.seen(target) is None:
        return
    if question.facts.evidence.get(target):
        said = f"{target} was ahead or diverged when it was last compared with a master"
        yield refuse(Guard.UNSOUND_COPY, said, target, source="history")
    verdict = question.facts.health.host(target)
    if question.procedure.is_switchover and verdict.state is not ReplicaState.OK:
        make = unknown if verdict.state is ReplicaState.UNKNOWN else refuse
        said = f"{target} is {verdict.state}: {verdict.reason}"
        yield make(Guard.UNSOUND_COPY, said, target, value=verdict.state, limit=ReplicaState.OK)


def evidence_age(question: PlanQuestion) -> Iterator[Finding]:
    """Evidence against copies has been recorded for long; it is lost with the exporter's state file."""
    facts = question.facts
    if not question.makes_master:
        return
    if facts.evidence_since is not None and facts.seen_at - facts.evidence_since < _YOUNG_SECONDS:
        since = at_time(facts.evidence_since, facts.seen_at)
        said = f"evidence against copies exists since {since} only: what was proven before is lost"
        yield note(Guard.UNSOUND_COPY, said, value=since, source="state file")
    elif facts.evidence_since is None and facts.knowledge_gap:
        said = f"no evidence against copies is known from before: {facts.knowledge_gap}"
        yield note(Guard.UNSOUND_COPY, said, source="state file")


def error_log(question: PlanQuestion) -> Iterator[Finding]:
    """The last 30 lines of the candidate's error log hold no known bad fragment."""
    target, seen = question.target, question.facts.seen(question.target)
    if not question.makes_master or seen is None:
        return
    why = unread(target, seen.errlog)
    if seen.errlog is None or why:
        yield unknown(Guard.ERROR_LOG, why, target)
        return
    for line in known_bad_lines(seen.errlog):
        yield refuse(Guard.ERROR_LOG, f"the error log of {target} has: {line}", target, source="boks_errlog")


def behind_best(question: PlanQuestion) -> Iterator[Finding]:
    """No reachable server has updates that the candidate lacks."""
    target, limit = question.target, question.limits.max_behind_updates
    if question.procedure is not Procedure.PROMOTE or question.facts.seen(target) is None:
        return
    compared = question.facts.comparison.replica(target)
    if compared and compared.behind_best is None and any(map(question.facts.unread, _compared_servers(question))):
        return  # said by `readable`
    if compared is None or compared.behind_best is None:
        said = f"{target} could not be compared with the other servers"
        yield unknown(Guard.BEHIND_BEST, said, target, source="sequence")
        return
    said = f"{target} is {compared.behind_best} updates behind the most advanced server that answers"
    make = refuse if compared.behind_best > limit else note
    yield make(Guard.BEHIND_BEST, said, target, value=str(compared.behind_best), limit=str(limit), source="sequence")


def behind_last_master(question: PlanQuestion) -> Iterator[Finding]:
    """The candidate has every update of the last known master."""
    facts, target, limit = question.facts, question.target, question.limits.max_behind_updates
    have = facts.numbers(target)
    if question.procedure is not Procedure.PROMOTE or have is None or facts.snapshot.masters:
        return
    old = facts.old_master
    reading = last_reading(facts, old) if old else None
    if reading is None:
        said = "the numbers of the last master are unknown: they were never read"
        yield unknown(Guard.BEHIND_LAST_MASTER, said, old)
        return
    missing = shortfall(have, reading.numbers, facts.unread(target))
    worst, count = max(missing.items(), key=lambda item: item[1], default=(0, 0))
    age, unknown_for = facts.seen_at - reading.read_at, unread_seconds(facts, reading)
    said = f"{target} is {count} updates behind what {old} had {span(age)} ago" + (f", in T{worst}" if count else "")
    is_known = reading.is_final or unknown_for <= question.limits.unread_seconds
    if not is_known:
        said += f"; what it wrote in the {span(unknown_for)} between that and its first failed poll is unknown"
    make = refuse if count > limit else note if is_known else unknown
    yield make(
        Guard.BEHIND_LAST_MASTER,
        said,
        target,
        value=str(count),
        limit=str(limit),
        source=reading.source,
        age_seconds=age,
    )


def only_here(question: PlanQuestion) -> Iterator[Finding]:
    """The database that is moved aside holds no update that the master lacks."""
    if not _removes_copy(question) or question.plan.master is None:
        return
    target, master = question.target, question.plan.master
    have, wanted = question.facts.latest_numbers(master), last_reading(question.facts, target)
    if have is None:
        return
    if wanted is None:
        said = f"the numbers of {target} are unknown, so it is unknown whether {master} has all its updates"
        yield unknown(Guard.UPDATES_ONLY_HERE, said, target)
        return
    missing = shortfall(have, wanted.numbers, question.facts.unread(master))
    yield from _missing_on_master(question, wanted, missing)
    yield from _own_updates(question, wanted)
    stands_still = question.facts.reading(target) is not None and question.facts.daemons(target) is Daemons.STOPPED
    if not missing and not wanted.is_final and not stands_still:
        age = question.facts.seen_at - wanted.read_at
        said = (
            f"{master} has what {target} had when it was last read; what {target} may have written after that is "
            "unknown, and is moved aside with its database"
        )
        yield unknown(Guard.UPDATES_ONLY_HERE, said, target, source=wanted.source, age_seconds=age)


def _own_updates(question: PlanQuestion, wanted: Reading) -> Iterator[Finding]:
    """The copy has updates from another line than the master's, whatever the numbers are now."""
    own, target = own_updates(question.facts, question.target), question.target
    if own:
        table, count = max(own.items(), key=lambda item: item[1])
        said = (
            f"{target} has {count} updates of its own in T{table}, which {question.plan.master} never had "
            f"({len(own)} tables in all); its later numbers do not contain them"
        )
        figures = {"value": str(count), "limit": "0", "source": f"fork points and evidence; {wanted.source}"}
        yield refuse(Guard.UPDATES_ONLY_HERE, said, target, **figures)
    elif may_have_own(question.facts, target):
        said = f"{target} had diverged and was not reloaded since: equal numbers do not prove that it has nothing alone"
        yield unknown(Guard.UPDATES_ONLY_HERE, said, target, source="evidence")


def fork_point(question: PlanQuestion) -> Iterator[Finding]:
    """The change from the retired master to the present one has a fork point in the journal."""
    master = question.plan.master
    if question.procedure is not Procedure.RETIRE or master is None:
        return
    if not any(fork.new_master == master for fork in question.facts.forks):
        said = (
            f"the numbers of {master} when it became master are neither in this journal nor in the exporter's state: "
            f"what {question.target} has alone cannot be derived from numbers"
        )
        yield unknown(Guard.FORK_POINT_UNKNOWN, said, question.target, source="journal")


def _missing_on_master(question: PlanQuestion, wanted: Reading, missing: dict[int, int]) -> Iterator[Finding]:
    if missing:
        table, count = max(missing.items(), key=lambda item: item[1])
        said = (
            f"{question.target} has {count} updates in T{table} that {question.plan.master} does not have "
            f"({len(missing)} tables in all); they are moved aside with its database"
        )
        age = question.facts.seen_at - wanted.read_at
        yield refuse(
            Guard.UPDATES_ONLY_HERE,
            said,
            question.target,
            value=str(count),
            limit="0",
            source=wanted.source,
            age_seconds=age,
        )


def stale_database(question: PlanQuestion) -> Iterator[Finding]:
    """A client that becomes a replica has no old database; a client does not show its numbers."""
    if question.procedure is not Procedure.ADD_REPLICA or question.facts.role(question.target) is not Role.CLIENT:
        return
    readiness = question.facts.readiness(question.target)
    if readiness is not None and readiness.database in IMPERFECT:
        said = f"{question.target} {IMPERFECT[readiness.database]}; it will be moved aside, unseen"
        yield refuse(Guard.STALE_DATABASE, said, question.target, source="preflight")
    elif readiness is not None and readiness.database_present:
        said = f"{question.target} is a client with a database of its own; it will be moved aside, unseen"
        yield refuse(Guard.STALE_DATABASE, said, question.target, source="preflight")
    elif readiness is not None and readiness.database_present is None:
        said = f"it is unknown whether {question.target} has a database of its own"
        yield unknown(Guard.STALE_DATABASE, said, question.target, source="preflight")


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
        said = f"no other replica than {question.target} is ok: until it is rebuilt, the master's copy is the only one"
        yield refuse(Guard.LAST_COPY, said, question.target, value="0", limit="1")
