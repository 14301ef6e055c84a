"""What each claim needs to be proven, one thing at a time: each case differs from a proven one in that thing."""

from dataclasses import replace
from typing import Any

import pytest

from boks_exporter.failover.facts import FailoverFacts, Reading
from boks_exporter.failover.findings import Guard
from boks_exporter.failover.journal_facts import ForkPoint, JournalView
from boks_exporter.failover.procedures.claims import Claim, ClaimKind
from boks_exporter.failover.proofs import Circumstances, prove
from boks_exporter.failover.proofs.conflict import conflict_of
from boks_exporter.health import Thresholds, judge_once
from boks_exporter.model import ErrorLog, Role
from boks_exporter.parsing.operator_facts import DatabaseState
from boks_exporter.replication import CopyEvidence
from boks_exporter.replication.evidence import Lead
from tests.unit.domain_rounds import NUMBERS, STAMP, answers, listed, silent, snapshot
from tests.unit.failover_claims import DEAD, HEALTHY, NO, UNKNOWN, YES, mute, named, stopped, taken
from tests.unit.failover_facts import dead_master, host, ready, sound_domain

R2_MASTER, R1_MASTER = host("R2", Role.MASTER), host("R1", Role.MASTER, at=0.0)
CLIENT_M = host("M", Role.CLIENT)
HAD = {7: (100, STAMP), 9: (50, STAMP)}


def read(numbers: dict[int, tuple[int, float | None]], *, final: bool = True) -> dict[str, Any]:
    return {"readings": {"M": Reading("M", numbers, 0.0, "by hand", is_final=final)}}


def retired(*outcomes: Any, **more: Any) -> FailoverFacts:
    """M was the master and is a stopped client; R1 is master and has all that M had."""
    return sound_domain(CLIENT_M, R1_MASTER, *outcomes, **({**read(HAD), **stopped("M", Role.CLIENT)} | more))


def evidence(amount: int, proven_at: float = 5.0) -> dict[str, Any]:
    leads = {7: Lead(proven_at, proven_at, amount, 100, None)} if amount else {}
    return {"evidence": {"M": CopyEvidence(leads, diverged_since=proven_at)}}


def removed(at: float) -> JournalView:
    return JournalView(removed={"M": at})


def fork(at: float = 10.0, above: int = 0, numbers: int = 100, old: str = "M") -> dict[str, Any]:
    point = ForkPoint("", old, "R1", {7: (numbers, STAMP), 9: (50, STAMP)}, {"M": {7: above}} if above else {}, at)
    return {"seen_forks": (point,)}


def files(name: str, **more: Any) -> FailoverFacts:
    return sound_domain(gates={name: ready(name, Role.CLIENT, **more)})


def busy(after: int) -> FailoverFacts:
    """M wrote between its two readings, and R1 has as much as the second one, or less."""
    seen = [
        host("M", Role.MASTER, {7: 98, 9: 50}, at=0.0),
        host("R1", Role.REPLICA, {7: after, 9: 50}),
        host("R2", Role.REPLICA),
    ]
    whole = snapshot(
        *seen, second=NUMBERS, lines=(listed("R1"), listed("R2")), hosts=HEALTHY.snapshot.hosts, last_master="M"
    )
    judged = judge_once(whole, Thresholds())
    return replace(HEALTHY, snapshot=whole, comparison=judged.comparison, health=judged.health)


def behind(updates: int) -> FailoverFacts:
    return dead_master(host("R2", Role.REPLICA, {7: 100 + updates, 9: 50}))


def mastered(name: str, **more: Any) -> FailoverFacts:
    """The operator's gate of a host that cannot be polled reports that it is master."""
    return dead_master(silent(name), gates={name: ready(name, Role.MASTER)}, **more)


OFF = named((Guard.OLD_MASTER_UNPROVEN, "M"))
WITHOUT_NUMBERS = answers("R1", Role.MASTER, None, 0.0)
NO_TABLES = answers("M", Role.MASTER, {}, 0.0)
LAGS = host("R2", Role.REPLICA, {7: 200, 9: 50})
UNREADABLE = answers("R2", Role.REPLICA, None)
EXCUSED, R2_WAS_OK = Circumstances(excused=frozenset({"R2"})), Circumstances(healthy=frozenset({"R2"}))

CASES: list[tuple[ClaimKind, str, str | None, FailoverFacts, Any, Circumstances]] = [
    (ClaimKind.IS_EQUAL, "R1", "M", HEALTHY, YES, Circumstances()),
    (ClaimKind.IS_EQUAL, "R1", "M", sound_domain(**stopped("M", Role.MASTER)), UNKNOWN, Circumstances()),
    (ClaimKind.IS_EQUAL, "R1", "M", busy(100), YES, Circumstances()),
    (ClaimKind.IS_QUIET, "R1", "M", busy(100), NO, Circumstances()),
    (ClaimKind.IS_AS_ADVANCED, "R1", "M", dead_master(**read(HAD)), YES, Circumstances()),
    (ClaimKind.IS_AS_ADVANCED, "R1", "M", dead_master(**read(HAD, final=False)), UNKNOWN, Circumstances()),
    (ClaimKind.IS_AS_ADVANCED, "R1", "M", dead_master(**read(HAD, final=False)), YES, taken(Guard.BEHIND_LAST_MASTER)),
    (
        ClaimKind.IS_AS_ADVANCED,
        "R1",
        "M",
        dead_master(**read(HAD, final=False)),
        YES,
        named((Guard.BEHIND_LAST_MASTER, "M")),
    ),
    (
        ClaimKind.IS_AS_ADVANCED,
        "R1",
        "M",
        dead_master(**read(HAD, final=False)),
        UNKNOWN,
        named((Guard.BEHIND_LAST_MASTER, "R2")),
    ),
    (ClaimKind.IS_AS_ADVANCED, "R1", "M", dead_master(**read({7: (101, STAMP)})), NO, Circumstances()),
    (ClaimKind.IS_AS_ADVANCED, "R1", "M", dead_master(**read({7: (9, STAMP + 86400.0)})), NO, Circumstances()),
    (ClaimKind.IS_AS_ADVANCED, "R1", "M", dead_master(**read({7: (9, None)})), YES, Circumstances()),
    (ClaimKind.IS_AS_ADVANCED, "R1", "M", dead_master(**read({12: (9, STAMP)})), NO, Circumstances()),
    (ClaimKind.MAY_BE_REMOVED, "M", "R1", retired(), YES, Circumstances()),
    (ClaimKind.MAY_BE_REMOVED, "M", "R1", retired(R2_MASTER), NO, Circumstances()),
    (ClaimKind.MAY_BE_REMOVED, "M", "R1", retired(host("M", Role.REPLICA)), NO, taken(Guard.UPDATES_ONLY_HERE)),
    (ClaimKind.MAY_BE_REMOVED, "M", "R1", retired(WITHOUT_NUMBERS), UNKNOWN, taken(Guard.UPDATES_ONLY_HERE)),
    (ClaimKind.MAY_BE_REMOVED, "M", "R1", retired(**read({7: (101, STAMP)})), NO, Circumstances()),
    (ClaimKind.MAY_BE_REMOVED, "M", "R1", retired(**read({7: (101, STAMP)})), YES, taken(Guard.UPDATES_ONLY_HERE)),
    (ClaimKind.MAY_BE_REMOVED, "M", "R1", retired(**evidence(13)), NO, Circumstances()),
    (ClaimKind.MAY_BE_REMOVED, "M", "R1", retired(**evidence(0)), UNKNOWN, Circumstances()),
    (ClaimKind.MAY_BE_REMOVED, "M", "R1", retired(**evidence(13), journal=removed(6.0)), YES, Circumstances()),
    (ClaimKind.MAY_BE_REMOVED, "M", "R1", retired(**evidence(0), journal=removed(6.0)), YES, Circumstances()),
    (ClaimKind.MAY_BE_REMOVED, "M", "R1", retired(**evidence(13), journal=removed(4.0)), NO, Circumstances()),
    (ClaimKind.MAY_BE_REMOVED, "M", "R1", retired(**fork()), YES, Circumstances()),
    (ClaimKind.MAY_BE_REMOVED, "M", "R1", retired(**fork(numbers=87)), NO, Circumstances()),
    (ClaimKind.MAY_BE_REMOVED, "M", "R1", retired(**fork(above=13)), NO, Circumstances()),
    (ClaimKind.MAY_BE_REMOVED, "M", "R1", retired(**fork(above=13), journal=removed(11.0)), YES, Circumstances()),
    (ClaimKind.MAY_BE_REMOVED, "M", "R1", retired(**fork(above=13), journal=removed(9.0)), NO, Circumstances()),
    (ClaimKind.MAY_BE_REMOVED, "M", "R1", retired(**fork(numbers=87, old="R2")), YES, Circumstances()),
    (ClaimKind.HAS_NO_DATABASE, "C", None, files("C", database_present=False), YES, Circumstances()),
    (ClaimKind.HAS_NO_DATABASE, "C", None, files("C", database_present=True), NO, Circumstances()),
    (ClaimKind.HAS_NO_DATABASE, "C", None, files("C", database_present=None), UNKNOWN, Circumstances()),
    (ClaimKind.HAS_NO_DATABASE, "C", None, files("C", database=DatabaseState.PARTIAL), NO, Circumstances()),
    (ClaimKind.HAS_NO_DATABASE, "C", None, files("C", database=DatabaseState.ODD), NO, Circumstances()),
    (ClaimKind.HAS_NO_DATABASE, "C", None, sound_domain(**mute("C")), UNKNOWN, Circumstances()),
    (ClaimKind.IS_BEST, "R1", None, behind(0), YES, Circumstances()),
    (ClaimKind.IS_BEST, "R1", None, behind(1), NO, Circumstances()),
    (ClaimKind.IS_BEST, "R1", None, behind(3), YES, Circumstances(max_behind_updates=3)),
    (ClaimKind.IS_BEST, "R1", None, behind(4), NO, Circumstances(max_behind_updates=3)),
    (ClaimKind.IS_BEST, "R1", None, behind(4), YES, taken(Guard.BEHIND_BEST)),
    (ClaimKind.IS_BEST, "R1", None, dead_master(host("R2", Role.REPLICA, {**NUMBERS, 12: 1})), NO, Circumstances()),
    (ClaimKind.IS_BEST, "R1", None, dead_master(silent("R1")), UNKNOWN, Circumstances()),
    (ClaimKind.NOBODY_IS_MASTER, "R1", None, DEAD, YES, OFF),
    (ClaimKind.NOBODY_IS_MASTER, "R1", None, DEAD, UNKNOWN, Circumstances(old_master="M")),
    (ClaimKind.NOBODY_IS_MASTER, "R1", None, mastered("M"), NO, OFF),
    (ClaimKind.NOBODY_IS_MASTER, "R1", None, mastered("R2"), NO, OFF),
    (ClaimKind.NOBODY_IS_MASTER, "R1", None, dead_master(silent("R2")), UNKNOWN, OFF),
    (
        ClaimKind.NOBODY_IS_MASTER,
        "R1",
        None,
        dead_master(silent("R2")),
        YES,
        named((Guard.OLD_MASTER_UNPROVEN, "M"), (Guard.HOSTS_NOT_ASKED, "R2")),
    ),
    (ClaimKind.MASTER_IS_SOUND, "M", None, HEALTHY, YES, Circumstances()),
    (ClaimKind.MASTER_IS_SOUND, "M", None, sound_domain(NO_TABLES), UNKNOWN, Circumstances()),
    (ClaimKind.MASTER_IS_SOUND, "M", None, sound_domain(**stopped("M", Role.MASTER)), NO, Circumstances()),
    (ClaimKind.IS_MASTER_BESIDE, "R1", "M", sound_domain(R1_MASTER), YES, Circumstances()),
    (ClaimKind.IS_MASTER_BESIDE, "R1", "M", sound_domain(R1_MASTER, R2_MASTER), NO, Circumstances()),
    (ClaimKind.IS_MASTER_BESIDE, "R1", "M", sound_domain(WITHOUT_NUMBERS), UNKNOWN, Circumstances()),
    (
        ClaimKind.IS_MASTER_BESIDE,
        "R1",
        "M",
        sound_domain(R1_MASTER, silent("R2"), last_roles={"R2": Role.MASTER}),
        UNKNOWN,
        Circumstances(),
    ),
    (ClaimKind.NOBODY_IS_MASTER, "R1", None, dead_master(gates={"R2": ready("R2", Role.MASTER)}), NO, OFF),
    (
        ClaimKind.NOBODY_IS_MASTER,
        "R1",
        None,
        dead_master(silent("R2"), gates={"R2": ready("R2", Role.REPLICA)}),
        UNKNOWN,
        OFF,
    ),
    (ClaimKind.IS_MASTER_BESIDE, "R1", "M", sound_domain(R1_MASTER, silent("M")), YES, Circumstances()),
    (ClaimKind.MAY_BE_REMOVED, "M", "R1", retired(**read({7: (101, STAMP)}), **evidence(0)), NO, Circumstances()),
    (ClaimKind.DOMAIN_IS_SOUND, "M", None, sound_domain(UNREADABLE), UNKNOWN, Circumstances()),
    (ClaimKind.OTHERS_ARE_BACK, "M", None, sound_domain(UNREADABLE), UNKNOWN, R2_WAS_OK),
    (ClaimKind.DOMAIN_IS_SOUND, "M", None, sound_domain(LAGS), NO, Circumstances(old_master="R2")),
    (ClaimKind.DOMAIN_IS_SOUND, "M", None, sound_domain(host("R2", Role.CLIENT)), YES, Circumstances(old_master="R2")),
    (ClaimKind.NONE_IS_AHEAD, "M", None, HEALTHY, YES, Circumstances()),
    (ClaimKind.NONE_IS_AHEAD, "M", None, sound_domain(host("R2", Role.REPLICA, {7: 200, 9: 50})), NO, Circumstances()),
    (ClaimKind.DOMAIN_IS_SOUND, "M", None, HEALTHY, YES, Circumstances()),
    (ClaimKind.DOMAIN_IS_SOUND, "M", None, sound_domain(silent("R2")), NO, Circumstances()),
    (ClaimKind.DOMAIN_IS_SOUND, "M", None, sound_domain(silent("R2")), YES, EXCUSED),
    (ClaimKind.DOMAIN_IS_SOUND, "M", None, sound_domain(host("R2", Role.REPLICA, {7: 200, 9: 50})), NO, EXCUSED),
    (ClaimKind.OTHERS_ARE_BACK, "M", None, HEALTHY, YES, R2_WAS_OK),
    (ClaimKind.OTHERS_ARE_BACK, "M", None, sound_domain(silent("R2")), NO, R2_WAS_OK),
    (ClaimKind.OTHERS_ARE_BACK, "M", None, sound_domain(silent("R1")), YES, R2_WAS_OK),
    (ClaimKind.ERROR_LOG_IS_CLEAN, "R1", None, dead_master(host("R1", Role.REPLICA, errlog=None)), UNKNOWN, OFF),
    (ClaimKind.ERROR_LOG_IS_CLEAN, "R1", None, dead_master(host("R1", Role.REPLICA, errlog=ErrorLog(0, ()))), YES, OFF),
]


@pytest.mark.parametrize(
    ("kind", "name", "other", "facts", "truth", "by"),
    CASES,
    ids=[f"{place} {kind}" for place, (kind, *_) in enumerate(CASES)],
)
def test_a_claim_is_proven_by_everything_that_it_needs_and_not_without(
    kind: ClaimKind, name: str, other: str | None, facts: FailoverFacts, truth: Any, by: Circumstances
) -> None:
    """Unknown is not proven, and what contradicts it is more than unknown."""
    assert prove(Claim(kind, name, other), facts, by).truth is truth


def test_the_report_of_two_masters_counts_what_each_has_alone_and_who_follows_it() -> None:
    """A master whose numbers cannot be read is compared with nothing."""
    one, other = host("M", Role.MASTER, {7: 105, 9: 50}, at=0.0), host("R2", Role.MASTER, {7: 100, 9: 53})
    found = {each.host: each for each in conflict_of(sound_domain(one, other))}
    assert {name: each.alone for name, each in found.items()} == {"M": {7: 5}, "R2": {9: 3}}
    assert conflict_of(HEALTHY) == ()
    unread = {each.host: each.alone for each in conflict_of(sound_domain(one, answers("R2", Role.MASTER, None)))}
    assert unread == {"M": None, "R2": None}
    three = conflict_of(sound_domain(one, other, host("R1", Role.MASTER, {7: 103, 9: 50})))
    assert {each.host: each.alone for each in three} == {"M": {7: 2}, "R1": {}, "R2": {9: 3}}
