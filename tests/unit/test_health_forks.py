"""What a change of masters proves of the other copies."""

from dataclasses import replace

import pytest

from boks_exporter.model import Role
from boks_exporter.replication import CopyEvidence, Lead
from tests.unit.domain_rounds import Numbers, Watch, answers, healthy_round, listed, snapshot
from tests.unit.evidence_rounds import LEAD, NUMBERS, after, knowing


def changed(had: Numbers, *, at: float, stamps: dict[int, float | None] | None = None) -> CopyEvidence:
    """R1 had these numbers in the last round of the old master M at 0; R2 is master at a time."""
    watch = Watch()
    for began in (-30.0, 0.0):
        seen = snapshot(
            answers("M", Role.MASTER, had, began, stamps=stamps),
            answers("R1", Role.REPLICA, had, began + 1.0, stamps=stamps),
            answers("R2", Role.REPLICA, NUMBERS, began + 1.0, stamps=stamps),
            at=began,
            second=had,
            stamps=stamps,
            lines=(listed("R1"), listed("R2")),
        )
        watch.judge(seen)
    new = snapshot(
        answers("R2", Role.MASTER, NUMBERS, at, stamps=stamps),
        answers("R1", Role.REPLICA, NUMBERS, at + 1.0, stamps=stamps),
        at=at,
        lines=(listed("R1"),),
    )
    return after(watch, new)


@pytest.mark.parametrize(
    ("had", "at", "stamps", "leads"),
    [
        ({7: 101, 9: 50}, 30.0, None, {7: 1}),
        ({7: 105, 9: 52}, 30.0, None, {7: 5, 9: 2}),
        (NUMBERS, 30.0, None, {}),
        ({7: 101, 9: 50}, 302.5, None, {7: 1}),
        ({7: 101, 9: 50}, 302.6, None, {}),
        ({7: 101, 9: 50}, 30.0, {7: None, 9: None}, {}),
    ],
    ids=["one", "several", "none", "after 300 s", "after more", "no stamp"],
)
def test_what_a_replica_had_and_a_new_master_has_not_is_a_lead(
    had: Numbers, at: float, stamps: dict[int, float | None] | None, leads: dict[int, int]
) -> None:
    """Its numbers before the change count for 300 s after the last round, which ended at 2.5 s."""
    found = changed(had, at=at, stamps=stamps).leads
    assert {table: lead.amount for table, lead in found.items()} == leads


@pytest.mark.parametrize(
    ("of_replica", "of_master", "went_back_at", "is_left"),
    [
        (LEAD, LEAD, None, False),
        (LEAD, replace(LEAD, level=104), None, True),
        (LEAD, replace(LEAD, since=-1.0), None, True),
        (LEAD, replace(LEAD, since=10.0), 0.0, False),
        (LEAD, replace(LEAD, since=300.0), 0.0, False),
        (LEAD, replace(LEAD, since=301.0), 0.0, True),
        (LEAD, replace(LEAD, since=10.0), 0.1, True),
        (replace(LEAD, by_writing=True), LEAD, None, True),
        (LEAD, replace(LEAD, passed_at=1.0), None, True),
    ],
    ids=[
        *("from one source", "beyond the new master", "at another time", "since one restore", "at the latest"),
        *("too late", "before the restore", "written by itself", "the new master may have been reloaded"),
    ],
)
def test_a_lead_that_the_new_master_shares_is_none_any_longer(
    of_replica: Lead, of_master: Lead, went_back_at: float | None, *, is_left: bool
) -> None:
    """What else is proven of the copy ends with its last lead."""
    watch = knowing(CopyEvidence(leads={7: of_replica}, diverged_since=7.0))
    tables = {**watch.history.tables, 7: replace(watch.history.tables[7], went_back_at=went_back_at)}
    evidence = {**watch.history.evidence, "R2": CopyEvidence(leads={7: of_master})}
    watch.history = replace(watch.history, tables=tables, evidence=evidence)
    new = snapshot(answers("R2", Role.MASTER, NUMBERS, 1000.0), at=1000.0, lines=())
    assert bool(after(watch, new)) is is_left


def test_a_lead_that_is_left_keeps_what_else_is_proven() -> None:
    watch = knowing(CopyEvidence(leads={7: LEAD, 9: LEAD}, diverged_since=7.0))
    watch.history = replace(watch.history, evidence={**watch.history.evidence, "R2": CopyEvidence(leads={7: LEAD})})
    left = after(watch, snapshot(answers("R2", Role.MASTER, NUMBERS, 1000.0), at=1000.0, lines=()))
    assert ([*left.leads], left.diverged_since) == ([9], 7.0)


@pytest.mark.parametrize(("role", "is_proven"), [(Role.REPLICA, True), (Role.CLIENT, True), (Role.UNKNOWN, False)])
def test_what_a_second_master_wrote_is_proven_of_it_when_it_shows_another_role(role: Role, *, is_proven: bool) -> None:
    watch = Watch()
    watch.judge(healthy_round({7: 100}, R1={7: 100}))
    for at, number in ((30.0, 100), (60.0, 103)):
        two = (answers("M", Role.MASTER, {7: 110}, at), answers("R1", Role.MASTER, {7: number}, at + 1.0))
        watch.judge(snapshot(*two, at=at, second={7: 110}))
    numbers = None if role is Role.UNKNOWN else {7: 103}
    one = snapshot(answers("M", Role.MASTER, {7: 110}, 90.0), answers("R1", role, numbers, 91.0), at=90.0, lines=())
    assert {lead.by_writing for lead in after(watch, one).leads.values()} == ({True} if is_proven else set())


@pytest.mark.parametrize("had_master", [True, False], ids=["the same master", "no master before"])
def test_without_a_change_of_masters_earlier_numbers_prove_no_lead(*, had_master: bool) -> None:
    """A master that was restored, and a replica that has been reloaded from it since."""
    watch = Watch()
    before = healthy_round({7: 105}, R1={7: 105})
    watch.judge(before if had_master else snapshot(answers("R1", Role.REPLICA, {7: 105})))
    assert not after(watch, healthy_round({7: 100}, at=30.0, R1={7: 100})).leads
