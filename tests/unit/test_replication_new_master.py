"""The age of missing updates after a change of masters, where the new one had or wrote updates of unknown age."""

from dataclasses import replace

import pytest

from boks_exporter.model import DomainSnapshot, Host, Observed, Role, UnreadLine
from boks_exporter.replication import History, advance, compare
from boks_exporter.replication.evidence import CopyEvidence, Lead
from boks_exporter.replication.table_history import MAX_STEPS, Step, TableHistory
from tests.nonempty import nonempty
from tests.unit.domain_rounds import INTERVAL, answers, healthy_round, silent, snapshot


def watched(*, had: int, stuck: int) -> History:
    """M rises to 120 in the rounds at 0, 30 and 60 s; N has `had` and R1 is stuck."""
    history = History()
    for index, number in enumerate((100, 110, 120)):
        history = advance(history, healthy_round({7: number}, at=index * 30.0, N={7: had}, R1={7: stuck}))
    return history


def lag_behind(history: History, stuck: int, *, at: float) -> tuple[float | None, float | None]:
    """N is master with 135; return R1's lag and its proven part when it is read a second later."""
    seen = snapshot(
        answers("N", Role.MASTER, {7: 135}, at),
        answers("R1", Role.REPLICA, {7: stuck}, at + 1.0),
        second={7: 135},
        at=at,
    )
    (replica,) = compare(seen, advance(history, seen), exact_to=INTERVAL).replicas
    return replica.lag_seconds, replica.lag_at_least_seconds


@pytest.mark.parametrize("stuck", [120, 129])
@pytest.mark.parametrize("had", [130, 135], ids=["wrote more since", "had all"])
def test_an_update_that_a_new_master_had_beyond_the_old_one_has_no_exact_age(had: int, stuck: int) -> None:
    """N had it when it was last read as a replica, in a round that ended at 62.5 s; since when is not known."""
    assert lag_behind(watched(had=had, stuck=stuck), stuck, at=90.0) == (None, 91 - 62.5)


def test_an_update_that_a_new_master_had_at_an_unknown_time_is_not_older_than_its_first_reading() -> None:
    """An older version's state file does not say when its last round was."""
    history = replace(watched(had=130, stuck=120), recorded_at=None)
    assert lag_behind(history, 120, at=90.0)[1] == 0.75


def test_an_update_that_the_old_master_showed_before_keeps_its_age() -> None:
    exact, at_least = lag_behind(watched(had=135, stuck=105), 105, at=90.0)
    assert exact == pytest.approx(75, abs=1)
    assert at_least == 91 - 30.25


def test_the_numbers_of_a_copy_that_was_proven_ahead_are_not_dated_by_the_old_master() -> None:
    """Its own updates are under these numbers, written at an unknown time."""
    lead = Lead(since=1.0, proven_at=61.0, amount=15, level=135)
    history = replace(watched(had=135, stuck=105), evidence={"N": CopyEvidence(leads={7: lead})})
    assert lag_behind(history, 105, at=90.0) == (None, 91 - 30.25)


def _cut(seen: Observed) -> Observed:
    """Make the row of T7 one that cannot be read."""
    unread = UnreadLine(1, "T7 13678d 8:33:46 ?", 1)
    return replace(seen, sequences=replace(seen.sequences, unread_lines=(unread,)))


def without_n(at: float, how: str) -> DomainSnapshot:
    """A round in which M is still at 120, and N's number cannot be read."""
    if how == "unread":
        seen = healthy_round({7: 120, 9: 1}, at=at, N={9: 1}, R1={7: 120, 9: 1})
        return replace(seen, outcomes=tuple(_cut(each) if each.host == "N" else each for each in seen.outcomes))
    seen = healthy_round({7: 120}, at=at, R1={7: 120})
    return replace(seen, hosts=(*seen.hosts, Host("N", "192.0.2.1")), outcomes=(*seen.outcomes, silent("N", at)))


@pytest.mark.parametrize("how", ["unread", "unreachable"])
def test_a_new_master_that_was_not_read_for_minutes_may_have_written_all_that_time(how: str) -> None:
    """That the old master did not have its updates shortly before says nothing about their age."""
    history = watched(had=120, stuck=120)
    for at in range(90, 390, 30):
        history = advance(history, without_n(float(at), how))
    assert lag_behind(history, 120, at=390.0) == (None, 0.75)


def test_a_second_change_of_masters_keeps_what_is_proven() -> None:
    """R2, the next master, had as little as R1; the update that only N had is not dated, and the others are."""
    known = TableHistory(None, 1.0, (Step(100, 1.0, None), Step(110, 30.0, 2.0), Step(130, 62.5, None)), 90.0)
    kept = known.up_to(115, read_by=95.0, is_recent=True)
    assert kept is not None
    assert kept.steps == (*known.steps[:2], Step(115, 62.5, None))
    assert kept.read_at == 30.0


def test_a_number_of_unknown_age_gets_none_when_steps_are_merged() -> None:
    steps = tuple(Step(number, number * 1.0, None if number % 2 else number - 1.0) for number in range(2 * MAX_STEPS))
    kept = TableHistory(None, 0.0, steps, 0.0).pruned([0])
    unknown = [step.sequence for step in steps if step.after is None]
    for sequence in nonempty(unknown):
        age = kept.age_of_missing(sequence - 1, 9000.0, 9001.0)
        assert age is not None
        assert age.at_most is None
