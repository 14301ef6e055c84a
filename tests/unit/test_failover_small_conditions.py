"""Conditions of guards and of results that decide alone, each in a world that differs in that one fact."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.findings import Acceptance, Acceptances, Guard
from boks_exporter.failover.journal_facts import ForkPoint, JournalView, Maintenance
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.plan import make_plan
from boks_exporter.failover.preflight import NoSuchFindingError, candidates, check_existing
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.proofs.conflict import conflict_of
from boks_exporter.failover.proofs.copies import of_other_generation
from boks_exporter.failover.runner.result import (
    FingerprintError,
    NextCommand,
    repeat_options,
    validate_fingerprint,
)
from boks_exporter.failover.runner.verify import verified
from boks_exporter.health import ReplicaState
from boks_exporter.model import Promotion, ReplicaList, Role, SequenceReport
from boks_exporter.replication import CopyEvidence, Lead
from tests.unit.domain_rounds import NUMBERS, STAMP, answers, listed, silent
from tests.unit.failover_claims import HEALTHY
from tests.unit.failover_facts import dead_master, found, host, ready, sound_domain
from tests.unit.failover_judged import ADD, PROMOTE, REBUILD, RETIRE, SWITCHOVER, World, judged
from tests.unit.runner_tools import Script
from tests.unit.test_failover_guards_of_copies import BAD_LOG
from tests.unit.test_failover_guards_of_settings import KNOWN, TWO_IN_DELFT, hosts
from tests.unit.test_failover_unread import hiding

NOW = HEALTHY.seen_at
R1_MASTER = host("R1", Role.MASTER, at=0.0)


def fork(old: str, new: str, at: float) -> ForkPoint:
    return ForkPoint("", old, new, {7: (100, STAMP), 9: (50, STAMP)}, {}, at)


def window(name: str, **more: Any) -> dict[str, Any]:
    known = {"domain": "bank", "started_at": 0.0, "until": NOW + 60.0, "reason": "disks", "owner": "bob", **more}
    return {"journal": JournalView(windows=(Maintenance(host=name, **known),))}


HIDDEN = sound_domain(hiding("R2"))
MADE_AGAIN = (fork("M", "R1", 1.0), fork("R1", "M", 2.0), fork("R2", "R1", 3.0))
BEHIND = {"readings": {}, "seen_forks": (fork("M", "R2", 1.0),)}
NOT_HERE = {"database_present": False}
WORLDS = {
    "retired, and who replaced it when it was master again is unknown": World(
        RETIRE,
        sound_domain(R1_MASTER, host("M", Role.CLIENT), seen_forks=MADE_AGAIN),
        ("unknown fork_point_unknown M", "unknown updates_only_here M"),
        target="M",
    ),
    "promoted, and the last known new master is a replica again": World(
        PROMOTE,
        dead_master(**BEHIND),
        ("note behind_best R1", "unknown behind_last_master M", "unknown old_master_unproven M"),
    ),
    "added, at a site without a replica": World(
        ADD,
        sound_domain(hosts=hosts(C={"site": "Delft"}), gates={"C": ready("C", Role.CLIENT, **NOT_HERE)}, **KNOWN),
        target="C",
    ),
    "rebuilt, and a gate reports another master": World(
        REBUILD,
        sound_domain(gates={"R2": ready("R2", Role.MASTER)}),
        ("refuse master_unsound M", "refuse several_masters R2"),
    ),
    "no plan, and its host is under maintenance": World(
        REBUILD,
        dead_master(**window("R1")),
        ("refuse last_copy R1", "refuse no_master", "refuse under_maintenance R1", "unknown old_master_unproven M"),
    ),
    "its maintenance was ended": World(REBUILD, sound_domain(**window("R1", ended_at=NOW - 5.0))),
}


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_one_fact_decides_what_the_guards_find(world: World) -> None:
    assert judged(world) == world.expected


def test_a_plan_keeps_which_replicas_were_ok() -> None:
    """Only for these the end of the run waits."""
    plan = make_plan(REBUILD, "R1", sound_domain(host("R2", Role.REPLICA, {7: 103, 9: 50})))
    assert (make_plan(REBUILD, "R1", HEALTHY).healthy, plan.healthy) == (("R1", "R2"), ("R1",))


@pytest.mark.parametrize(
    ("rounds", "polls"), [((HEALTHY,), 2), ((HIDDEN, HEALTHY), 2), ((HEALTHY, HIDDEN), 3), ((HIDDEN,), 3)]
)
async def test_a_domain_is_verified_twice_and_once_more_where_something_is_unknown(
    rounds: tuple[FailoverFacts, ...], polls: int
) -> None:
    script = Script.of(observe=rounds)
    survey: Any = SimpleNamespace(observe=lambda _: script.answer("observe"), clock=script.tools().clock)
    await verified(survey, FailoverLimits(), JournalView())
    assert (len(script.asked), script.pauses) == (polls, [3.0] * (polls - 1))


def test_a_master_of_another_generation_is_one_of_the_servers_that_are_compared() -> None:
    others = [answers(name, Role.REPLICA, NUMBERS, stamps={7: STAMP + 86400.0}) for name in ("R1", "R2")]
    assert of_other_generation(sound_domain(*others), "R1") == ("M",)


def test_an_acceptance_without_a_finding_is_named() -> None:
    assert Guard.FROZEN in str(NoSuchFindingError(Acceptance(Guard.FROZEN, "so")))
    assert str(NoSuchFindingError(Acceptance(Guard.FROZEN, "so", "R7"))).count("R7") == 2


LEADS = {"evidence": {"R1": CopyEvidence({7: Lead(5.0, 5.0, 13, 98), 9: Lead(5.0, 5.0, 3, 50)})}}
EMPTY_M = dead_master(replace(host("M", Role.MASTER), sequences=SequenceReport(())))
UNREAD_M = dead_master(replace(host("M", Role.MASTER), sequences=None), **LEADS)


@pytest.mark.parametrize(
    ("procedure", "facts", "lost"),
    [
        (SWITCHOVER, sound_domain(**LEADS), [("refuse", "M", "18")]),
        (SWITCHOVER, UNREAD_M, []),
        (REBUILD, UNREAD_M, []),
        (REBUILD, EMPTY_M, [("unknown", "R1", None)]),
    ],
    ids=["all tables that lack some", "none are shown", "nor for a replica that is rebuilt", "no table is shown"],
)
def test_what_a_copy_would_lose_is_judged_where_the_master_shows_its_numbers(
    procedure: Procedure, facts: FailoverFacts, lost: list[tuple[str, str, str | None]]
) -> None:
    """Where it does not, that is a finding of its own."""
    several = [each for each in found(procedure, "R1", facts) if each.guard is Guard.UPDATES_ONLY_HERE]
    assert [(each.level, each.host, each.value) for each in several] == lost
    assert Guard.MASTER_UNSOUND in {each.guard for each in found(procedure, "R1", UNREAD_M)}


def test_a_host_that_is_never_promoted_is_refused_with_that_value() -> None:
    (never,) = [
        each
        for each in found(SWITCHOVER, "R1", sound_domain(hosts=hosts(R1={"promotion": Promotion.NEVER})))
        if each.guard is Guard.PROMOTION_NEVER
    ]
    assert never.value == Promotion.NEVER


@pytest.mark.parametrize("fingerprint", ["", "0123456789abcde", "0123456789abcdeg", "0123456789abcdef0"])
def test_only_a_whole_fingerprint_is_one(fingerprint: str) -> None:
    with pytest.raises(FingerprintError):
        validate_fingerprint(fingerprint)
    validate_fingerprint("0123456789ABCDEF")


def test_the_next_command_repeats_the_options_of_this_one() -> None:
    repeat_options(("--domain", "bank"))
    try:
        assert str(NextCommand("resume", ("run",))).endswith("resume run --domain bank")
    finally:
        repeat_options(())


def test_a_promotion_consults_no_acceptance_about_the_last_master_without_a_finding() -> None:
    entry = Acceptances((Acceptance(Guard.BEHIND_LAST_MASTER, "so", "R1"),))
    with pytest.raises(NoSuchFindingError):
        check_existing(entry, make_plan(PROMOTE, "R1", dead_master()), ())


def test_of_two_candidates_with_one_finding_each_the_one_that_is_never_promoted_is_last() -> None:
    facts = sound_domain(host("R2", Role.REPLICA, **BAD_LOG), hosts=hosts(R1={"promotion": Promotion.NEVER}))
    assert [each.host for each in candidates(facts, FailoverLimits())] == ["R2", "R1"]


ALONE, TOGETHER = dead_master(silent("R2"), hosts=TWO_IN_DELFT), dead_master(hosts=TWO_IN_DELFT)


@pytest.mark.parametrize(
    ("seen", "state", "is_last"),
    [
        (TOGETHER, ReplicaState.UNKNOWN, False),
        (TOGETHER, ReplicaState.LOADING, True),
        (ALONE, ReplicaState.UNKNOWN, True),
        (ALONE, ReplicaState.OK, True),
    ],
)
def test_a_site_is_served_by_a_replica_that_answers_and_of_which_nothing_is_known_against_it(
    seen: FailoverFacts, state: ReplicaState, is_last: bool
) -> None:
    """While there is no master, nothing more is known of any."""
    verdicts = tuple(replace(each, state=state) if each.host == "R2" else each for each in TOGETHER.health.hosts)
    facts = replace(seen, health=replace(TOGETHER.health, hosts=verdicts))
    assert (Guard.SITE in {each.guard for each in found(PROMOTE, "R1", facts)}) is is_last


def test_a_rebuild_leaves_one_host_otherwise_than_it_was() -> None:
    assert sum("(now: " in line for line in make_plan(REBUILD, "R1", HEALTHY).afterwards) == 1


def test_another_master_is_no_follower_of_one_whose_list_still_has_it() -> None:
    lines = tuple(listed(name) for name in ("R1", "R2"))
    master = host("M", Role.MASTER, at=0.0, replicas=ReplicaList(lines))
    followers = {each.host: each.followers for each in conflict_of(sound_domain(master, R1_MASTER))}
    assert followers["M"] == ("R2",)
