"""What a copy may have alone: forks of forks, copies that were not read, and what an old master sent later."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from boks_exporter.app.failover_wiring import _last_readings
from boks_exporter.failover.facts import FailoverFacts, Reading
from boks_exporter.failover.findings import Acceptance, Acceptances, Guard, Level
from boks_exporter.failover.journal_facts import DeclaredLost, ForkPoint, JournalView
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.plan import make_plan
from boks_exporter.failover.preflight import PlanQuestion, findings_of
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.proofs import Certainty, Circumstances
from boks_exporter.failover.proofs.copies import is_as_advanced, is_contained, unread_seconds
from boks_exporter.failover.proofs.own_updates import has_nothing_alone, own_updates
from boks_exporter.failover.runner.fork import fork_point
from boks_exporter.model import Role
from boks_exporter.replication import CopyEvidence, History, Lead
from tests.unit.domain_rounds import STAMP, silent
from tests.unit.failover_facts import dead_master, found, host, sound_domain

NUMBERS = {7: (90, STAMP), 9: (50, STAMP)}
ASKED: Mapping[str, Mapping[int, int]] = {"R1": {}, "R2": {}, "C": {}}
FORK = ForkPoint("run", "M", "R1", NUMBERS, ASKED, 10.0)
R1_MASTER = host("R1", Role.MASTER, {7: 100, 9: 50}, 0.0)
LATER = Reading("M", {7: (95, STAMP), 9: (50, STAMP)}, 20.0, "read later")


def after(*outcomes: Any, forks: tuple[ForkPoint, ...] = (FORK,), **more: Any) -> FailoverFacts:
    """R1 became master instead of M."""
    known = {key: more.pop(key) for key in ("removed", "lost") if key in more}
    return sound_domain(R1_MASTER, *outcomes, journal=JournalView(forks=forks, **known), **more)


M_CLIENT, M_REPLICA, M_AWAY = host("M", Role.CLIENT), host("M", Role.REPLICA), silent("M")
R2_CLIENT = host("R2", Role.CLIENT)
UNASKED = replace(FORK, above={})
R2_UNREAD = replace(FORK, above={"R1": {}})
LOST = {"M": DeclaredLost("M", "anna", "burnt", 0.0)}


class Case(NamedTuple):
    """A copy after a change of master."""

    copy: str
    facts: FailoverFacts
    expected: Certainty


CASES = {
    "a replica that was read, and the old master is a client now": Case("R2", after(M_CLIENT), Certainty.YES),
    "a replica that was not read": Case("R2", after(M_CLIENT, forks=(R2_UNREAD,)), Certainty.UNKNOWN),
    "a client that was never read": Case("R2", after(M_CLIENT, R2_CLIENT, forks=(R2_UNREAD,)), Certainty.UNKNOWN),
    "a client that was read later": Case(
        "R2",
        after(M_CLIENT, R2_CLIENT, readings={"R2": Reading("R2", NUMBERS, 20.0, "read later")}, forks=(R2_UNREAD,)),
        Certainty.YES,
    ),
    "the old master shows what the new one sent": Case(
        "R2", after(M_REPLICA, forks=(replace(FORK, at=0.5),)), Certainty.YES
    ),
    "it was reloaded since": Case("R2", after(M_CLIENT, forks=(R2_UNREAD,), removed={"R2": 11.0}), Certainty.YES),
    "it was reloaded at that instant": Case(
        "R2", after(M_CLIENT, forks=(R2_UNREAD,), removed={"R2": 10.0}), Certainty.UNKNOWN
    ),
    "it was reloaded before": Case("R2", after(M_CLIENT, forks=(R2_UNREAD,), removed={"R2": 9.0}), Certainty.UNKNOWN),
    "an old master that follows the new one": Case("M", after(M_REPLICA), Certainty.UNKNOWN),
    "one that was proven to have no more": Case(
        "M", after(M_REPLICA, forks=(replace(FORK, above={**ASKED, "M": {}}),)), Certainty.YES
    ),
    "others were not asked": Case("R2", after(M_CLIENT, forks=(UNASKED,)), Certainty.YES),
    "others were not asked, and the old master follows": Case(
        "M", after(M_REPLICA, forks=(UNASKED,)), Certainty.UNKNOWN
    ),
    "the old master may have gone on": Case("R2", after(M_AWAY), Certainty.UNKNOWN),
    "it was proven out": Case("R2", after(M_AWAY, forks=(replace(FORK, above={**ASKED, "M": {}}),)), Certainty.YES),
    "it was reloaded": Case("R2", after(M_AWAY, removed={"M": 11.0}), Certainty.YES),
    "it is lost": Case("R2", after(M_AWAY, lost=LOST), Certainty.YES),
    "it has gone on": Case("R2", after(M_CLIENT, readings={"M": LATER}), Certainty.UNKNOWN),
    "what it had was known": Case(
        "R2",
        after(M_CLIENT, readings={"M": LATER}, forks=(replace(FORK, above={**ASKED, "M": {7: 5}}),)),
        Certainty.YES,
    ),
    "it was read before the change": Case(
        "R2", after(M_CLIENT, readings={"M": replace(LATER, read_at=10.0)}), Certainty.YES
    ),
    "its updates came from the new master": Case("R2", after(M_REPLICA, readings={"M": LATER}), Certainty.YES),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_copy_has_nothing_alone_only_where_that_is_known(case: Case) -> None:
    assert has_nothing_alone(case.facts, case.copy, "R1").truth is case.expected


def test_a_replica_that_a_rebuild_takes_apart_is_judged_as_one_until_the_end() -> None:
    """Its numbers came from the master, whatever its role is by then; a former master's are compared."""
    facts = after(M_CLIENT, readings={"M": LATER})
    assert own_updates(facts, "M") == {7: 5}
    assert own_updates(facts, "M", Circumstances(rebuilt="M")) == {}
    assert has_nothing_alone(facts, "M", "R1", Circumstances(rebuilt="M")).truth is Certainty.UNKNOWN


BACK = ForkPoint("later", "R1", "M", {7: (120, STAMP), 9: (50, STAMP)}, {}, 20.0)


def test_a_copy_that_became_master_is_not_judged_by_changes_before_that() -> None:
    """The line is its own since then, as long as no change is missing between it and the present master."""
    above = replace(FORK, above={**ASKED, "M": {7: 5}})
    on = ForkPoint("last", "M", "R2", {7: (130, STAMP), 9: (50, STAMP)}, {"R2": {}, "M": {}}, 30.0)
    proven = {"M": CopyEvidence({7: Lead(5.0, 15.0, 5, 95)})}
    master, r1 = host("R2", Role.MASTER, at=0.0), host("R1", Role.REPLICA)
    own = sound_domain(master, r1, M_CLIENT, journal=JournalView(forks=(above, BACK, on)), evidence=proven)
    assert own_updates(own, "M") == {}
    for forks in (
        (above, BACK, replace(on, old_master="C")),
        (above, BACK),
        (above, replace(BACK, new_master="C"), on),
    ):
        assert own_updates(replace(own, journal=JournalView(forks=forks)), "M") == {7: 5}


def test_a_candidate_with_updates_of_its_own_forks_where_they_begin() -> None:
    """What others have under the same numbers are other updates, and so it is for what an old master shows later."""
    plan = replace(make_plan(Procedure.PROMOTE, "R1", dead_master()), master="M")
    forked = ForkPoint("run", "M", "R2", NUMBERS, {"R2": {}, "R1": {7: 10}}, 10.0)
    by_fork = fork_point("run", plan, dead_master(journal=JournalView(forks=(forked,))))
    assert by_fork.numbers == NUMBERS
    assert by_fork.above == {"R1": {}, "R2": {7: 10}, "C": {}, "M": {7: 10}}
    leads = {"R1": CopyEvidence({7: Lead(5.0, 5.0, 13, 98), 8: Lead(5.0, 5.0, 13, 98)})}
    by_evidence = fork_point("run", plan, dead_master(evidence=leads))
    assert by_evidence.numbers == {7: (85, STAMP), 9: (50, STAMP)}
    assert by_evidence.above["R2"] == {7: 15}


def test_a_stopped_old_master_is_known_where_its_last_reading_is_final() -> None:
    plan = replace(make_plan(Procedure.PROMOTE, "R1", dead_master()), master="M")
    last = Reading("M", NUMBERS, 0.0, "as it stood")
    for is_final in (True, False):
        facts = dead_master(M_CLIENT, readings={"M": replace(last, is_final=is_final)}, gates={})
        without = replace(facts, gates={"M": replace(facts.gates["M"], readiness=None)})
        assert ("M" in fork_point("run", plan, without).above) is is_final


def test_a_switchover_to_a_copy_with_updates_of_its_own_asks_about_those_of_the_master() -> None:
    """The master's database is moved aside in the end."""
    leads = {"R1": CopyEvidence({7: Lead(5.0, 5.0, 13, 98)})}
    findings = found(Procedure.SWITCHOVER, "R1", sound_domain(evidence=leads))
    assert [(each.host, each.value) for each in findings if each.guard is Guard.UPDATES_ONLY_HERE] == [("M", "15")]
    assert Guard.UPDATES_ONLY_HERE not in {each.guard for each in found(Procedure.SWITCHOVER, "R1", sound_domain())}


def test_what_was_shown_of_a_master_before_a_switchover_is_what_the_last_step_counts() -> None:
    """In all tables: otherwise what was accepted is less than what is moved aside, past the point of no return."""
    leads = {"R1": CopyEvidence({7: Lead(5.0, 5.0, 13, 98), 9: Lead(5.0, 5.0, 3, 48)})}
    before, plan = sound_domain(evidence=leads), make_plan(Procedure.SWITCHOVER, "R1", sound_domain())
    shown = [each for each in found(Procedure.SWITCHOVER, "R1", before) if each.guard is Guard.UPDATES_ONLY_HERE]
    last = Reading("M", {7: (100, STAMP), 9: (50, STAMP)}, 20.0, "as it stood", is_final=True)
    stopped = after(M_CLIENT, forks=(fork_point("run", plan, before),), readings={"M": last})
    amount = is_contained(stopped, "M", "R1", Circumstances())[1]
    assert (amount, [each.value for each in shown]) == (20, ["20"])
    resumed = [each for each in findings_of(PlanQuestion(plan, stopped, FailoverLimits())) if each.host == "M"]
    assert (Guard.UPDATES_ONLY_HERE, Level.REFUSE, "20") in [(each.guard, each.level, each.value) for each in resumed]
    same = after(M_CLIENT, forks=(fork_point("run", plan, sound_domain()),), readings={"M": last})
    assert Guard.UPDATES_ONLY_HERE not in {
        each.guard for each in findings_of(PlanQuestion(plan, same, FailoverLimits()))
    }


def test_the_last_numbers_of_replicas_are_known_from_the_state_file() -> None:
    """One that is silent since then can have more than the candidate."""
    kept = History(
        floors={"R2": {7: 103}, "R1": {7: 100}}, stamps={"R2": {7: STAMP}}, failing={"R2": 40.0}, recorded_at=50.0
    )
    readings = _last_readings(kept)
    assert {name: (each.numbers, each.read_at, each.is_final) for name, each in readings.items()} == {
        "R2": ({7: (103, STAMP)}, 40.0, False),
        "R1": ({7: (100, None)}, 50.0, False),
    }
    assert _last_readings(replace(kept, recorded_at=None)) == {}


def test_a_master_that_was_read_last_as_a_replica_may_have_written_since() -> None:
    """It was not reached when it became master, nor later; its first failed poll says nothing of what it wrote."""
    made = ForkPoint("run", "C", "M", NUMBERS, {}, 1.0)
    facts = replace(dead_master(journal=JournalView(forks=(made,))), seen_at=300.0, failing_since={"M": 2.0})
    for role, level in ((Role.REPLICA, Level.UNKNOWN), (Role.MASTER, Level.NOTE)):
        findings = found(Procedure.PROMOTE, "R1", replace(facts, last_roles={"M": role}))
        assert [each.level for each in findings if each.guard is Guard.BEHIND_LAST_MASTER] == [level]


def test_what_a_copy_has_alone_is_counted_by_table_and_for_an_old_master_by_what_it_shows_later() -> None:
    leads = {"R1": CopyEvidence({7: Lead(5.0, 5.0, 13, 98), 9: Lead(5.0, 5.0, 3, 50)})}
    assert own_updates(sound_domain(evidence=leads), "R1") == {7: 13, 9: 3}
    reloaded = sound_domain(evidence=leads, journal=JournalView(removed={"R1": 5.0}))
    assert own_updates(reloaded, "R1") == {7: 13, 9: 3}, "at the instant of the evidence is not after it"
    more_here = sound_domain(host("R1", Role.REPLICA, {7: 100, 9: 55}), evidence=leads)
    assert is_contained(more_here, "R1", "M", Circumstances())[1] == 16
    known = replace(FORK, above={**ASKED, "M": {}})
    assert own_updates(after(M_CLIENT, readings={"M": LATER}, forks=(known,)), "M") == {7: 5}
    more = {"R2": replace(LATER, host="R2")}
    assert own_updates(after(M_CLIENT, R2_CLIENT, readings=more, forks=(R2_UNREAD,)), "R2") == {7: 5}
    assert own_updates(after(M_CLIENT, R2_CLIENT, forks=(R2_UNREAD,)), "R2") == {}


@pytest.mark.parametrize(
    ("failed_at", "role", "seconds"),
    [(None, None, 300.0), (110.0, None, 10.0), (95.0, None, 300.0), (110.0, Role.REPLICA, 300.0)],
)
def test_a_host_may_have_written_unread_until_its_first_failed_poll_after_the_reading(
    failed_at: float | None, role: Role | None, seconds: float
) -> None:
    """Until this round where that is not recorded, or where it became master unseen."""
    failing, roles = {"M": failed_at} if failed_at else {}, {"M": role} if role else {}
    facts = replace(dead_master(failing_since=failing, last_roles=roles), seen_at=400.0)
    assert unread_seconds(facts, Reading("M", NUMBERS, 100.0, "read")) == seconds


@pytest.mark.parametrize(
    ("guard", "truth"),
    [(Guard.BEHIND_LAST_MASTER, Certainty.YES), (Guard.UPDATES_ONLY_HERE, Certainty.UNKNOWN)],
)
def test_what_the_last_master_may_have_written_is_accepted_under_its_name_alone(guard: Guard, truth: Certainty) -> None:
    by = Circumstances(accepted=Acceptances((Acceptance(guard, "so"),)))
    assert is_as_advanced(dead_master(), "R1", "M", by).truth is truth
