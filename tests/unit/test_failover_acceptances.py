"""What an acceptance covers, what it is bound to, and when one is an error."""

from dataclasses import replace

import pytest

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import Acceptance, Acceptances, Finding, Guard, Level
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.plan import make_plan
from boks_exporter.failover.preflight import (
    NoSuchFindingError,
    NotAcceptableError,
    PlanQuestion,
    argument,
    blocking_findings,
    candidates,
    check_existing,
    exit_for,
    findings_of,
    next_master_by,
)
from boks_exporter.failover.procedure import Procedure
from boks_exporter.model import Environment, Host, Promotion, Role
from boks_exporter.replication import CopyEvidence
from tests.unit.domain_rounds import silent
from tests.unit.failover_claims import stopped
from tests.unit.failover_facts import dead_master, host, sound_domain

BEHIND, UNPROVEN = Guard.BEHIND_BEST, Guard.OLD_MASTER_UNPROVEN

COVERS = {
    "its guard": (Acceptance(BEHIND, ""), BEHIND, "R1", 3, True),
    "another guard": (Acceptance(BEHIND, ""), Guard.SHM_SIZE, "R1", 3, False),
    "its host": (Acceptance(BEHIND, "", "R1"), BEHIND, "R1", 3, True),
    "another host": (Acceptance(BEHIND, "", "R1"), BEHIND, "R2", 3, False),
    "no host": (Acceptance(BEHIND, "", "R1"), BEHIND, None, 3, False),
    "its value": (Acceptance(BEHIND, "", value="3"), BEHIND, "R1", 3, True),
    "less": (Acceptance(BEHIND, "", value="3"), BEHIND, "R1", 2, True),
    "more": (Acceptance(BEHIND, "", value="3"), BEHIND, "R1", 4, False),
    "no amount": (Acceptance(BEHIND, "", value="3"), BEHIND, "R1", None, True),
    "its value is no number": (Acceptance(BEHIND, "", value="lagging"), BEHIND, "R1", 4, True),
    "named hosts only, its host": (Acceptance(UNPROVEN, "", "M"), UNPROVEN, "M", None, True),
    "named hosts only, without one": (Acceptance(UNPROVEN, ""), UNPROVEN, "M", None, False),
    "named hosts only, not asked": (Acceptance(Guard.HOSTS_NOT_ASKED, ""), Guard.HOSTS_NOT_ASKED, "M", None, False),
    "named hosts only, successor": (Acceptance(Guard.SUCCESSOR_UNKNOWN, ""), Guard.SUCCESSOR_UNKNOWN, "M", None, False),
    "named hosts only, none is known": (Acceptance(UNPROVEN, ""), UNPROVEN, None, None, True),
}


@pytest.mark.parametrize(("entry", "guard", "name", "amount", "covers"), COVERS.values(), ids=COVERS)
def test_an_acceptance_covers_the_host_and_the_value_that_were_shown(
    entry: Acceptance, guard: Guard, name: str | None, amount: int | None, covers: bool
) -> None:
    assert Acceptances((entry,)).cover(guard, name, amount) is covers


def finding(guard: Guard = BEHIND, level: Level = Level.REFUSE, name: str | None = "R1", value: str = "3") -> Finding:
    return Finding(guard, level, "so", name, value)


@pytest.mark.parametrize("guard", [Guard.UPDATES_ONLY_HERE, BEHIND, Guard.BEHIND_LAST_MASTER])
@pytest.mark.parametrize(
    ("shown", "amount", "covers"),
    [("5", 5, True), ("5", 6, False), (None, 1, False), (None, 0, True), (None, None, True)],
)
def test_no_more_updates_are_accepted_as_lost_than_were_shown(
    guard: Guard, shown: str | None, amount: int | None, covers: bool
) -> None:
    """None where their amount was unknown; of other findings without a value, any is accepted."""
    given = Acceptances((Acceptance(guard, "why", "R2"), Acceptance(Guard.SHM_SIZE, "why")))
    bound = given.bound((Finding(guard, Level.UNKNOWN, "so", "R2", shown), finding(Guard.SHM_SIZE, value="")))
    assert bound.cover(guard, "R2", amount) is covers
    assert bound.cover(Guard.SHM_SIZE, "R1", 7)


def test_acceptances_are_bound_to_what_was_shown() -> None:
    """To each host and value; a note binds nothing; what accepts nothing that was shown stays as it is."""
    shown = (finding(), finding(name="R2", value="5"), finding(level=Level.NOTE, name="M"), finding(Guard.SHM_SIZE))
    bound = Acceptances((Acceptance(BEHIND, "why"), Acceptance(Guard.ERROR_LOG, "read"))).bound(shown)
    assert bound.entries == (
        Acceptance(BEHIND, "why", "R1", "3"),
        Acceptance(BEHIND, "why", "R2", "5"),
        Acceptance(Guard.ERROR_LOG, "read", value="0"),
    )
    assert [each in bound for each in (finding(), finding(value="4"), finding(name="R3"))] == [True, False, False]


@pytest.mark.parametrize(
    ("guard", "name", "shown", "repeated"),
    [
        (UNPROVEN, "M", "old_master_unproven=M", "old_master_unproven=M"),
        (UNPROVEN, None, "old_master_unproven", "old_master_unproven"),
        (BEHIND, "R1", "behind_best", "behind_best=R1"),
    ],
)
def test_an_argument_names_the_host_only_where_it_has_to_be_typed(
    guard: Guard, name: str | None, shown: str, repeated: str
) -> None:
    """What was accepted for one host is repeated for that host: a next command accepts no more than was typed."""
    assert argument(finding(guard, name=name)) == shown
    assert str(Acceptance(guard, "", name)) == repeated


SHM = host("R2", Role.REPLICA, environment=Environment("server", 8000))
EXISTING: dict[str, tuple[Procedure, FailoverFacts, Acceptance, bool]] = {
    "a finding": (Procedure.SWITCHOVER, sound_domain(SHM), Acceptance(Guard.SHM_SIZE, ""), True),
    "a finding of that host": (Procedure.SWITCHOVER, sound_domain(SHM), Acceptance(Guard.SHM_SIZE, "", "R2"), True),
    "no finding of that host": (Procedure.SWITCHOVER, sound_domain(SHM), Acceptance(Guard.SHM_SIZE, "", "R1"), False),
    "no finding": (Procedure.SWITCHOVER, sound_domain(), Acceptance(Guard.SHM_SIZE, ""), False),
    "another finding": (Procedure.SWITCHOVER, sound_domain(SHM), Acceptance(Guard.METHOD_CONF, ""), False),
    "a note": (Procedure.PROMOTE, dead_master(), Acceptance(BEHIND, ""), False),
    "a step compares": (Procedure.SWITCHOVER, sound_domain(), Acceptance(Guard.BEHIND_LAST_MASTER, ""), True),
    "a step moves aside": (Procedure.REBUILD, sound_domain(), Acceptance(Guard.BEHIND_LAST_MASTER, ""), True),
    "a step moves updates aside": (Procedure.REBUILD, sound_domain(), Acceptance(Guard.UPDATES_ONLY_HERE, ""), True),
    "no client has files": (Procedure.REBUILD, sound_domain(), Acceptance(Guard.STALE_DATABASE, ""), False),
    "no step moves files aside": (Procedure.PROMOTE, dead_master(), Acceptance(Guard.STALE_DATABASE, ""), False),
    "a step waits for the type": (Procedure.REBUILD, sound_domain(), Acceptance(Guard.NOT_REGISTERED, ""), True),
    "no step waits for the type": (Procedure.PROMOTE, dead_master(), Acceptance(Guard.NOT_REGISTERED, ""), False),
    "a step reads the log": (Procedure.PROMOTE, dead_master(), Acceptance(Guard.ERROR_LOG, ""), True),
    "no step reads the log": (Procedure.REBUILD, sound_domain(), Acceptance(Guard.ERROR_LOG, ""), False),
}


@pytest.mark.parametrize(("procedure", "facts", "entry", "exists"), EXISTING.values(), ids=EXISTING)
def test_what_neither_a_finding_nor_a_step_needs_cannot_be_accepted(
    procedure: Procedure, facts: FailoverFacts, entry: Acceptance, exists: bool
) -> None:
    plan = make_plan(procedure, "R1", facts)
    findings = findings_of(PlanQuestion(plan, facts, FailoverLimits()))
    if exists:
        check_existing(Acceptances((entry,)), plan, findings)
    else:
        with pytest.raises(NoSuchFindingError, match=entry.guard) as raised:
            check_existing(Acceptances((entry,)), plan, findings)
        assert raised.value.entry == entry


@pytest.mark.parametrize("guard", [Guard.RUN_OPEN, Guard.HOST_LOCKED, Guard.HOST_BUSY])
def test_what_holds_a_lock_has_an_exit_code_of_its_own_and_cannot_be_accepted(guard: Guard) -> None:
    assert exit_for((finding(), finding(guard))) is Exit.LOCKED
    with pytest.raises(NotAcceptableError, match=guard):
        blocking_findings((finding(guard),), Acceptances((Acceptance(guard, ""),)))


NEVER = tuple(
    replace(Host(name, f"192.0.2.{place}"), promotion=Promotion.NEVER if name == "R1" else Promotion.NEUTRAL)
    for place, name in enumerate(("M", "R1", "R2", "C"), 1)
)
NEVER_R2 = tuple(replace(each, promotion=Promotion.NEVER if each.name == "R2" else Promotion.NEUTRAL) for each in NEVER)
DELFT = tuple(replace(each, promotion=Promotion.NEUTRAL, site="Delft" if each.name == "R1" else "") for each in NEVER)
SHM_AND_LOG = host("R2", Role.REPLICA, environment=Environment("server", 8000), errlog=None)
LESS = host("R1", Role.REPLICA, {7: 99, 9: 50})
RANKS: dict[str, tuple[FailoverFacts, list[str]]] = {
    "equal": (dead_master(), ["R1", "R2"]),
    "behind": (dead_master(host("R1", Role.REPLICA, {7: 99, 9: 50})), ["R2", "R1"]),
    "lacks a table": (dead_master(host("R1", Role.REPLICA, {7: 100})), ["R2", "R1"]),
    "does not answer": (dead_master(silent("R1")), ["R2"]),
    "diverged": (dead_master(evidence={"R1": CopyEvidence(diverged_since=1.0)}), ["R2", "R1"]),
    "a note": (dead_master(hosts=DELFT), ["R1", "R2"]),
    "behind, and the best has many other findings": (
        dead_master(
            host("R1", Role.REPLICA, {7: 99, 9: 50}), SHM_AND_LOG, hosts=NEVER_R2, **stopped("R2", Role.REPLICA)
        ),
        ["R2", "R1"],
    ),
    "never": (dead_master(hosts=NEVER), ["R2", "R1"]),
}


@pytest.mark.parametrize(("facts", "names"), RANKS.values(), ids=RANKS)
def test_every_replica_that_answers_is_a_candidate_best_first(facts: FailoverFacts, names: list[str]) -> None:
    assert [each.host for each in candidates(facts, FailoverLimits())] == names


def test_a_candidate_shows_what_refuses_it_apart_from_what_is_unknown_or_noted() -> None:
    first, _ = candidates(dead_master(SHM), FailoverLimits())
    assert first.is_possible
    assert {each.level for each in first.findings} == set(Level)
    assert not first.is_free
    assert next_master_by(dead_master()) is Procedure.PROMOTE
    assert next_master_by(sound_domain()) is Procedure.SWITCHOVER
