"""Each proof in worlds that differ from a proven one in one fact: what is enough, and what is not."""

from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from boks_exporter.failover.facts import FailoverFacts, Reading, Witness
from boks_exporter.failover.findings import Guard
from boks_exporter.failover.journal_facts import DeclaredLost, ForkPoint, JournalView
from boks_exporter.failover.procedures.claims import Claim, ClaimKind
from boks_exporter.failover.proofs import Certainty, Circumstances, prove
from boks_exporter.failover.proofs.conflict import conflict_of, sentences
from boks_exporter.failover.proofs.masters import master_is_out
from boks_exporter.failover.proofs.own_updates import own_updates, shortfall
from boks_exporter.health import Thresholds, judge_once
from boks_exporter.model import ErrorLog, Reach, ReplicaList, Role, SequenceReport, UnreadLine
from boks_exporter.replication import NotCompared, Obstacle
from tests.unit.domain_rounds import NUMBERS, STAMP, answers, listed, silent, snapshot
from tests.unit.failover_claims import DEAD, HEALTHY, NO, UNKNOWN, YES, named, stopped, taken
from tests.unit.failover_facts import dead_master, facts_of, host, ready, sound_domain
from tests.unit.test_failover_proofs_refused import CLIENT_M, OFF, R1_MASTER, busy, fork, retired
from tests.unit.test_failover_unread import HIDDEN, hiding

ALL_HIDDEN = tuple(
    UnreadLine(line, f"T{table} ?????", is_row=True, tables=(table,)) for line, table in ((2, 7), (3, 9))
)
OFF_FOR_M = replace(OFF, old_master="M")


def read_once(replica: Any, *, first: bool = True) -> FailoverFacts:
    """M showed its numbers only before the replica did, or only after it."""
    master = host("M", Role.MASTER, at=0.0) if first else answers("M", Role.MASTER, None, 0.0)
    seen = snapshot(master, replica, second=None if first else NUMBERS, lines=(listed("R1"),))
    judged = judge_once(seen, Thresholds())
    return replace(facts_of(seen), comparison=judged.comparison, health=judged.health)


def without_tables(name: str) -> Any:
    return replace(host(name, Role.REPLICA), sequences=SequenceReport((), ALL_HIDDEN))


def lost(name: str) -> JournalView:
    return JournalView(lost={name: DeclaredLost(name, "anna", "burnt", 1.0)})


def was(**roles: Role) -> dict[str, Any]:
    return {"last_roles": roles}


BAD_LOG = host("R1", Role.REPLICA, errlog=ErrorLog(1, ("servc: Checksum mismatch from 192.0.2.1",)))
OTHER_GENERATION = answers("R1", Role.REPLICA, NUMBERS, stamps={7: STAMP + 86400.0})
LEFTOVER = sound_domain(gates={"C": ready("C", Role.CLIENT, database_present=True)})
FEWER = host("R1", Role.REPLICA, {7: 90, 9: 50})
BOTH_HIDE = sound_domain(hiding("R1"), hiding("M", Role.MASTER))
R1_AND_R2_HIDE = dead_master(hiding("R1"), hiding("R2"))
R2_HIDES = dead_master(hiding("R2"))


class Case(NamedTuple):
    """A claim about a host and M, the facts by which it is judged, and the judgement."""

    kind: ClaimKind
    facts: FailoverFacts
    truth: Certainty
    by: Circumstances = Circumstances()
    host: str = "R1"
    other: str = "M"


CASES = {
    "equal to a master of another round": Case(
        ClaimKind.IS_EQUAL, replace(HEALTHY, comparison=replace(HEALTHY.comparison, master="R2")), UNKNOWN
    ),
    "equal, but M was read only before": Case(ClaimKind.IS_EQUAL, read_once(host("R1", Role.REPLICA)), UNKNOWN),
    "equal, but M was read only after": Case(
        ClaimKind.IS_EQUAL, read_once(host("R1", Role.REPLICA), first=False), UNKNOWN
    ),
    "behind, with a table that is hidden, and M was read once": Case(
        ClaimKind.IS_EQUAL, read_once(hiding("R1", number=90)), NO
    ),
    "equal in what is read, which M shows only once": Case(
        ClaimKind.IS_EQUAL, read_once(hiding("R1")), UNKNOWN, taken(Guard.UNREAD_TABLES)
    ),
    "equal in what is read, which M shows only afterwards": Case(
        ClaimKind.IS_EQUAL, read_once(hiding("R1"), first=False), UNKNOWN, taken(Guard.UNREAD_TABLES)
    ),
    "behind, but M was read only before": Case(ClaimKind.IS_EQUAL, read_once(FEWER), UNKNOWN),
    "equal in nothing, as nothing is read": Case(
        ClaimKind.IS_EQUAL, sound_domain(without_tables("R1")), UNKNOWN, taken(Guard.UNREAD_TABLES)
    ),
    "another generation": Case(ClaimKind.IS_EQUAL, sound_domain(OTHER_GENERATION), NO),
    "both hide a table, accepted for the copy alone": Case(
        ClaimKind.IS_EQUAL, BOTH_HIDE, UNKNOWN, named((Guard.UNREAD_TABLES, "R1"))
    ),
    "both hide a table, accepted for the master alone": Case(
        ClaimKind.IS_EQUAL, BOTH_HIDE, UNKNOWN, named((Guard.UNREAD_TABLES, "M"))
    ),
    "both hide a table, accepted for both": Case(
        ClaimKind.IS_EQUAL, BOTH_HIDE, YES, named((Guard.UNREAD_TABLES, "R1"), (Guard.UNREAD_TABLES, "M"))
    ),
    "quiet, but nothing is proven of a stopped master": Case(
        ClaimKind.IS_QUIET, replace(busy(100), gates=sound_domain(**stopped("M", Role.MASTER)).gates), UNKNOWN
    ),
    "as advanced, both hide a table, accepted for one": Case(
        ClaimKind.IS_AS_ADVANCED, R1_AND_R2_HIDE, UNKNOWN, named((Guard.UNREAD_TABLES, "R1")), other="R2"
    ),
    "as advanced, both hide a table, accepted for the other": Case(
        ClaimKind.IS_AS_ADVANCED, R1_AND_R2_HIDE, UNKNOWN, named((Guard.UNREAD_TABLES, "R2")), other="R2"
    ),
    "as advanced, both hide a table, accepted for both": Case(
        ClaimKind.IS_AS_ADVANCED,
        R1_AND_R2_HIDE,
        YES,
        named((Guard.UNREAD_TABLES, "R1"), (Guard.UNREAD_TABLES, "R2")),
        other="R2",
    ),
    "best, and another hides a table, accepted for it": Case(
        ClaimKind.IS_BEST, R2_HIDES, YES, named((Guard.UNREAD_TABLES, "R2"))
    ),
    "best, and another hides a table, accepted for the candidate": Case(
        ClaimKind.IS_BEST, R2_HIDES, UNKNOWN, named((Guard.UNREAD_TABLES, "R1"))
    ),
    "removed, which a stale database allows": Case(
        ClaimKind.MAY_BE_REMOVED, LEFTOVER, YES, named((Guard.STALE_DATABASE, "C")), host="C"
    ),
    "removed, which another's stale database does not": Case(
        ClaimKind.MAY_BE_REMOVED, LEFTOVER, UNKNOWN, named((Guard.STALE_DATABASE, "R2")), host="C"
    ),
    "SHM_SIZE as wanted": Case(ClaimKind.HAS_SHM_SIZE, HEALTHY, YES, host="C"),
    "registered": Case(ClaimKind.IS_REGISTERED, HEALTHY, YES),
    "registered next to an unknown one": Case(ClaimKind.IS_REGISTERED, sound_domain(registered=("db9", "R1")), YES),
    "listed by another": Case(ClaimKind.IS_LISTED_OK, HEALTHY, UNKNOWN, other="R2"),
    "a replica of which not everything is read may be ahead": Case(
        ClaimKind.NONE_IS_AHEAD, sound_domain(hiding("R2")), UNKNOWN, host="M"
    ),
    "the old master is not waited for": Case(
        ClaimKind.DOMAIN_IS_SOUND, sound_domain(silent("R2")), YES, Circumstances(old_master="R2"), host="M"
    ),
    "a bad log, accepted": Case(ClaimKind.ERROR_LOG_IS_CLEAN, dead_master(BAD_LOG), YES, taken(Guard.ERROR_LOG)),
    "a bad log, accepted for another": Case(
        ClaimKind.ERROR_LOG_IS_CLEAN, dead_master(BAD_LOG), NO, named((Guard.ERROR_LOG, "R2"))
    ),
    "no other master, though this one does not answer": Case(ClaimKind.NO_OTHER_MASTER, DEAD, YES, host="M"),
    "another may be master": Case(ClaimKind.NO_OTHER_MASTER, DEAD, UNKNOWN),
    "next to an old master that may run": Case(
        ClaimKind.IS_MASTER_BESIDE, sound_domain(R1_MASTER, silent("M"), **was(M=Role.MASTER)), YES
    ),
    "a master that is reached and does not answer": Case(
        ClaimKind.IS_MASTER_BESIDE,
        sound_domain(silent("R1"), witnesses=(Witness("R2", Reach.REACHABLE, about="R1"),), **was(R1=Role.MASTER)),
        UNKNOWN,
    ),
    "started, on a host whose gate was not asked": Case(ClaimKind.IS_STARTED, sound_domain(silent("R1")), UNKNOWN),
    "the old master was a client when it was last seen": Case(
        ClaimKind.NOBODY_IS_MASTER, dead_master(**was(M=Role.CLIENT)), YES, OFF_FOR_M
    ),
    "a replica that was master, accepted as out": Case(
        ClaimKind.NOBODY_IS_MASTER,
        dead_master(silent("R2"), **was(M=Role.MASTER, R2=Role.MASTER)),
        YES,
        named((Guard.OLD_MASTER_UNPROVEN, "M"), (Guard.OLD_MASTER_UNPROVEN, "R2")),
    ),
    "a replica that was declared lost": Case(
        ClaimKind.NOBODY_IS_MASTER, dead_master(silent("R2"), journal=lost("R2")), YES, OFF
    ),
    "an old master that only the plan knows": Case(
        ClaimKind.NOBODY_IS_MASTER, dead_master(last_master=None), YES, OFF_FOR_M
    ),
    "no master is known, accepted": Case(
        ClaimKind.NOBODY_IS_MASTER,
        dead_master(last_master=None),
        YES,
        named((Guard.OLD_MASTER_UNPROVEN, None), (Guard.HOSTS_NOT_ASKED, "M")),
    ),
    "no master is known": Case(
        ClaimKind.NOBODY_IS_MASTER, dead_master(last_master=None), UNKNOWN, named((Guard.HOSTS_NOT_ASKED, "M"))
    ),
    "it is started where the old one is a client": Case(
        ClaimKind.MAY_START_AS_MASTER, sound_domain(R1_MASTER, CLIENT_M), YES, Circumstances(old_master="M")
    ),
    "the only one, stopped": Case(
        ClaimKind.IS_ONLY_MASTER, sound_domain(R1_MASTER, CLIENT_M, **stopped("R1", Role.MASTER)), YES
    ),
    "the only one, and another was master": Case(
        ClaimKind.IS_ONLY_MASTER, dead_master(R1_MASTER, **was(M=Role.MASTER)), UNKNOWN
    ),
    "the only one, and another is off": Case(
        ClaimKind.IS_ONLY_MASTER, dead_master(R1_MASTER, **was(M=Role.MASTER)), YES, OFF
    ),
    "one of two": Case(ClaimKind.IS_ONLY_MASTER, sound_domain(R1_MASTER), NO),
    "the only one, and a replica": Case(ClaimKind.IS_ONLY_MASTER, DEAD, NO),
    "it is not started where its role is another": Case(ClaimKind.MAY_START_AS_MASTER, DEAD, NO, OFF_FOR_M),
    "a witness that reaches another host": Case(
        ClaimKind.NOBODY_IS_MASTER, dead_master(witnesses=(Witness("R1", Reach.REACHABLE, about="R2"),)), YES, OFF
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_one_fact_decides_what_is_proven(case: Case) -> None:
    number = 16000 if case.kind is ClaimKind.HAS_SHM_SIZE else None
    assert prove(Claim(case.kind, case.host, case.other, number), case.facts, case.by).truth is case.truth


def test_what_needs_no_acceptance_reports_none() -> None:
    removed = Claim(ClaimKind.MAY_BE_REMOVED, "M", "R1")
    found = prove(removed, retired(), taken(Guard.UPDATES_ONLY_HERE))
    assert (found.truth, "accepted" in found.sentence) == (YES, False)


def test_a_host_that_reports_to_be_master_is_not_out_whatever_is_accepted_or_fenced() -> None:
    by = replace(OFF, fenced=frozenset({"M"}))
    assert master_is_out(HEALTHY, "M", by).truth is NO


def hidden(table: int | None) -> NotCompared:
    return NotCompared(table, "R1", Obstacle.UNREAD, HIDDEN.text)


SHORT: dict[
    str, tuple[dict[int, tuple[int, float | None]], dict[int, tuple[int, float | None]], Any, dict[int, int]]
] = {
    "equal": ({7: (100, STAMP)}, {7: (100, STAMP)}, (), {}),
    "more": ({7: (101, STAMP)}, {7: (100, STAMP)}, (), {}),
    "less": ({7: (90, STAMP)}, {7: (100, STAMP)}, (), {7: 10}),
    "missing": ({}, {7: (100, STAMP)}, (), {7: 100}),
    "another generation": ({7: (100, STAMP)}, {7: (100, STAMP + 86400.0)}, (), {7: 100}),
    "its generation is not shown": ({7: (100, None)}, {7: (100, STAMP)}, (), {}),
    "the other's generation is not shown": ({7: (100, STAMP)}, {7: (100, None)}, (), {}),
    "less, and no generation is shown": ({7: (90, None)}, {7: (100, STAMP)}, (), {7: 10}),
    "hidden": ({}, {7: (100, STAMP)}, (hidden(7),), {}),
    "any may be hidden": ({}, {7: (100, STAMP)}, (hidden(None),), {}),
    "another is hidden": ({}, {7: (100, STAMP)}, (hidden(9),), {7: 100}),
    "less, though any may be hidden": ({7: (90, STAMP)}, {7: (100, STAMP)}, (hidden(None),), {7: 10}),
}


@pytest.mark.parametrize(("have", "wanted", "unread", "short"), SHORT.values(), ids=SHORT)
def test_numbers_fall_short_by_what_is_shown_to_be_less(have: Any, wanted: Any, unread: Any, short: Any) -> None:
    """A table that may be hidden lacks nothing for sure; one that is shown is judged by its number."""
    assert shortfall(have, wanted, unread) == short


FORKED = ForkPoint("", "M", "R1", {7: (87, STAMP), 9: (50, STAMP)}, {"R1": {7: 5}}, 10.0)


def test_only_the_old_masters_copy_is_above_a_fork_point_by_its_numbers() -> None:
    """The new master's copy is the line itself; a replica was loaded from it; without numbers nothing is derived."""
    facts = retired(seen_forks=(FORKED,))
    assert own_updates(facts, "M") == {7: 13}
    assert own_updates(facts, "R1") == {}
    assert own_updates(retired(host("M", Role.REPLICA), **fork(numbers=87)), "M") == {}
    assert own_updates(retired(readings={}, **fork(numbers=87)), "M") == {}
    earlier = {"M": Reading("M", {7: (90, STAMP)}, 0.0, "by hand", is_final=True)}
    assert own_updates(retired(readings=earlier, **fork(numbers=87)), "M") == {7: 3}


def test_the_report_of_two_masters_names_the_replicas_that_each_lists_as_ok() -> None:
    """One that is down, or in no configuration, follows no master for sure; nothing is reported of a single master."""
    lines = ReplicaList((listed("R1"), listed("C", "DOWN"), listed("db9")))
    several = (host("M", Role.MASTER, at=0.0, replicas=lines), host("R2", Role.MASTER, {7: 100, 9: 53}))
    conflict = conflict_of(sound_domain(*several))
    assert {each.host: each.followers for each in conflict} == {"M": ("R1",), "R2": ()}
    first, *others = sentences(conflict)
    assert "M, R2" in first
    assert [line.partition(":")[0] for line in others] == ["M", "R2"]
    assert list(sentences(())) == []
