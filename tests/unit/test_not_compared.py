"""Tables that could not be compared: what hides them, what does not, and what it takes from the figures."""

from dataclasses import replace

import pytest

from boks_exporter.health import ReplicaState
from boks_exporter.model import DomainSnapshot, Observed, Role, SequenceReport, UnreadLine
from boks_exporter.parsing.boksdiag_sequence import parse_sequence
from boks_exporter.replication import History, Obstacle, advance, compare, dump, ranked, restore
from boks_exporter.replication.common_forms import ROUNDS
from tests.unit.domain_rounds import STAMP, Watch, answers, healthy_round, listed, silent, snapshot

NUMBERS = {7: 100, 9: 50}


def printed(
    seen: DomainSnapshot, *lines: UnreadLine, by: str = "M R1", without: tuple[int, ...] = ()
) -> DomainSnapshot:
    """Add unread lines to what some servers printed, and leave tables out."""

    def changed(report: SequenceReport) -> SequenceReport:
        tables = tuple(row for row in report.tables if row.table not in without)
        return replace(report, tables=tables, unread_lines=lines)

    hosts = by.split()
    outcomes = tuple(
        replace(outcome, sequences=changed(outcome.sequences))
        if isinstance(outcome, Observed) and outcome.sequences and outcome.host in hosts
        else outcome
        for outcome in seen.outcomes
    )
    readings = tuple(
        replace(reading, sequences=changed(reading.sequences)) if reading.host in hosts else reading
        for reading in seen.master_readings
    )
    return replace(seen, outcomes=outcomes, master_readings=readings)


STRAY = UnreadLine(1, "BoKS 6.5.3 on 3 servers")
NAMING = UnreadLine(1, "largest table: T9 (50)", tables=(9,))
ROW = UnreadLine(2, "T9 13678d 0:00:00 50 LOCKED", is_row=True, tables=(9,))


def round_at(at: float, *lines: UnreadLine, by: str = "M R1", without: tuple[int, ...] = ()) -> DomainSnapshot:
    return printed(healthy_round(NUMBERS, at=at, R1=NUMBERS), *lines, by=by, without=without)


@pytest.mark.parametrize(
    ("line", "states"),
    [
        (STRAY, {ReplicaState.OK}),
        (NAMING, {ReplicaState.UNKNOWN, ReplicaState.OK}),
        (ROW, {ReplicaState.UNKNOWN}),
    ],
    ids=["a stray line", "a line that names a table", "a line that begins like a row"],
)
def test_a_form_that_all_servers_print_hides_nothing_after_many_rounds(
    line: UnreadLine, states: set[ReplicaState]
) -> None:
    """Unless it begins like a row: its table remains unknown."""
    rounds = Watch()
    seen = [rounds.judge(round_at(30.0 * number, line)).host("R1").state for number in range(ROUNDS + 1)]
    assert set(seen) == states
    assert set(seen[: ROUNDS - 1]) == {seen[0]}
    assert seen[-1] is (ReplicaState.UNKNOWN if line is ROW else ReplicaState.OK)


def test_a_table_that_only_the_replica_has_is_not_compared() -> None:
    """Unless the master, too, may have it: in a line that is ignored, or not yet before and not read again after."""
    extra = healthy_round(NUMBERS, R1={**NUMBERS, 54: 3})
    (compared,) = compare(extra, History()).replicas
    assert [(each.table, each.obstacle) for each in compared.not_compared] == [(54, Obstacle.EXTRA)]
    assert (compared.extra_tables, compared.lag, compared.ahead) == ((54,), None, None)
    (unread,) = compare(printed(extra, replace(ROW, tables=(54,)), by="M"), History()).replicas
    assert [each.obstacle for each in unread.not_compared] == [Obstacle.UNREAD]
    (ignored,) = compare(printed(extra, replace(ROW, tables=(54,), ignored="known"), by="M"), History()).replicas
    assert (ignored.not_compared, [*ignored.excluded]) == ((), [54])
    one = replace(extra, master_readings=extra.master_readings[:1])
    (alone,) = compare(printed(one, replace(ROW, tables=(54,)), by="M"), History()).replicas
    assert [(each.table, each.obstacle) for each in alone.not_compared] == [(54, Obstacle.UNREAD)]
    (new,) = compare(one, History()).replicas
    assert Obstacle.EXTRA not in {each.obstacle for each in new.not_compared}


@pytest.mark.parametrize("name", ["TAB54", "<54", "54:", "Tx54", "users"])
def test_the_stamp_and_numbers_of_a_row_make_one_whatever_its_name(name: str) -> None:
    """Also where all servers print that form."""
    report = parse_sequence(f"T7 13678d 8:33:46 5053 (5053)\n{name} 13678d 8:33:46 50 (50)")
    assert [line.is_row for line in report.unread_lines] == [True]


def test_a_form_that_one_server_stops_printing_is_counted_again() -> None:
    """And a round without answers counts for nothing."""
    history = History()
    for number in range(ROUNDS):
        history = advance(history, round_at(30.0 * number, NAMING))
    assert history.common_forms == {NAMING.form}
    assert restore(dump(history)).common_forms == history.common_forms
    unanswered = snapshot(silent("M"), silent("R1"), at=1000.0)
    assert advance(history, unanswered).common_forms == history.common_forms
    assert advance(history, round_at(1000.0, NAMING, by="M")).common_forms == frozenset()


def test_a_common_form_hides_a_known_table_that_is_missing() -> None:
    """A header that all servers print is no reason, a missing table below it is one."""
    rounds = Watch()
    for number in range(ROUNDS + 1):
        rounds.judge(round_at(30.0 * number, STRAY))
    judged = rounds.judge(round_at(30.0 * (ROUNDS + 1), STRAY, without=(9,)))
    assert judged.host("R1").state is ReplicaState.UNKNOWN
    assert "T9" in judged.host("R1").reason


def test_a_table_that_is_only_remembered_is_known() -> None:
    """Where neither server shows a table any longer, the history tells that it was there."""
    rounds = Watch()
    assert rounds.judge(round_at(0.0)).host("R1").state is ReplicaState.OK
    hidden = rounds.judge(round_at(30.0, STRAY, without=(9,)))
    assert hidden.host("R1").state is ReplicaState.UNKNOWN
    assert rounds.judge(round_at(60.0)).host("R1").state is ReplicaState.OK


def test_what_could_not_be_read_did_not_go_back() -> None:
    """A row that cannot be read for one round does not look like a copy that is loaded again."""
    rounds = Watch()
    late = {7: 100, 9: 10}
    rounds.judge(healthy_round(NUMBERS, at=0.0, R1=late))
    hidden = printed(healthy_round(NUMBERS, at=200.0, R1=late), ROW, by="R1", without=(9,))
    assert rounds.judge(hidden).host("R1").state is ReplicaState.UNKNOWN
    assert rounds.judge(healthy_round(NUMBERS, at=400.0, R1=late)).host("R1").state is ReplicaState.LAGGING


def test_a_finding_is_neither_cleared_nor_confirmed_by_what_could_not_be_compared() -> None:
    """Ahead is remembered while the table that proved it cannot be read."""
    rounds = Watch()
    rounds.judge(healthy_round(NUMBERS, at=0.0, R1={7: 100, 9: 60}))
    rounds.judge(printed(healthy_round(NUMBERS, at=30.0, R1=NUMBERS), ROW, by="R1", without=(9,)))
    dead = snapshot(silent("M", 60.0), answers("R1", Role.REPLICA, NUMBERS, 61.0), at=60.0, last_master="M")
    assert rounds.judge(dead).host("R1").promotable is False


def test_a_change_between_the_readings_of_the_master_is_no_comparison() -> None:
    """A number that went back, and a stamp that changed, prove nothing."""
    seen = healthy_round(NUMBERS, second={7: 99, 9: 50}, R1=NUMBERS)
    (replica,) = compare(seen, History()).replicas
    assert [(each.table, each.obstacle) for each in replica.not_compared] == [(7, Obstacle.CHANGED)]
    assert (replica.lag, replica.ahead) == (None, None)


def test_a_stamp_that_only_one_server_prints_is_no_comparison() -> None:
    """The copy may be of another generation."""
    master = answers("M", Role.MASTER, {7: 100}, 0.0)
    replica = answers("R1", Role.REPLICA, {7: 100}, stamps={7: None})
    seen = snapshot(master, replica, second={7: 100}, stamps={7: STAMP}, lines=(listed("R1"),))
    (compared,) = compare(seen, History()).replicas
    assert [(each.table, each.obstacle) for each in compared.not_compared] == [(7, Obstacle.STAMP)]


def test_no_copy_is_the_best_while_another_number_is_hidden() -> None:
    """With the master dead, the line of any server may hide a higher number; what is proven behind stays so."""
    seen = snapshot(
        silent("M"),
        answers("R1", Role.REPLICA, {7: 100, 9: 50}),
        answers("R2", Role.REPLICA, {7: 90, 9: 50}),
        answers("R3", Role.REPLICA, {7: 100, 9: 50}),
    )
    unread = printed(seen, ROW, by="R3", without=(9,))
    certain, hidden = (ranked(compare(each, History()), each, History()).replicas for each in (seen, unread))
    assert [replica.behind_best for replica in certain] == [0, 10, 0]
    assert [replica.behind_best for replica in hidden] == [None, 10, None]


def test_a_flood_of_unread_lines_may_hide_any_table() -> None:
    """The rows may be among the lines that were only counted."""
    flood = UnreadLine(2000, "x", stands_for=500)
    (replica,) = compare(printed(healthy_round(NUMBERS, R1=NUMBERS), flood, by="R1"), History()).replicas
    assert [each.table for each in replica.not_compared] == [None]
    assert (replica.lag, replica.missing_tables) == (None, None)


def test_a_repeated_row_hides_nothing_and_a_different_one_hides_its_table() -> None:
    """A pager may print a row twice; two numbers for one table contradict each other."""
    row, other = "T7 13678d 8:33:46 5053 (5053)", "T7 13678d 8:33:46 5054 (5054)"
    again = parse_sequence(f"{row}\n{row}\nT9 13678d 8:33:46 1 (1)\n")
    assert [table.table for table in again.tables] == [7, 9]
    assert [(line.is_row, line.tables) for line in again.unread_lines] == [(False, ())]
    contradicted = parse_sequence(f"{row}\n{other}\nT9 13678d 8:33:46 1 (1)\n")
    assert [table.table for table in contradicted.tables] == [9]
    assert [line.tables for line in contradicted.unread_lines] == [(7,), (7,)]
