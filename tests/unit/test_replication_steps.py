"""One table's history, one master's term, and one copy's evidence, step by step."""

import pytest

from boks_exporter.model import MasterReading, Role, TableSequence
from boks_exporter.replication import (
    Clearance,
    Condition,
    CopyEvidence,
    Difference,
    EvidenceKind,
    Lead,
    Reload,
    cleared,
)
from boks_exporter.replication.evidence import clearance_times
from boks_exporter.replication.master_terms import (
    MasterTerm,
    PreviousRound,
    continue_terms,
    marks_of,
    seen_beside,
    settled,
)
from boks_exporter.replication.table_history import Age, Step, TableHistory
from tests.unit.domain_rounds import STAMP, TOOK, Numbers, answers, reading, report, silent, snapshot


def row(number: int, stamp: float | None = STAMP) -> TableSequence:
    return TableSequence(7, number, number, stamp)


def at(moment: float) -> MasterReading:
    """A reading that begins at a moment and takes a quarter of a second."""
    return reading({}, moment)


BEGUN = TableHistory.begin(row(100), at(0.0), is_new=False)
GROWN = BEGUN.read(row(103), at(30.0)).read(row(103), at(60.0)).read(row(110), at(90.0))


def test_a_table_begins_with_a_number_of_unknown_age() -> None:
    assert TableHistory(STAMP, TOOK, (Step(100, TOOK, None),), 0.0) == BEGUN
    assert TableHistory.begin(row(100), at(0.0), is_new=True).is_new


def test_a_number_that_rose_is_a_step_between_two_readings() -> None:
    """One that did not is none, and moves only the time of the last reading."""
    assert GROWN.steps == (Step(100, 0.25, None), Step(103, 30.25, 0.0), Step(110, 90.25, 60.0))
    assert (GROWN.since, GROWN.read_at, GROWN.stamp, GROWN.is_new) == (0.25, 90.0, STAMP, False)


@pytest.mark.parametrize(
    ("number", "stamp", "moment", "expected"),
    [
        (111, STAMP + 1, 120.0, (120.25, True, None, 1)),
        (111, None, 120.0, (0.25, False, None, 4)),
        (109, STAMP, 120.0, (0.25, False, 120.0, 1)),
        (110, STAMP, 120.0, (0.25, False, None, 3)),
        (111, STAMP, 89.0, (0.25, False, None, 1)),
        (111, STAMP, 90.0, (0.25, False, None, 4)),
        (111, STAMP, -9.0, (-8.75, False, None, 1)),
    ],
    ids=["another stamp", "no stamp", "went back", "equal", "clock set back", "the same moment", "before all"],
)
def test_what_a_reading_adds(
    number: int, stamp: float | None, moment: float, expected: tuple[float, bool, float | None, int]
) -> None:
    """Since when the stamp is there, whether it is new, when the number went back, and the number of steps."""
    read = GROWN.read(row(number, stamp), at(moment))
    assert (read.since, read.is_new, read.went_back_at, len(read.steps)) == expected
    assert (read.read_at, read.steps[-1].sequence) == (moment, number)


def test_a_stamp_that_is_printed_first_later_is_the_tables() -> None:
    unstamped = TableHistory.begin(row(100, None), at(0.0), is_new=False)
    assert unstamped.read(row(101), at(30.0)).stamp == STAMP
    assert not unstamped.read(row(101), at(30.0)).is_new
    assert GROWN.read(row(111, None), at(120.0)).stamp == STAMP


def test_a_table_that_comes_back_is_new() -> None:
    gone = GROWN.absent(at(120.0))
    assert (gone.is_absent, gone.read_at) == (True, 120.0)
    back = gone.read(row(112), at(150.0))
    assert (back.is_absent, back.is_new, back.since, back.steps[-1]) == (False, True, 150.25, Step(112, 150.25, 120.0))
    again = gone.read(row(5), at(150.0))
    assert (again.is_new, again.went_back_at, again.steps) == (True, None, (Step(5, 150.25, None),))


@pytest.mark.parametrize(
    ("sequence", "age"),
    [
        (99, Age(99.75, None)),
        (100, Age(69.75, 100.25)),
        (102, Age(69.75, 100.25)),
        (103, Age(9.75, 40.25)),
        (109, Age(9.75, 40.25)),
        (110, None),
    ],
)
def test_the_age_of_what_is_missing(sequence: int, age: Age | None) -> None:
    assert GROWN.age_of_missing(sequence, 100.0, 100.25) == age


def test_an_age_is_never_negative_and_unknown_without_a_bound() -> None:
    assert GROWN.age_of_missing(103, 80.0, 80.25) == Age(0.0, 20.25)
    assert GROWN.without_bounds().age_of_missing(103, 100.0, 100.25) == Age(9.75, None)
    assert (Age(10.0, 40.0).estimate(15.0), Age(10.0, 40.0).estimate(14.9)) == (25.0, None)
    assert Age(10.0, None).estimate(1e9) is None


@pytest.mark.parametrize(
    ("sequence", "read_by", "is_recent", "steps", "read_at"),
    [
        (99, 95.0, True, None, 0.0),
        (100, 95.0, True, (100,), 0.0),
        (103, 95.0, True, (100, 103), 60.0),
        (103, 95.0, False, (100, 103), 30.25),
        (105, 95.0, True, (100, 103, 105), 60.0),
        (110, 95.0, True, (100, 103, 110), 90.0),
        (112, 95.0, True, (100, 103, 110, 112), 90.0),
        (112, None, True, (100, 103, 110), 90.0),
        (112, 95.0, False, (100, 103, 110, 112), 90.0),
    ],
)
def test_a_new_master_inherits_what_it_had(
    sequence: int, read_by: float | None, *, is_recent: bool, steps: tuple[int, ...] | None, read_at: float
) -> None:
    kept = GROWN.up_to(sequence, read_by=read_by, is_recent=is_recent)
    assert (kept and tuple(step.sequence for step in kept.steps)) == steps
    if kept:
        assert kept.read_at == read_at
        if sequence == 112 and read_by:
            assert kept.steps[-1] == Step(112, 95.0, None)


@pytest.mark.parametrize(
    ("floors", "steps"),
    [
        ([110], (110,)),
        ([110, 103], (103, 110)),
        ([105], (103, 110)),
        ([100, 110], (100, 103, 110)),
        ([-1], (100, 103, 110)),
        ([], (100, 103, 110)),
        ([999], (110,)),
    ],
)
def test_what_every_replica_has_is_dropped_but_for_the_last_such_step(
    floors: list[int], steps: tuple[int, ...]
) -> None:
    assert tuple(step.sequence for step in GROWN.pruned(floors).steps) == steps


def test_all_times_of_a_table_move() -> None:
    moved = GROWN.read(row(105), at(120.0)).shifted(5.0)
    assert (moved.since, moved.read_at, moved.went_back_at) == (5.25, 125.0, 125.0)
    assert GROWN.shifted(5.0).steps == (Step(100, 5.25, None), Step(103, 35.25, 5.0), Step(110, 95.25, 65.0))
    assert GROWN.shifted(5.0).shifted(-5.0) == GROWN


# -- masters -----------------------------------------------------------------------------------------------------------

UNKNOWN_PAST = PreviousRound(None, {}, None)


def marks(numbers: Numbers, stamp: float | None = STAMP) -> dict[int, tuple[int, float | None]]:
    return {table: (number, stamp) for table, number in numbers.items()}


def test_a_term_begins_with_what_the_host_had_as_a_replica() -> None:
    before = PreviousRound("M", {"R1": marks({7: 99})}, 12.0)
    new = before.term("R1", marks({7: 100}), 30.0)
    assert new == MasterTerm(30.0, marks({7: 100}), marks({7: 100}), 30.0, None, None, "M", marks({7: 99}), 12.0)
    for other, host in ((before, "M"), (UNKNOWN_PAST, "R1"), (PreviousRound(None, {"R1": marks({7: 99})}, 12.0), "R1")):
        term = other.term(host, marks({7: 100}), 30.0)
        assert (term.replaced, term.forked, term.forked_at) == (None, None, None)
    assert before.term("R2", marks({}), 30.0).forked_at is None


def test_what_was_written_next_to_another_master_and_after_it_began() -> None:
    term = MasterTerm(0.0, marks({7: 90}), {**marks({7: 105, 9: 50}), **marks({1: 9}, 1.0)}, 30.0)
    assert term.written_beside() == {}
    beside = MasterTerm(0.0, term.first, term.last, 30.0, beside=marks({7: 100, 9: 50, 1: 1}))
    assert beside.written_beside() == {7: 5}
    later = MasterTerm(1.0, marks({7: 101, 9: 60, 1: 1}), marks({}), 30.0)
    assert term.written_after(later) == {7: 4}
    assert later.written_after(term) == {}
    assert term.written_after(MasterTerm(0.0, marks({7: 101}), marks({}), 30.0)) == {}


M, N = answers("M", Role.MASTER, {7: 100}, 0.0), answers("N", Role.MASTER, {7: 90}, 1.0)


def test_a_term_goes_on_with_every_reading() -> None:
    terms = continue_terms({}, snapshot(M, second={7: 104}), UNKNOWN_PAST)
    assert terms["M"] == MasterTerm(0.0, marks({7: 100}), marks({7: 104}), 2.0)
    earlier = snapshot(M, second={7: 104})
    assert continue_terms({"M": terms["M"]}, earlier, UNKNOWN_PAST)["M"].read_at == 2.0


@pytest.mark.parametrize(
    ("role", "has_master", "is_left"),
    [(Role.REPLICA, True, False), (Role.CLIENT, True, False), (Role.UNKNOWN, True, True), (Role.REPLICA, False, True)],
)
def test_a_host_with_another_role_loses_its_term_where_there_is_one_master(
    role: Role, *, has_master: bool, is_left: bool
) -> None:
    known = {"N": MasterTerm(0.0, marks({7: 90}), marks({7: 90}), 0.0)}
    seen = snapshot(M if has_master else silent("M"), answers("N", role, {7: 90}))
    assert ("N" in continue_terms(known, seen, UNKNOWN_PAST)) is is_left


def test_two_masters_are_beside_one_another_until_one_is_left() -> None:
    two = continue_terms({}, snapshot(M, N), UNKNOWN_PAST)
    assert {host: (term.beside, term.beside_since) for host, term in two.items()} == {
        "M": (marks({7: 100}), 0.0),
        "N": (marks({7: 90}), 1.0),
    }
    assert seen_beside(two) == {"M", "N"}
    again = continue_terms(two, snapshot(answers("M", Role.MASTER, {7: 107}, 30.0), N), UNKNOWN_PAST)
    assert (again["M"].beside, again["M"].last) == (marks({7: 100}), marks({7: 107}))
    one = continue_terms(two, snapshot(M, answers("N", Role.UNKNOWN, None)), UNKNOWN_PAST)
    assert (one["M"].beside_since, one["N"].beside_since) == (None, 1.0)
    changing = continue_terms({}, snapshot(M, N, are_simultaneous=False), UNKNOWN_PAST)
    assert seen_beside(changing) == frozenset()
    assert two["N"].shifted(5.0).beside_since == 6.0
    assert marks_of(report({7: 1, 9: 2}, {9: None})) == {7: (1, STAMP), 9: (2, None)}


@pytest.mark.parametrize(
    ("entry", "is_left"),
    [
        (Clearance("N", 1.0, "anna", "retired"), False),
        (Clearance("N", 0.9, "anna", "retired"), True),
        (Clearance(None, 1.0, "anna", "restored"), False),
        (Clearance("M", 1.0, "anna", "retired"), True),
        (Clearance("N", 1.0, "anna", "lost", of_copy=False), False),
    ],
)
def test_a_clearance_ends_the_term_of_a_second_master(entry: Clearance, *, is_left: bool) -> None:
    beside = MasterTerm(0.0, marks({}), marks({}), 1.0, beside=marks({}), beside_since=1.0)
    alone = MasterTerm(0.0, marks({}), marks({}), 1.0)
    assert settled({"N": beside, "A": alone}, [entry]).keys() == ({"N", "A"} if is_left else {"A"})


# -- evidence ----------------------------------------------------------------------------------------------------------

LEAD, PASSED = Lead(10.0, 20.0, 5, 105), Lead(11.0, 21.0, 3, 103, passed_at=30.0)
DIFFERENCE = Difference(Condition.MISSING, 12.0, 40.0)


@pytest.mark.parametrize(
    ("evidence", "kinds", "proven_at"),
    [
        (CopyEvidence(), {}, 0.0),
        (CopyEvidence(reload=Reload(1.0)), {}, 0.0),
        (CopyEvidence({7: LEAD}), {EvidenceKind.AHEAD: 10.0}, 20.0),
        (CopyEvidence({7: LEAD, 9: Lead(9.0, 19.0, 1, 1)}), {EvidenceKind.AHEAD: 9.0}, 20.0),
        (CopyEvidence({7: PASSED}), {EvidenceKind.WAS_AHEAD: 30.0}, 21.0),
        (CopyEvidence({7: LEAD, 9: PASSED}), {EvidenceKind.AHEAD: 10.0, EvidenceKind.WAS_AHEAD: 30.0}, 21.0),
        (CopyEvidence(differences={7: DIFFERENCE}), {EvidenceKind.DIVERGED: 12.0}, 40.0),
        (CopyEvidence(differences={7: DIFFERENCE}, diverged_since=11.0), {EvidenceKind.DIVERGED: 11.0}, 40.0),
        (CopyEvidence(diverged_since=50.0), {EvidenceKind.DIVERGED: 50.0}, 50.0),
        (CopyEvidence(diverged_since=0.0), {EvidenceKind.DIVERGED: 0.0}, 0.0),
    ],
)
def test_the_kinds_of_evidence(evidence: CopyEvidence, kinds: dict[EvidenceKind, float], proven_at: float) -> None:
    assert (evidence.kinds, evidence.proven_at, bool(evidence)) == (kinds, proven_at, bool(kinds))


def test_a_lead_that_is_proven_again_keeps_its_highest_numbers() -> None:
    assert PASSED.again(2, 104, 50.0) == Lead(11.0, 50.0, 3, 104)
    assert PASSED.again(4, 102, 50.0) == Lead(11.0, 50.0, 4, 103)
    leads = CopyEvidence({1: Lead(0.0, 0.0, 2, 9), 2: Lead(0.0, 0.0, 7, 9), 0: Lead(0.0, 0.0, 2, 9)}).held_leads
    assert [*leads] == [2, 0, 1]


@pytest.mark.parametrize(
    ("entry", "is_left"),
    [
        (Clearance("R1", 20.0, "anna", "rebuilt"), False),
        (Clearance("R1", 19.9, "anna", "rebuilt"), True),
        (Clearance(None, 20.0, "anna", "restored"), False),
        (Clearance("R2", 20.0, "anna", "rebuilt"), True),
        (Clearance("R1", 20.0, "anna", "lost", of_copy=False), True),
    ],
)
def test_a_clearance_clears_what_was_proven_before_it(entry: Clearance, *, is_left: bool) -> None:
    assert bool(cleared({"R1": CopyEvidence({7: LEAD})}, [entry])) is is_left


@pytest.mark.parametrize(("written_at", "counts_at"), [(99.0, 99.0), (100.0, 100.0), (160.0, None), (160.1, 0.0)])
def test_a_clearance_of_the_future_waits_for_its_time_or_clears_nothing(
    written_at: float, counts_at: float | None
) -> None:
    entry = Clearance("R1", written_at, "anna", "rebuilt")
    assert clearance_times([entry], {}, 100.0) == ({} if counts_at is None else {entry: counts_at})
    assert clearance_times([entry], {entry: 7.0}, 100.0) == {entry: 7.0}
