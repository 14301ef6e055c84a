"""Each replica against its master, table by table."""

from dataclasses import replace

import pytest

from boks_exporter.model import Role, SequenceReport, UnreadLine
from boks_exporter.replication import CopyEvidence, History, TableComparison, advance, compare, ranked
from tests.nonempty import nonempty
from tests.unit.domain_rounds import STAMP, answers, healthy_round, silent, snapshot

NO_HISTORY = History()


def test_the_published_incident_is_found_without_any_history() -> None:
    """Three tables beyond the second reading are ahead in the first round."""
    seen = healthy_round({7: 5053, 9: 7919, 15: 1865}, R1={7: 5060, 9: 7920, 15: 1900}, R2={7: 5053, 9: 7919, 15: 1865})
    ahead, healthy = compare(seen, NO_HISTORY).replicas
    assert ahead.tables == (
        TableComparison(
            7,
            5060,
            lag=0,
            ahead=7,
            lag_possible=0,
            ahead_possible=7,
            lag_seconds=0.0,
            lag_at_least_seconds=0.0,
            written=0,
            stamp_mismatch=False,
        ),
        TableComparison(
            9,
            7920,
            lag=0,
            ahead=1,
            lag_possible=0,
            ahead_possible=1,
            lag_seconds=0.0,
            lag_at_least_seconds=0.0,
            written=0,
            stamp_mismatch=False,
        ),
        TableComparison(
            15,
            1900,
            lag=0,
            ahead=35,
            lag_possible=0,
            ahead_possible=35,
            lag_seconds=0.0,
            lag_at_least_seconds=0.0,
            written=0,
            stamp_mismatch=False,
        ),
    )
    assert [table.table for table in ahead.ahead_tables] == [15, 7, 9]
    assert (ahead.lag, ahead.ahead, ahead.lag_seconds) == (0, 35, 0.0)
    assert (healthy.lag, healthy.ahead, healthy.ahead_tables) == (0, 0, ())


def test_a_replica_two_ahead_within_the_readings_is_not_ahead() -> None:
    """The master wrote while the replica was read."""
    (replica,) = compare(healthy_round({7: 100}, second={7: 102}, R1={7: 102}), NO_HISTORY).replicas
    assert (replica.lag, replica.ahead) == (0, 0)


def test_lag_and_ahead_are_those_of_the_worst_table() -> None:
    """One table can lag while another is ahead."""
    seen = healthy_round({7: 100, 9: 100, 15: 100}, R1={7: 90, 9: 40, 15: 105})
    (replica,) = compare(seen, NO_HISTORY).replicas
    assert (replica.lag, replica.ahead) == (60, 5)
    assert [(table.table, table.lag) for table in replica.lagging_tables] == [(9, 60), (7, 10)]


def test_what_cannot_be_proven_is_none() -> None:
    """Ahead needs the second reading, lag needs the first."""
    master, replica = answers("M", Role.MASTER, {7: 100}, 0.0), answers("R1", Role.REPLICA, {7: 105})
    (first_only,) = compare(snapshot(master, replica), NO_HISTORY).replicas
    assert (first_only.lag, first_only.ahead) == (0, None)
    late = answers("M", Role.MASTER, {7: 100}, 0.9)
    (second_only,) = compare(snapshot(late, replica, second={7: 100}), NO_HISTORY).replicas
    assert (second_only.lag, second_only.ahead, second_only.lag_seconds) == (None, 5, None)
    (neither,) = compare(snapshot(late, replica), NO_HISTORY).replicas
    assert (neither.lag, neither.ahead, neither.missing_tables) == (None, None, ())


def test_without_a_master_only_the_best_copy_is_a_measure() -> None:
    """With the master dead, replicas are compared with one another."""
    seen = snapshot(
        silent("M"),
        answers("R1", Role.REPLICA, {7: 100, 9: 50}),
        answers("R2", Role.REPLICA, {7: 98, 9: 51}),
        answers("R3", Role.REPLICA, {7: 100, 9: 51}),
        answers("C", Role.CLIENT, {7: 999}),
    )
    replicas = ranked(compare(seen, NO_HISTORY), seen, NO_HISTORY).replicas
    assert [(r.host, r.lag, r.ahead, r.behind_best) for r in replicas] == [
        ("R1", None, None, 1),
        ("R2", None, None, 2),
        ("R3", None, None, 0),
    ]
    assert all(r.missing_tables is None and r.extra_tables is None for r in nonempty(replicas))


def test_a_copy_that_went_its_own_way_is_not_the_best() -> None:
    """A copy that was ahead before the master died does not count as the best one."""
    history = History(evidence={"R2": CopyEvidence(diverged_since=1.0)})
    seen = snapshot(silent("M"), answers("R1", Role.REPLICA, {7: 100}), answers("R2", Role.REPLICA, {7: 150}))
    first, second = ranked(compare(seen, history), seen, history).replicas
    assert (first.behind_best, second.behind_best) == (0, 0)


def test_with_two_masters_nothing_is_compared_but_the_best_copy() -> None:
    """Neither master is a measure, both are servers that answer."""
    seen = snapshot(
        answers("M", Role.MASTER, {7: 100}, 0.0),
        answers("M2", Role.MASTER, {7: 103}, 0.0),
        answers("R1", Role.REPLICA, {7: 101}),
    )
    (replica,) = ranked(compare(seen, NO_HISTORY), seen, NO_HISTORY).replicas
    assert (replica.lag, replica.ahead, replica.behind_best) == (None, None, 2)


def test_missing_and_extra_tables_are_named() -> None:
    """A table of the master that a replica lacks, and one that only the replica has."""
    (replica,) = compare(healthy_round({7: 1, 9: 1}, R1={7: 1, 54: 3}), NO_HISTORY).replicas
    assert (replica.missing_tables, replica.extra_tables) == ((9,), (54,))
    assert replica.tables[1] == TableComparison(54, 3)


def test_a_table_in_a_line_that_could_not_be_read_is_not_missing() -> None:
    """A cut line shows that the table is there and not its number, and may be any other missing table as well."""
    replica = answers("R1", Role.REPLICA, {7: 1})
    line = UnreadLine(2, "T9 13678d 8:3", is_row=True, tables=(9,))
    cut = replace(replica, sequences=SequenceReport(replica.sequences.tables, (line,)))
    seen = snapshot(answers("M", Role.MASTER, {7: 1, 9: 1, 90: 1}, 0.0), cut, second={7: 1, 9: 1, 90: 1})
    (compared,) = compare(seen, NO_HISTORY).replicas
    assert compared.missing_tables == ()
    assert [each.table for each in compared.not_compared] == [9, 90]


def test_no_table_is_called_missing_below_a_flood_of_lines_that_were_only_counted() -> None:
    """The table may be in one of those lines, so whether it is missing is unknown."""
    replica = answers("R1", Role.REPLICA, {7: 1})
    flooded = replace(replica, sequences=SequenceReport(replica.sequences.tables, (UnreadLine(2, "x", stands_for=2),)))
    seen = snapshot(answers("M", Role.MASTER, {7: 1, 9: 1}, 0.0), flooded, second={7: 1, 9: 1})
    (compared,) = compare(seen, NO_HISTORY).replicas
    assert compared.missing_tables is None


def test_a_table_that_appears_behind_the_replica_is_not_missing() -> None:
    """What the master did not have before the replica was read may be in flight."""
    (replica,) = compare(healthy_round({7: 1}, second={7: 1, 9: 1}, R1={7: 1}), NO_HISTORY).replicas
    assert replica.missing_tables == ()
    (early,) = compare(healthy_round({7: 1}, second={7: 1, 9: 1}, R1={7: 1, 9: 1}), NO_HISTORY).replicas
    assert early.extra_tables == ()


@pytest.mark.parametrize(
    ("ours", "theirs", "tables"),
    [(STAMP, STAMP, ()), (STAMP + 1, STAMP, (7,)), (None, STAMP, None), (STAMP, None, None)],
    ids=["equal", "different", "replica prints none", "master prints none"],
)
def test_stamps_are_compared_where_both_print_one(
    ours: float | None, theirs: float | None, tables: tuple[int, ...] | None
) -> None:
    """A mismatch is a finding of its own, and the numbers are compared all the same."""
    seen = snapshot(
        answers("M", Role.MASTER, {7: 100}, 0.0, stamps={7: theirs}),
        answers("R1", Role.REPLICA, {7: 90}, stamps={7: ours}),
        second={7: 100},
        stamps={7: theirs},
    )
    (replica,) = compare(seen, NO_HISTORY).replicas
    assert (replica.stamp_mismatch_tables, replica.lag) == (tables, 10)


def test_only_replicas_with_numbers_are_compared() -> None:
    """A client, a host without sequences and an unreachable one have no comparison."""
    seen = snapshot(
        answers("M", Role.MASTER, {7: 1}, 0.0),
        answers("R1", Role.REPLICA, None),
        answers("R2", Role.UNKNOWN, {7: 1}),
        silent("R3"),
        answers("R4", Role.REPLICA, {7: 1}),
    )
    comparison = compare(seen, NO_HISTORY)
    assert [replica.host for replica in comparison.replicas] == ["R4"]
    assert comparison.replica("R4") is comparison.replicas[0]
    assert comparison.replica("R1") is None
    assert comparison.master == "M"


def test_lag_in_seconds_needs_a_past() -> None:
    """A one-shot poll proves that updates are missing, not since when."""
    (replica,) = compare(healthy_round({7: 100}, R1={7: 99}), NO_HISTORY).replicas
    assert (replica.lag, replica.lag_seconds, replica.lag_at_least_seconds) == (1, None, None)


def test_one_unknown_age_makes_the_replicas_unknown_but_not_the_bound() -> None:
    """The oldest of several is not known if one of them is not; that it is at least so old is."""
    history = advance(NO_HISTORY, healthy_round({7: 100, 9: 10}, R1={7: 90, 9: 10}))
    later = healthy_round({7: 100, 9: 11}, at=30.0, R1={7: 90, 9: 10})
    history = advance(history, later)
    (replica,) = compare(later, history).replicas
    assert [(table.table, table.lag_seconds) for table in replica.tables] == [
        (7, None),
        (9, pytest.approx(15.0, abs=1)),
    ]
    assert (replica.lag_seconds, replica.lag_at_least_seconds) == (None, 31.0 - 0.25)


def test_a_table_that_is_missing_leaves_no_proven_zero() -> None:
    """A lag of 0 needs every table of the master; what another table lacks stays proven."""
    (lacking,) = compare(healthy_round({7: 100, 9: 50}, R1={7: 100}), NO_HISTORY).replicas
    assert lacking.missing_tables == (9,)
    assert (lacking.lag, lacking.lag_possible, lacking.lag_seconds) == (None, None, None)
    assert lacking.ahead == 0

    (behind,) = compare(healthy_round({7: 100, 9: 50}, R1={7: 90}), NO_HISTORY).replicas
    assert behind.lag == 10


def test_a_table_that_only_the_second_reading_shows_leaves_no_proven_zero() -> None:
    """What the replica lacks of it is not known."""
    seen = healthy_round({7: 100}, second={7: 100, 9: 50}, R1={7: 100, 9: 40})
    (replica,) = compare(seen, NO_HISTORY).replicas
    assert (replica.lag, replica.lag_possible) == (None, 10)


def test_a_copy_without_a_table_is_not_as_advanced_as_the_best() -> None:
    """While the master is dead, a table that only others have keeps a copy from being the best one."""
    seen = snapshot(
        silent("M"),
        answers("R1", Role.REPLICA, {7: 100, 9: 50}),
        answers("R2", Role.REPLICA, {7: 100}),
        last_master="M",
    )
    first, second = ranked(compare(seen, NO_HISTORY), seen, NO_HISTORY).replicas
    assert (first.behind_best, second.behind_best) == (0, None)
