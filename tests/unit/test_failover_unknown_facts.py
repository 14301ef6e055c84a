"""A fact that is missing, stale or contradicted never lets a guard or a proof pass."""

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest

from boks_exporter.errors import FailureReason
from boks_exporter.failover.facts import FailoverFacts, Reading, Witness
from boks_exporter.failover.findings import Acceptance, Acceptances, Finding, Guard, Level
from boks_exporter.failover.journal_facts import DeclaredLost, ForkPoint, JournalView
from boks_exporter.failover.plan import make_plan
from boks_exporter.failover.preflight import NoSuchFindingError, check_existing
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.claims import ClaimKind
from boks_exporter.failover.proofs import Certainty, Circumstances
from boks_exporter.model import Observed, Reach, Role, Unreachable
from boks_exporter.parsing.env import parse_env
from tests.nonempty import nonempty
from tests.unit.domain_rounds import STAMP, silent
from tests.unit.failover_claims import NO, UNKNOWN, YES, Case, judged, mute, named, stopped
from tests.unit.failover_facts import dead_master, found, host, ready, sound_domain

LOST = JournalView(lost={"M": DeclaredLost("M", "anna", "burnt", 15.0)})
NUMBERS = {7: (100, STAMP), 9: (50, STAMP)}
OFF = named((Guard.OLD_MASTER_UNPROVEN, "M"))


def without_numbers(name: str, role: Role = Role.REPLICA, at: float = 1.0) -> Observed:
    """Return the answer of a server of whose numbers nothing can be read."""
    return replace(host(name, role, at=at), sequences=None)


def truth(kind: ClaimKind, facts: FailoverFacts, **more: Any) -> Certainty:
    return judged(Case(kind, facts, YES, "", **more))[0]


def levels(procedure: Procedure, target: str, facts: FailoverFacts, guard: Guard) -> list[tuple[Level, str | None]]:
    return [(each.level, each.host) for each in found(procedure, target, facts) if each.guard is guard]


# -- numbers that are not shown ----------------------------------------------------------------------------------------


def test_a_replica_without_readable_numbers_may_be_ahead_of_the_master() -> None:
    facts = sound_domain(without_numbers("R2"))
    assert truth(ClaimKind.NONE_IS_AHEAD, facts, host="M") is UNKNOWN
    assert truth(ClaimKind.NONE_IS_AHEAD, sound_domain(), host="M") is YES


@pytest.mark.parametrize("name", ["R1", "R2"])
def test_a_promotion_waits_for_a_server_that_shows_no_numbers(name: str) -> None:
    """It may be the most advanced one."""
    facts = dead_master(without_numbers(name))
    assert (Level.UNKNOWN, name) in levels(Procedure.PROMOTE, "R1", facts, Guard.UNREAD_TABLES)
    assert truth(ClaimKind.IS_BEST, facts) is not YES


def test_an_operator_who_read_the_numbers_accepts_that_a_server_does_not_show_them() -> None:
    facts = dead_master(without_numbers("R2"))
    accepted = Circumstances(accepted=Acceptances((Acceptance(Guard.UNREAD_TABLES, "read there", "R2"),)))
    assert truth(ClaimKind.IS_BEST, facts, by=accepted) is YES


# -- hosts that were declared lost -------------------------------------------------------------------------------------

REFUSED = Unreachable("M", 1.0, 2.0, FailureReason.AUTH, "the login was refused")
CAME_BACK = {
    "its sshd refuses the login": dead_master(REFUSED, journal=LOST),
    "its port is refused": dead_master(journal=LOST, witnesses=(Witness("R1", Reach.REFUSED, about="M"),)),
    "its operator's gate answers": dead_master(journal=LOST, gates={"M": ready("M", Role.UNKNOWN)}),
    "its role cannot be read": dead_master(host("M", Role.UNKNOWN), journal=LOST),
    "it was read since": dead_master(journal=LOST, readings={"M": Reading("M", NUMBERS, 16.0, "by hand")}),
}


@pytest.mark.parametrize("facts", CAME_BACK.values(), ids=CAME_BACK.keys())
def test_a_sign_of_life_ends_that_a_host_is_declared_lost(facts: FailoverFacts) -> None:
    """Until it is accepted again."""
    assert truth(ClaimKind.NOBODY_IS_MASTER, facts) is UNKNOWN
    assert (Level.UNKNOWN, "M") in levels(Procedure.PROMOTE, "R1", facts, Guard.OLD_MASTER_UNPROVEN)
    assert truth(ClaimKind.NOBODY_IS_MASTER, facts, by=OFF) is YES


def test_a_lost_host_that_was_no_master_is_asked_again_when_its_machine_is_up() -> None:
    lost = {"C": DeclaredLost("C", "anna", "burnt", 1.0)}
    up = replace(REFUSED, host="C")
    for outcome, expected in ((silent("C"), YES), (up, UNKNOWN)):
        facts = dead_master(outcome, journal=JournalView(lost=lost))
        assert truth(ClaimKind.NOBODY_IS_MASTER, facts, by=OFF) is expected


# -- gates that contradict what was polled -----------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.CLIENT, Role.REPLICA, Role.UNKNOWN])
def test_a_gate_that_reports_a_master_outweighs_what_was_polled(role: Role) -> None:
    """An ENV that two programs read differently, or that was changed between."""
    gates = {"C": ready("C", Role.MASTER)}
    dead = dead_master(host("C", role), gates=gates)
    assert truth(ClaimKind.NOBODY_IS_MASTER, dead, by=OFF) is NO
    assert (Level.REFUSE, "C") in levels(Procedure.PROMOTE, "R1", dead, Guard.MASTER_EXISTS)
    living = sound_domain(host("C", role), gates=gates)
    assert truth(ClaimKind.IS_MASTER_ALONE, living, host="M") is NO
    assert truth(ClaimKind.NO_OTHER_MASTER, living, host="M") is NO
    for procedure in (Procedure.REBUILD, Procedure.SWITCHOVER):
        assert levels(procedure, "R1", living, Guard.SEVERAL_MASTERS)


@pytest.mark.parametrize("own", ["R1", "r1.example.com", "r1"])
def test_a_machine_is_known_by_its_reply_where_its_operators_gate_does_not_answer(own: str) -> None:
    """R2 leads to R1: it is no second copy."""
    seen = host("R2", Role.REPLICA)
    facts = sound_domain(replace(seen, reply=replace(seen.reply, machine=own)), **mute("R2"))
    assert (Level.REFUSE, "R2") in levels(Procedure.REBUILD, "R1", facts, Guard.OTHER_HOST)


# -- other masters, and when they were replaced ------------------------------------------------------------------------


def test_boks_is_not_started_as_master_while_another_former_master_is_not_proven_out() -> None:
    """The old master was converted back; another host became master meanwhile, and is not reached."""
    facts = sound_domain(silent("R1"), **stopped("M", Role.MASTER), last_roles={"R1": Role.MASTER})
    by = Circumstances(old_master="M")
    assert truth(ClaimKind.MAY_START_AS_MASTER, facts, host="M", by=by) is UNKNOWN
    out = named((Guard.OLD_MASTER_UNPROVEN, "R1"), old_master="M")
    assert truth(ClaimKind.MAY_START_AS_MASTER, facts, host="M", by=out) is YES


def change(old: str, new: str, at: float) -> ForkPoint:
    return ForkPoint(f"run at {at}", old, new, NUMBERS, {}, at)


@pytest.mark.parametrize(
    ("changes", "is_known"),
    [
        ((change("M", "R1", 1.0),), True),
        ((change("R1", "M", 1.0), change("M", "R1", 2.0)), True),
        ((change("R2", "R1", 1.0),), False),
        ((change("M", "R1", 1.0), change("R1", "M", 2.0)), False),
        ((change("R2", "R1", 1.0), change("R1", "M", 2.0)), False),
        ((change("M", "R2", 1.0), change("R2", "R1", 2.0)), True),
    ],
)
def test_only_the_fork_point_at_which_the_retired_master_was_replaced_is_one(
    changes: tuple[ForkPoint, ...],
    is_known: bool,
) -> None:
    """An earlier change to the same master, or that of another host, has the numbers of another moment."""
    facts = sound_domain(
        host("M", Role.MASTER, at=0.0), host("R1", Role.MASTER, at=0.0), journal=JournalView(forks=changes)
    )
    assert (levels(Procedure.RETIRE, "M", facts, Guard.FORK_POINT_UNKNOWN) == []) is is_known


@pytest.mark.parametrize("readings", [{}, {"R2": Reading("R2", {7: (107, STAMP), 9: (50, STAMP)}, 11.0, "by hand")}])
def test_a_promotion_asks_what_a_master_had_of_which_only_the_journal_knows(readings: dict[str, Reading]) -> None:
    """The exporter was down when R2 replaced M; now R2 is dead too."""
    journal = JournalView(forks=(change("M", "R2", 5.0),), last_roles={"R2": Role.MASTER})
    known = {"M": Reading("M", NUMBERS, 1.0, "by hand")}
    facts = dead_master(silent("R2"), journal=journal, readings=known | readings, failing_since={"M": 2.0, "R2": 20.0})
    asked = [each for each in found(Procedure.PROMOTE, "R1", facts) if each.guard is Guard.BEHIND_LAST_MASTER]
    about = [each for each in asked if each.matters and "R2" in each.sentence]
    assert [(each.level, each.value) for each in about] == [(Level.REFUSE, "7") if readings else (Level.UNKNOWN, None)]
    replaced = replace(facts, journal=JournalView(forks=(*journal.forks, change("R2", "M", 6.0))))
    assert not any(each.matters for each in found(Procedure.PROMOTE, "R1", replaced) if each.guard == asked[0].guard)


# -- clocks ------------------------------------------------------------------------------------------------------------


def test_a_reading_from_the_future_does_not_prove_what_the_last_master_had() -> None:
    """A clock is wrong: how long the master wrote after it cannot be counted."""
    for read_at, level in ((11.0, Level.NOTE), (4000.0, Level.UNKNOWN)):
        readings = {"M": Reading("M", NUMBERS, read_at, "in a file")}
        facts = dead_master(readings=readings, failing_since={"M": 20.0})
        assert levels(Procedure.PROMOTE, "R1", facts, Guard.BEHIND_LAST_MASTER) == [(level, "R1")]
        assert not any("-" in each.sentence for each in found(Procedure.PROMOTE, "R1", facts))


# -- acceptances -------------------------------------------------------------------------------------------------------


def test_an_acceptance_of_updates_that_were_not_shown_covers_none() -> None:
    bound = Acceptances((Acceptance(Guard.UPDATES_ONLY_HERE, "so"),)).bound(())
    assert bound.cover(Guard.UPDATES_ONLY_HERE, "R1", 0)
    assert not bound.cover(Guard.UPDATES_ONLY_HERE, "R1", 1)
    shown = Finding(Guard.UPDATES_ONLY_HERE, Level.REFUSE, "", "R1", value="7")
    several = Acceptances((Acceptance(Guard.UPDATES_ONLY_HERE, "so"),)).bound((shown,))
    assert several.cover(Guard.UPDATES_ONLY_HERE, "R1", 7)
    assert not several.cover(Guard.UPDATES_ONLY_HERE, "R1", 8)
    unknown = replace(shown, level=Level.UNKNOWN, value=None)
    for findings, most in (((unknown,), 0), ((shown, unknown), 7)):
        beside = Acceptances((Acceptance(Guard.UPDATES_ONLY_HERE, "so"),)).bound(findings)
        assert all(finding in beside for finding in nonempty(findings))
        assert beside.cover(Guard.UPDATES_ONLY_HERE, "R1", most)
        assert not beside.cover(Guard.UPDATES_ONLY_HERE, "R1", most + 1)


@pytest.mark.parametrize(
    ("guard", "name", "exists"),
    [
        (Guard.UPDATES_ONLY_HERE, None, True),
        (Guard.UPDATES_ONLY_HERE, "R1", True),
        (Guard.BEHIND_LAST_MASTER, "M", True),
        (Guard.UPDATES_ONLY_HERE, "R2", False),
        (Guard.BEHIND_LAST_MASTER, "R9", False),
        (Guard.STALE_DATABASE, None, False),
    ],
)
def test_an_acceptance_without_a_finding_names_a_host_that_a_step_asks_about(
    guard: Guard,
    name: str | None,
    exists: bool,
) -> None:
    plan = make_plan(Procedure.REBUILD, "R1", sound_domain())
    entry = Acceptances((Acceptance(guard, "so", name),))
    with nullcontext() if exists else pytest.raises(NoSuchFindingError):
        check_existing(entry, plan, ())


# -- ENV ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "last", ['BOKSINIT="master', 'BOKSINIT=master"', "BOKSINIT='master", 'export BOKSINIT="master']
)
def test_a_role_is_unknown_where_its_last_line_cannot_be_read(last: str) -> None:
    """BoKS may read what this program does not; an earlier line is no answer."""
    assert parse_env(f"BOKSINIT=client\n{last}\n").role is Role.UNKNOWN
    assert parse_env(f"{last}\nBOKSINIT=client\n").role is Role.CLIENT


# -- a client that was a master ----------------------------------------------------------------------------------------


def test_a_client_whose_last_numbers_are_known_loses_no_update_unseen() -> None:
    """An old master that was made a client by hand, and is added as a replica now."""
    database = {"gates": {"C": ready("C", Role.CLIENT, database_present=True)}}
    was_equal = sound_domain(**database, readings={"C": Reading("C", NUMBERS, 0.0, "by hand")})
    was_ahead = sound_domain(**database, readings={"C": Reading("C", NUMBERS | {7: (103, STAMP)}, 0.0, "by hand")})
    forked = sound_domain(
        **database, journal=JournalView(forks=(ForkPoint("run", "C", "M", NUMBERS, {"C": {7: 13}}, 1.0),))
    )
    unseen = Acceptance(Guard.STALE_DATABASE, "so", "C")
    for facts, amount in ((was_equal, 0), (was_ahead, 3), (forked, 13)):
        shown = [each for each in found(Procedure.ADD_REPLICA, "C", facts) if each.guard is Guard.UPDATES_ONLY_HERE]
        assert [(each.level, each.value) for each in shown] == ([(Level.REFUSE, str(amount))] if amount else [])
        known = Acceptance(Guard.UPDATES_ONLY_HERE, "so", "C", str(amount))
        for accepted, holds in (((unseen,), not amount), ((unseen, known), True)):
            by = Circumstances(accepted=Acceptances(accepted))
            assert (truth(ClaimKind.MAY_BE_REMOVED, facts, host="C", other="M", by=by) is YES) is holds
    without = sound_domain(readings={"C": Reading("C", NUMBERS | {7: (103, STAMP)}, 0.0, "by hand")})
    assert levels(Procedure.ADD_REPLICA, "C", without, Guard.UPDATES_ONLY_HERE) == []
