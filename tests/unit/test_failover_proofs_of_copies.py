"""What the proofs of copies and of a domain say when something is not so, or is not known: never yes."""

from dataclasses import replace
from typing import Any

import pytest

from boks_exporter.failover.facts import FailoverFacts, Reading
from boks_exporter.failover.findings import Guard, Level
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.claims import ClaimKind
from boks_exporter.failover.proofs import Circumstances
from boks_exporter.model import ErrorLog, ReplicaLine, Role
from tests.unit.domain_rounds import NUMBERS, STAMP, listed, report, silent, snapshot
from tests.unit.failover_claims import DEAD, HEALTHY, NO, UNKNOWN, YES, Case, judged, mute, taken
from tests.unit.failover_facts import dead_master, facts_of, found, host, sound_domain
from tests.unit.test_failover_proofs import without_list


def listing(*lines: ReplicaLine) -> FailoverFacts:
    """Change how the master lists its replicas."""
    seen = snapshot(host("M", Role.MASTER, at=0.0), host("R1", Role.REPLICA), second=NUMBERS, lines=lines)
    return facts_of(seen)


OTHER_GENERATION = replace(host("R2", Role.REPLICA), sequences=report(NUMBERS, {9: STAMP + 1}))
OLD = Reading("R1", {7: (100, STAMP), 9: (50, STAMP)}, 0.0, "as it stood", is_final=False)
COPIES = (
    Case(ClaimKind.IS_EQUAL, DEAD, UNKNOWN, "there is nothing to compare R1 with: M does not answer"),
    Case(ClaimKind.IS_EQUAL, sound_domain(silent("R1")), UNKNOWN, "the numbers of R1 could not be read"),
    Case(
        ClaimKind.IS_EQUAL,
        sound_domain(replace(host("M", Role.MASTER, at=0.0), sequences=None)),
        UNKNOWN,
        "the numbers of M could not be read around those of R1",
    ),
    Case(ClaimKind.IS_EQUAL, sound_domain(host("R1", Role.REPLICA, {7: 100})), NO, "R1 lacks T9"),
    Case(
        ClaimKind.IS_EQUAL,
        sound_domain(host("R1", Role.REPLICA, {7: 102, 9: 49, 8: 1})),
        NO,
        "R1 has T8, which the master does not have, is behind by 1 in T9, is ahead by 2 in T7",
    ),
    Case(ClaimKind.IS_QUIET, HEALTHY, YES, "R1 has in all 2 tables what M has"),
    Case(ClaimKind.IS_AS_ADVANCED, sound_domain(silent("R1")), UNKNOWN, "the numbers of R1 could not be read"),
    Case(ClaimKind.IS_AS_ADVANCED, dead_master(readings={}), UNKNOWN, "the numbers of M are unknown"),
    Case(
        ClaimKind.IS_AS_ADVANCED,
        dead_master(host("R1", Role.REPLICA, {7: 100})),
        NO,
        "R1 lacks 50 updates of M in T9 (1 tables in all)",
    ),
    Case(
        ClaimKind.IS_BEST,
        dead_master(silent("R1")),
        UNKNOWN,
        "the numbers of R1 could not be compared with the other servers'",
    ),
    Case(
        ClaimKind.IS_BEST, dead_master(host("R1", Role.REPLICA, {7: 100})), NO, "R1 lacks T9, which another server has"
    ),
    Case(
        ClaimKind.IS_BEST,
        dead_master(host("R2", Role.REPLICA, {7: 103, 9: 50})),
        NO,
        "R1 is 3 updates behind the most advanced server that answers",
    ),
    Case(
        ClaimKind.IS_BEST,
        dead_master(host("R2", Role.REPLICA, {7: 103, 9: 50})),
        YES,
        "R1 is 3 updates behind the most advanced server that answers, which is accepted",
        by=taken(Guard.BEHIND_BEST),
    ),
    Case(
        ClaimKind.IS_BEST,
        dead_master(OTHER_GENERATION),
        UNKNOWN,
        "R1 is 0 updates behind the most advanced server that answers; R2 has another generation of a table: its "
        "numbers prove nothing",
    ),
    Case(
        ClaimKind.IS_BEST,
        dead_master(OTHER_GENERATION),
        YES,
        "R1 is 0 updates behind the most advanced server that answers; R2 has another generation of a table: its "
        "numbers prove nothing, which is accepted",
        by=taken(Guard.BEHIND_BEST),
    ),
    Case(
        ClaimKind.IS_BEST,
        dead_master(replace(OTHER_GENERATION, sequences=report(NUMBERS, {9: None}))),
        YES,
        "R1 is 0 updates behind the most advanced server that answers",
    ),
    Case(ClaimKind.MAY_BE_REMOVED, HEALTHY, NO, "R1 reports that it is a replica"),
    Case(
        ClaimKind.MAY_BE_REMOVED,
        sound_domain(host("R1", Role.CLIENT), readings={"R1": replace(OLD, numbers={7: (103, STAMP)}, is_final=True)}),
        NO,
        "M lacks 3 updates of R1 in T7 (1 tables in all)",
    ),
    Case(
        ClaimKind.MAY_BE_REMOVED,
        sound_domain(host("R1", Role.CLIENT), readings={"R1": replace(OLD, numbers={7: (103, STAMP)}, is_final=True)}),
        YES,
        (
            "R1 reports that it is a client; M is the only master; M shows its numbers; M lacks 3 updates of R1 in T7 "
            "(1 tables in all), which is accepted"
        ),
        by=taken(Guard.UPDATES_ONLY_HERE),
    ),
    Case(
        ClaimKind.MAY_BE_REMOVED,
        sound_domain(host("R1", Role.CLIENT), readings={"R1": replace(OLD, numbers={7: (103, STAMP)}, is_final=True)}),
        NO,
        "M lacks 3 updates of R1 in T7 (1 tables in all)",
        by=taken(Guard.STALE_DATABASE),
    ),
    Case(ClaimKind.HAS_DATABASE, HEALTHY, NO, "C has no database", "C"),
    Case(
        ClaimKind.HAS_NO_DATABASE,
        sound_domain(**mute("C")),
        UNKNOWN,
        "it is unknown whether C has a database: auth: the login was refused",
        "C",
    ),
    Case(ClaimKind.HAS_SHM_SIZE, sound_domain(silent("C")), UNKNOWN, "SHM_SIZE of C could not be read", "C", number=1),
    Case(ClaimKind.HAS_SHM_SIZE, HEALTHY, NO, "SHM_SIZE is 16000 on C", "C", number=8000),
)
DOMAINS = (
    Case(
        ClaimKind.IS_REGISTERED,
        sound_domain(registered=None),
        UNKNOWN,
        "M did not report which hosts are registered as BOKSREPLICA",
    ),
    Case(
        ClaimKind.IS_REGISTERED,
        HEALTHY,
        NO,
        "C is not registered as BOKSREPLICA: change its type in the database of M",
        "C",
    ),
    Case(
        ClaimKind.IS_REGISTERED,
        HEALTHY,
        YES,
        "C is not proven to be registered as BOKSREPLICA, which is accepted",
        "C",
        by=taken(Guard.NOT_REGISTERED),
    ),
    Case(ClaimKind.IS_LISTED_OK, without_list(), UNKNOWN, "the list of M could not be read"),
    Case(ClaimKind.IS_LISTED_OK, HEALTHY, NO, "M does not list C", "C"),
    Case(ClaimKind.IS_LISTED_OK, listing(listed("R1", "LOADING")), NO, "M lists R1 as LOADING"),
    Case(ClaimKind.NONE_IS_AHEAD, DEAD, UNKNOWN, "M does not answer", "M"),
    Case(
        ClaimKind.NONE_IS_AHEAD,
        sound_domain(host("R1", Role.REPLICA, {7: 103, 9: 50})),
        NO,
        "ahead of M: R1 by 3 in T7; failover rebuild fixes each",
        "M",
    ),
    Case(ClaimKind.DOMAIN_IS_SOUND, DEAD, UNKNOWN, "M does not answer", "M"),
    Case(
        ClaimKind.DOMAIN_IS_SOUND,
        sound_domain(silent("R2")),
        YES,
        "1 replicas are OK under M; unreachable as before: R2",
        "M",
        by=Circumstances(excused=frozenset({"R2"})),
    ),
    Case(ClaimKind.OTHERS_ARE_BACK, DEAD, UNKNOWN, "M does not answer", "M"),
    Case(
        ClaimKind.OTHERS_ARE_BACK,
        HEALTHY,
        YES,
        "2 replicas that were OK are OK under M",
        "M",
        by=Circumstances(healthy=frozenset({"R1", "R2"})),
    ),
    Case(
        ClaimKind.ERROR_LOG_IS_CLEAN,
        sound_domain(host("R1", Role.REPLICA, errlog=None)),
        UNKNOWN,
        "the error log of R1 could not be read",
    ),
    Case(
        ClaimKind.ERROR_LOG_IS_CLEAN,
        sound_domain(host("R1", Role.REPLICA, errlog=ErrorLog(1, ("servc: Checksum mismatch from 192.0.2.1",)))),
        NO,
        "the error log of R1 has: servc: Checksum mismatch from 192.0.2.1 (a wrong node key)",
    ),
    Case(
        ClaimKind.ERROR_LOG_IS_CLEAN,
        sound_domain(host("R1", Role.REPLICA, errlog=None)),
        YES,
        "the error log of R1 is accepted as it is",
        by=taken(Guard.ERROR_LOG),
    ),
)


@pytest.mark.parametrize("case", COPIES, ids=lambda case: f"{case.claim}: {case.sentence}")
def test_what_a_copy_has_is_judged_with_its_reason(case: Case) -> None:
    """What cannot be read is unknown, and never nothing."""
    assert judged(case) == (case.truth, case.sentence)


@pytest.mark.parametrize("case", DOMAINS, ids=lambda case: f"{case.claim}: {case.sentence}")
def test_the_state_of_a_domain_is_judged_with_its_reason(case: Case) -> None:
    """What the master does not say of a replica is not known of it."""
    assert judged(case) == (case.truth, case.sentence)


@pytest.mark.parametrize(
    ("known", "is_told"),
    [
        ({"evidence_since": 1.0}, True),
        ({"evidence_since": -2 * 86400.0}, False),
        ({"knowledge_gap": "the state file is missing"}, True),
        ({"evidence_since": -2 * 86400.0, "knowledge_gap": "too old"}, False),
        ({}, False),
    ],
    ids=["lost today", "old enough", "no file", "a file that is too old", "nothing said"],
)
def test_a_lost_state_file_is_a_note_in_every_plan_of_a_new_master(known: dict[str, Any], *, is_told: bool) -> None:
    """It says since when evidence exists, and refuses nothing: replicas are judged as after a first start."""
    notes = [
        each
        for each in found(Procedure.PROMOTE, "R1", replace(dead_master(), **known))
        if (each.guard, each.source) == (Guard.UNSOUND_COPY, "state file")
    ]
    assert bool(notes) is is_told
    assert {each.level for each in notes} <= {Level.NOTE}
