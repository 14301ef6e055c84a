"""What two readings of the master prove about a replica that was read between them."""

from boks_exporter.model import DomainSnapshot, MasterReading, Role
from boks_exporter.replication.brackets import Bracket, brackets
from tests.unit.domain_rounds import STAMP, answers, reading, report, snapshot

REPLICA = answers("R1", Role.REPLICA, {7: 100}, 10.0)


def around(*readings: MasterReading) -> dict[int, Bracket]:
    """Bracket R1, which was read from 10.0 to 10.25."""
    master = answers("M", Role.MASTER, {7: 1}, 0.0)
    seen = snapshot(master, REPLICA)
    made = DomainSnapshot(seen.domain, seen.hosts, seen.outcomes, 0.0, 20.0, readings)
    return dict(brackets(made, REPLICA))


def test_a_bracket_is_the_last_reading_before_and_the_first_after() -> None:
    """Of several readings the two nearest ones count."""
    readings = (reading({7: 1}, 1.0), reading({7: 5}, 5.0), reading({7: 12}, 12.0), reading({7: 19}, 19.0))
    assert around(*readings) == {7: Bracket(5, 12, STAMP)}


def test_a_reading_counts_only_if_it_had_ended_before_or_began_after() -> None:
    """A reading that overlaps the replica's proves neither."""
    assert around(reading({7: 9}, 9.9), reading({7: 11}, 10.1)) == {}
    assert around(reading({7: 9}, 9.75), reading({7: 11}, 10.25)) == {7: Bracket(9, 11, STAMP)}


def test_without_the_first_reading_nothing_is_known_of_lag() -> None:
    """The upper end alone proves ahead."""
    bracket = around(reading({7: 12}, 12.0))[7]
    assert (bracket.lag(5), bracket.ahead(5), bracket.ahead(15), bracket.written) == (None, 0, 3, None)


def test_without_the_second_reading_nothing_is_known_of_ahead() -> None:
    """The lower end alone proves lag."""
    bracket = around(reading({7: 9}, 9.0))[7]
    assert (bracket.lag(5), bracket.lag(15), bracket.ahead(15), bracket.written) == (4, 0, None, None)


def test_a_replica_within_both_readings_neither_lags_nor_is_ahead() -> None:
    """An update written between the readings proves nothing."""
    bracket = around(reading({7: 9}, 9.0), reading({7: 12}, 12.0))[7]
    assert [(bracket.lag(number), bracket.ahead(number)) for number in (8, 9, 10, 12, 13)] == [
        (1, 0),
        (0, 0),
        (0, 0),
        (0, 0),
        (0, 1),
    ]
    assert bracket.written == 3


def test_a_stamp_that_changes_between_the_readings_proves_nothing() -> None:
    """Numbers of two generations are no bracket; the other tables keep theirs."""
    before = MasterReading("M", 9.0, 9.25, report({7: 9, 9: 9}))
    after = MasterReading("M", 12.0, 12.25, report({7: 12, 9: 12}, {7: STAMP + 1}))
    assert around(before, after) == {9: Bracket(9, 12, STAMP)}


def test_a_number_that_goes_back_between_the_readings_proves_nothing() -> None:
    """A master that is being restored is no measure."""
    assert around(reading({7: 12}, 9.0), reading({7: 9}, 12.0)) == {}


def test_a_table_in_one_reading_only_has_one_end() -> None:
    """A table that appears or vanishes between the readings is bracketed on the side where it was seen."""
    found = around(reading({7: 9}, 9.0), reading({9: 12}, 12.0))
    assert found == {7: Bracket(9, None, STAMP), 9: Bracket(None, 12, STAMP)}


def test_only_the_one_masters_readings_count() -> None:
    """A reading of a host that is no longer the one master is no bracket."""
    assert around(reading({7: 9}, 9.0, host="OLD"), reading({7: 12}, 12.0)) == {7: Bracket(None, 12, STAMP)}


def test_without_exactly_one_master_there_is_nothing_to_compare_with() -> None:
    """With two masters there is no bracket."""
    masters = answers("M", Role.MASTER, {7: 9}, 0.0), answers("M2", Role.MASTER, {7: 9}, 0.0)
    assert brackets(snapshot(*masters, REPLICA), REPLICA) == {}
    assert brackets(snapshot(REPLICA), REPLICA) == {}
