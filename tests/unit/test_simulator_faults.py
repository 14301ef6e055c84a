"""Each fault makes its own difference to the simulated domain, and none once it is cleared."""

import math

import pytest

from boks_exporter.simulator.domain import (
    Connectivity,
    Fault,
)
from boks_exporter.simulator.domain.replica_link import Status
from tests.unit.simulated_domains import domain_of, listed, sequences, text


def test_a_replica_that_is_down_is_listed_so_and_catches_up_after_loading() -> None:
    """DOWN shows within a minute with the age of the lost packet; then LOADING, then OK with nothing missing."""
    domain = domain_of()
    domain.set_fault("REPHOST", Fault.DOWN)
    domain.advance(661.0)
    assert listed(domain)["REPHOST"] == "DOWN"
    domain.advance(1000.0)
    assert domain.truth().hosts["REPHOST"].oldest_missing > 300
    line = next(line for line in text(domain.run("MASTER1", ("boksdiag", "list"))).splitlines() if "DOWN" in line)
    assert line.split()[1] == "06:40"
    assert len([path for path in domain.files("MASTER1") if "dd_fcom_" in path]) == 7
    domain.clear_fault("REPHOST", Fault.DOWN)
    domain.advance(1001.0)
    assert listed(domain)["REPHOST"] == "LOADING"
    domain.advance(1200.0)
    assert listed(domain)["REPHOST"] == "OK"
    assert domain.truth().hosts["REPHOST"].oldest_missing < 1.0


def test_retries_to_a_dead_replica_are_counted_as_failures() -> None:
    """The last failure is younger than the last packet, as in the published DOWN line."""
    domain = domain_of()
    domain.set_fault("REPHOST", Fault.DOWN)
    ages = []
    for at in range(700, 1300, 10):
        domain.advance(float(at))
        line = next(line for line in text(domain.run("MASTER1", ("boksdiag", "list"))).splitlines() if "DOWN" in line)
        ages.append(line.split()[2])
    assert max(ages) < "03:01"


@pytest.mark.parametrize(
    ("fault", "parameters", "wrong"),
    [
        (Fault.LOADING, {}, "oldest_missing"),
        (Fault.LOADING, {"from_scratch": True}, "missing_tables"),
        (Fault.SLOW, {"delay_seconds": 300}, "oldest_missing"),
        (Fault.DIVERGED, {}, "lag"),
        (Fault.AHEAD, {"by": 3000}, "ahead"),
        (Fault.WRONG_STAMP, {"days": 3}, "wrong_stamps"),
        (Fault.MISSING_TABLE, {"tables": (1, 2)}, "missing_tables"),
        (Fault.UNLISTED, {}, "oldest_missing"),
        (Fault.UNREACHABLE, {"cut_off": True}, "oldest_missing"),
    ],
)
def test_a_fault_of_replication_shows_in_the_truth_and_goes_when_cleared(
    fault: Fault, parameters: dict[str, object], wrong: str
) -> None:
    """Set, it makes exactly its own difference on that replica; cleared, the replica is equal again."""
    domain = domain_of(rate=5.0)
    domain.set_fault("REPHOST2", fault, **parameters)
    domain.advance(640.0)
    truth = domain.truth().hosts
    assert getattr(truth["REPHOST2"], wrong)
    if wrong == "oldest_missing":
        assert truth["REPHOST2"].oldest_missing > 35
    assert truth["REPHOST3"].oldest_missing < 1.0
    domain.clear_fault("REPHOST2", fault)
    domain.advance(1200.0)
    after = domain.truth().hosts["REPHOST2"]
    assert (after.ahead, after.wrong_stamps, after.missing_tables, after.link) == ({}, (), (), Status.OK)
    assert after.oldest_missing < 1.0


def test_a_diverged_replica_misses_one_table_only() -> None:
    """All other tables go on."""
    domain = domain_of(rate=5.0)
    domain.set_fault("REPHOST2", Fault.DIVERGED)
    domain.advance(900.0)
    assert [lag > 500 for lag in domain.truth().hosts["REPHOST2"].lag.values() if lag > 5] == [True]


@pytest.mark.parametrize("fault", [Fault.DIVERGED, Fault.AHEAD, Fault.WRONG_STAMP, Fault.MISSING_TABLE])
def test_a_fault_of_a_copy_changes_nothing_on_the_master(fault: Fault) -> None:
    """The master's data are what all others are measured by."""
    domain, healthy = domain_of(rate=5.0), domain_of(rate=5.0)
    domain.set_fault("MASTER1", fault)
    for each in (domain, healthy):
        each.advance(900.0)
    assert sequences(domain, "MASTER1") == sequences(healthy, "MASTER1")


def test_a_table_that_is_stuck_stays_so_under_a_new_master() -> None:
    """And it is as it should be once the fault is cleared there."""
    domain = domain_of(rate=5.0)
    domain.set_fault("REPHOST2", Fault.DIVERGED)
    domain.advance(660.0)
    stuck = sequences(domain, "REPHOST2")
    domain.set_fault("MASTER1", Fault.MASTER_DEAD)
    domain.run("REPHOST5", ("convert", "-v", "master"))
    domain.advance(900.0)
    assert max(domain.truth().hosts["REPHOST2"].lag.values()) > 300
    assert stuck.items() & sequences(domain, "REPHOST2").items()
    domain.clear_fault("REPHOST2", Fault.DIVERGED)
    domain.advance(1000.0)
    assert domain.truth().hosts["REPHOST2"].oldest_missing < 1.0


def test_an_unlisted_replica_has_no_line() -> None:
    """The master neither lists nor feeds it, and it answers all the same."""
    domain = domain_of()
    domain.set_fault("REPHOST2", Fault.UNLISTED)
    assert "REPHOST2" not in listed(domain)
    assert domain.truth().hosts["REPHOST2"].link is None


@pytest.mark.parametrize(
    ("fault", "meets"),
    [
        (Fault.REFUSED, Connectivity.REFUSED),
        (Fault.UNREACHABLE, Connectivity.UNREACHABLE),
        (Fault.WRONG_HOST_KEY, Connectivity.WRONG_HOST_KEY),
        (Fault.WRONG_LOGIN, Connectivity.WRONG_LOGIN),
        (Fault.MASTER_DEAD, Connectivity.UNREACHABLE),
        (Fault.SLOW, Connectivity.OK),
    ],
)
def test_a_fault_of_the_route_shows_to_every_client(fault: Fault, meets: Connectivity) -> None:
    """And only to them: the replica goes on to be fed, unless the machine is off."""
    domain = domain_of()
    domain.set_fault("REPHOST2", fault)
    assert domain.connectivity("REPHOST2") is meets
    assert domain.hosts["REPHOST2"].connectivity is meets
    assert domain.truth().hosts["REPHOST2"].is_fed is (fault is not Fault.MASTER_DEAD)
    domain.clear_fault("REPHOST2", fault)
    assert domain.connectivity("REPHOST2") is Connectivity.OK


def test_a_hanging_command_never_ends_and_rubbish_is_as_long_as_asked() -> None:
    """Both hold for every command of that host."""
    domain = domain_of()
    domain.set_fault("REPHOST", Fault.HANGING)
    domain.set_fault("REPHOST2", Fault.GARBAGE, bytes=10_000)
    assert domain.run("REPHOST", ("boksdiag", "sequence")).delay_seconds == math.inf
    assert len(domain.run("REPHOST2", ("dumpbase", "-m")).stdout) == 10_000


def test_two_masters_write_both_and_the_false_one_is_a_replica_again_with_its_data() -> None:
    """While it lasts there is no single truth; afterwards what only the false master had is ahead."""
    domain = domain_of(rate=5.0)
    domain.set_fault("REPHOST2", Fault.TWO_MASTERS)
    domain.advance(660.0)
    assert domain.masters() == ("MASTER1", "REPHOST2")
    assert listed(domain)["REPHOST2"] == "DOWN"
    assert listed(domain)["REPHOST3"] == "OK"
    assert set(listed(domain, "REPHOST2").values()) <= {"OK", "DOWN"}
    domain.clear_fault("REPHOST2", Fault.TWO_MASTERS)
    domain.advance(1000.0)
    assert domain.masters() == ("MASTER1",)
    assert listed(domain)["REPHOST2"] == "OK"


def test_a_fault_set_twice_is_set_once_and_a_fault_not_set_is_not_cleared() -> None:
    """Setting again replaces the parameters; clearing what is not there changes nothing."""
    domain = domain_of()
    domain.set_fault("REPHOST", Fault.AHEAD, by=5, tables=(1,))
    domain.set_fault("REPHOST", Fault.AHEAD, by=9, tables=(1,))
    domain.clear_fault("REPHOST", Fault.SLOW)
    assert domain.truth().hosts["REPHOST"].ahead == {1: 9}


def test_two_faults_that_stop_the_daemons_are_cleared_one_by_one() -> None:
    """The daemons start when the last of them is cleared."""
    domain = domain_of()
    domain.set_fault("REPHOST", Fault.DOWN)
    domain.set_fault("REPHOST", Fault.MASTER_DEAD)
    domain.clear_fault("REPHOST", Fault.MASTER_DEAD)
    assert not domain.hosts["REPHOST"].daemons_running
    domain.clear_fault("REPHOST", Fault.DOWN)
    assert domain.hosts["REPHOST"].daemons_running


def test_everything_has_a_description() -> None:
    """The objects that one meets in a debugger show their state."""
    domain = domain_of()
    domain.set_fault("REPHOST", Fault.SLOW)
    host = domain.hosts["REPHOST"]
    assert (host.site, host.section, host.address) == ("rotterdam", "edge", "127.0.0.7")
    database = domain.hosts["MASTER1"].copy.database
    shown = (repr(domain), repr(domain.hosts["REPHOST"]), repr(database), repr(database.tables[0][-1])[:8])
    assert shown == (
        "<SimulatedDomain 6 hosts at 600 s>",
        "<SimulatedHost REPHOST server slow>",
        "<Database 30 tables>",
        "<Writes ",
    )
