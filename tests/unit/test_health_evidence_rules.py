"""One rule of the evidence at a time: a known past, and one round that may change it."""

from dataclasses import replace

import pytest

from boks_exporter.health import ReplicaState, Thresholds
from boks_exporter.model import DomainSnapshot, ReplicaLine, Role
from boks_exporter.replication import Condition, CopyEvidence, Difference, Reload
from tests.unit.domain_rounds import STAMP, Numbers, answers, listed, snapshot
from tests.unit.evidence_rounds import LEAD, NUMBERS, after, knowing

MISSING = Difference(Condition.MISSING, since=0.0, proven_at=0.0)
DIVERGED = CopyEvidence(diverged_since=5.0)
"""As stored by versions that kept no more than the fact."""


def round_at(
    at: float,
    r1: Numbers,
    *lines: ReplicaLine,
    master: Numbers = NUMBERS,
    stamps: dict[int, float | None] | None = None,
) -> DomainSnapshot:
    return snapshot(
        answers("M", Role.MASTER, master, at),
        answers("R1", Role.REPLICA, r1, at + 1.0, stamps=stamps),
        at=at,
        second=master,
        lines=lines or (listed("R1"),),
    )


# -- what clears a fact without a table --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "is_cleared"),
    [
        (round_at(60.0, NUMBERS), True),
        (round_at(60.0, {7: 101, 9: 50}), False),
        (round_at(60.0, {7: 99, 9: 50}), True),
        (round_at(60.0, {7: 100}), False),
        (round_at(60.0, {7: 99}), False),
        (round_at(60.0, NUMBERS, stamps={9: STAMP + 1}), False),
        (round_at(60.0, NUMBERS, listed("R1", "LOADING")), False),
        (replace(round_at(60.0, NUMBERS), listing=None), False),
        (replace(round_at(60.0, NUMBERS), master_readings=()), False),
    ],
    ids=[
        "equal",
        "ahead",
        "in flight",
        "a table missing",
        "one missing and one behind",
        "another stamp",
        "loading",
        "no list",
        "not compared",
    ],
)
def test_only_a_whole_comparison_without_a_finding_clears_a_bare_fact(
    seen: DomainSnapshot, *, is_cleared: bool
) -> None:
    watch = knowing(DIVERGED, Thresholds(ahead_sequences=2))
    assert (not after(watch, seen)) is is_cleared


@pytest.mark.parametrize(
    "evidence",
    [
        CopyEvidence(leads={7: LEAD}, reload=Reload(20.0, frozenset({7})), diverged_since=5.0),
        CopyEvidence(differences={9: MISSING}, diverged_since=5.0),
    ],
    ids=["a lead", "a table that was missing"],
)
def test_with_its_last_table_all_evidence_ends(evidence: CopyEvidence) -> None:
    """Another table may be ahead by what the threshold allows meanwhile."""
    seen = round_at(60.0, {**NUMBERS, 1: 21}, master={**NUMBERS, 1: 20})
    assert not after(knowing(evidence, Thresholds(ahead_sequences=2)), seen)


# -- reloads -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("reloaded_at", "since"), [(20.0, 61.0), (40.0, 40.0), (50.0, 50.0)])
def test_a_reload_counts_from_the_first_one_after_the_newest_proof(reloaded_at: float, since: float) -> None:
    leads = {7: LEAD, 9: replace(LEAD, proven_at=40.0)}
    seen = round_at(60.0, {7: 105, 9: 105}, listed("R1", "LOADING"), master={7: 110, 9: 110})
    reload = after(knowing(CopyEvidence(leads=leads, reload=Reload(reloaded_at))), seen).reload
    assert reload is not None
    assert reload.since == since


@pytest.mark.parametrize(
    ("proven_at", "r1", "below"),
    [
        (20.0, {7: 104, 9: 50}, {7}),
        (20.0, {7: 105, 9: 50}, set()),
        (20.0, {9: 50}, {7}),
        (20.1, {7: 104, 9: 50}, set()),
    ],
    ids=["below", "at the level", "the table is gone", "the reload is older than the proof"],
)
def test_a_reloaded_copy_is_first_seen_below_its_lead(proven_at: float, r1: Numbers, below: set[int]) -> None:
    evidence = CopyEvidence(leads={7: replace(LEAD, proven_at=proven_at)}, reload=Reload(20.0))
    left = after(knowing(evidence), round_at(60.0, r1, master={7: 110, 9: 50}))
    assert (left.reload and set(left.reload.below), set(left.leads)) == (below, {7})


@pytest.mark.parametrize(
    ("r1", "stamps", "is_cleared"),
    [
        ({7: 110}, None, True),
        ({7: 109}, None, False),
        ({7: 110}, {7: STAMP + 1}, False),
        ({7: 110}, {7: None}, False),
        ({}, None, False),
    ],
    ids=["equal", "behind", "another stamp", "no stamp", "no table"],
)
def test_a_reloaded_copy_is_cleared_by_the_masters_number_and_stamp(
    r1: Numbers, stamps: dict[int, float | None] | None, *, is_cleared: bool
) -> None:
    evidence = CopyEvidence(leads={7: LEAD}, reload=Reload(20.0, frozenset({7})))
    left = after(knowing(evidence), round_at(60.0, {**r1, 9: 50}, master={7: 110, 9: 50}, stamps=stamps))
    assert (not left.leads) is is_cleared


def test_a_reload_of_what_lacks_a_table_does_not_excuse_it() -> None:
    """Only a copy with a lead waits for the end of its reload; R1 still lacks what it lacked."""
    watch = knowing(CopyEvidence(differences={9: MISSING}, reload=Reload(20.0)))
    first, second = (replace(round_at(at, {7: 100}), master_readings=()) for at in (60.0, 90.0))
    assert watch.judge(first).host("R1").state is ReplicaState.UNKNOWN, "its numbers went back"
    assert watch.judge(second).host("R1").state is ReplicaState.DIVERGED


# -- leads -------------------------------------------------------------------------------------------------------------


def test_a_lead_keeps_the_time_at_which_the_master_had_passed_it_first() -> None:
    watch = knowing(CopyEvidence(leads={7: LEAD}))
    for at in (60.0, 90.0):
        left = after(watch, round_at(at, {7: 105, 9: 50}, master={7: 110, 9: 50}))
        assert left.leads[7].passed_at == 61.0


def test_a_lead_of_another_generation_is_not_passed() -> None:
    left = after(
        knowing(CopyEvidence(leads={7: LEAD})), round_at(60.0, {7: 105, 9: 50}, master={7: 110, 9: 50}, stamps={7: 1.0})
    )
    assert left.leads[7].passed_at is None


@pytest.mark.parametrize(
    ("evidence", "lines", "is_diverged"),
    [
        (CopyEvidence(leads={9: LEAD}), (listed("R1"),), True),
        (CopyEvidence(leads={9: replace(LEAD, level=50)}, reload=Reload(20.0)), (listed("R1"),), False),
        (CopyEvidence(leads={9: LEAD}), None, False),
        (CopyEvidence(), (listed("R1"),), False),
    ],
    ids=["behind as well", "reloaded meanwhile", "without a list", "no lead"],
)
def test_a_copy_with_a_lead_that_lags_as_well_has_diverged(
    evidence: CopyEvidence, lines: tuple[ReplicaLine, ...] | None, *, is_diverged: bool
) -> None:
    watch, master = knowing(evidence), {7: 200, 9: 50}
    rounds = [round_at(at, {7: 100, 9: 50}, master=master) for at in (30.0, 60.0, 300.0)]
    if lines is None:
        rounds = [replace(each, listing=None) for each in rounds]
    assert (after(watch, *rounds).diverged_since is not None) is is_diverged


@pytest.mark.parametrize(("before", "since"), [(None, 61.0), (7.0, 7.0)])
def test_a_copy_that_is_ahead_once_more_has_diverged_since_then(before: float | None, since: float) -> None:
    passed = CopyEvidence(leads={7: replace(LEAD, passed_at=30.0)}, diverged_since=before)
    assert after(knowing(passed), round_at(60.0, {7: 101, 9: 50})).diverged_since == since


def test_a_second_master_is_reported_as_one_that_wrote() -> None:
    """While the master has not passed its numbers, and after it has."""
    wrote, seen = (
        CopyEvidence(leads={7: replace(LEAD, by_writing=True)}),
        round_at(60.0, {7: 105, 9: 50}, master={7: 105}),
    )
    passed = knowing(wrote).judge(seen).host("R1")
    held = knowing(wrote).judge(replace(seen, master_readings=())).host("R1")
    assert (passed.state, held.state) == (ReplicaState.UNKNOWN, ReplicaState.AHEAD)
    received = knowing(CopyEvidence(leads={7: LEAD}))
    for verdict, facts in ((passed, seen), (held, replace(seen, master_readings=()))):
        assert ("5" in verdict.reason, "T7" in verdict.reason) == (True, True)
        assert verdict.reason != received.judge(facts).host("R1").reason
    both, neither = ({7: replace(LEAD, by_writing=is_own), 9: LEAD} for is_own in (True, False))
    assert len({knowing(CopyEvidence(leads=leads)).judge(seen).host("R1").reason for leads in (both, neither)}) == 1


# -- tables of another generation --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reloaded_at", "is_cleared"), [(None, False), (0.0, True), (-1.0, False)], ids=["no", "then", "earlier"]
)
def test_the_masters_stamp_is_a_transfer_where_the_copy_was_reloaded_since_the_proof(
    reloaded_at: float | None, *, is_cleared: bool
) -> None:
    difference = Difference(Condition.STAMP, -60.0, 0.0, STAMP + 1)
    reload = None if reloaded_at is None else Reload(reloaded_at)
    left = after(knowing(CopyEvidence(differences={9: difference}, reload=reload)), round_at(60.0, NUMBERS))
    assert (not left.differences) is is_cleared
    if left.differences:
        assert left.differences[9].ended_at == 61.0
