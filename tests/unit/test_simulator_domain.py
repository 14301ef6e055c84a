"""The simulated domain replicates as is published about BoKS, and knows the truth."""

import itertools
import sys
from collections.abc import Callable
from functools import partial

from boks_exporter.simulator.domain import (
    Boksinit,
    Fault,
    HostPlan,
    Layout,
    SimulatedDomain,
)
from boks_exporter.simulator.domain.replica_link import Status
from tests.nonempty import nonempty
from tests.unit.simulated_domains import REPLICAS, domain_of, sequences, text


def test_healthy_replicas_are_behind_by_their_delay_only() -> None:
    """The oldest missing update is never older than the replica's own delay."""
    domain = domain_of(rate=50.0)
    for step in range(40):
        domain.advance(600.0 + step * 7.3)
        for name in REPLICAS:
            truth = domain.truth().hosts[name]
            assert truth.oldest_missing <= domain.hosts[name].delay_seconds + 1e-6
            assert (truth.ahead, truth.link, truth.is_fed) == ({}, Status.OK, True)


def test_the_truth_is_the_difference_of_what_the_hosts_print() -> None:
    """Lag and ahead of the truth are those of the numbers printed at the same instant."""
    domain = domain_of(rate=50.0)
    domain.set_fault("REPHOST2", Fault.AHEAD, by=7)
    domain.set_fault("REPHOST3", Fault.SLOW, delay_seconds=40)
    domain.advance(900.0)
    master = sequences(domain, "MASTER1")
    for name in REPLICAS:
        own = sequences(domain, name)
        truth = domain.truth().hosts[name]
        differences = {int(table[1:]): own[table] - master[table] for table in master if own[table] != master[table]}
        assert truth.lag == {table: -difference for table, difference in differences.items() if difference < 0}
        assert truth.ahead == {table: difference for table, difference in differences.items() if difference > 0}


def test_an_idle_domain_has_one_sync_age_on_all_replicas() -> None:
    """Without updates the age of the last one grows on every replica alike."""
    domain = domain_of(rate=0.0, at=7200.0)
    lines = text(domain.run("MASTER1", ("boksdiag", "list"))).splitlines()
    sync = lines[1].index("SYNC")
    assert {line[sync : sync + 10].strip() for line in lines[2:]} == {"2:00:00"}


def test_a_batch_holds_updates_back_together() -> None:
    """A replica that takes its updates every 20 s is at most that much more behind."""
    master = HostPlan(name="M", role=Boksinit.MASTER)
    replica = HostPlan(name="R", role=Boksinit.SERVER, delay_seconds=1.0, batch_seconds=20.0)
    domain = SimulatedDomain(Layout(hosts=(master, replica), writes_per_second=5.0), seed=1)
    oldest = []
    for second in range(100, 300):
        domain.advance(float(second))
        oldest.append(domain.truth().hosts["R"].oldest_missing)
    assert 15.0 < max(oldest) <= 21.0


CALLS_EACH = 40
"""Calls for each table of each host in a round; 20 to 24 were counted."""


def calls_of(work: Callable[[], object]) -> int:
    """Count the calls of functions: unlike time it is the same on every machine."""
    count = itertools.count()
    before = sys.getprofile()
    sys.setprofile(lambda _frame, event, _argument: next(count) if event in {"call", "c_call"} else None)
    try:
        work()
    finally:
        sys.setprofile(before)
    return next(count)


def test_a_round_costs_a_bounded_number_of_calls_for_each_table_and_host() -> None:
    """61 hosts with 54 tables at 500 updates a second; what was written in a round is not walked through one by one."""
    replicas = (HostPlan(name=f"R{n}", role=Boksinit.SERVER, delay_seconds=n / 3) for n in range(60))
    hosts = (HostPlan(name="M", role=Boksinit.MASTER), *replicas)
    domain = SimulatedDomain(Layout(hosts=hosts, tables=tuple(range(54)), writes_per_second=500.0), seed=1)

    def play(at: float) -> None:
        domain.advance(at)
        for name in domain.hosts:
            domain.run(name, ("boksdiag", "sequence"))
        domain.truth()

    calls = [calls_of(partial(play, at)) / (len(hosts) * 54) for at in (30.0, 60.0, 90.0, 390.0)]
    assert max(calls) < CALLS_EACH, calls


def test_a_long_history_is_forgotten_but_goes_on() -> None:
    """After days the instants of the first day are dropped, the numbers stay consistent."""
    domain = domain_of(rate=0.5, at=100.0)
    before = sequences(domain, "REPHOST")
    domain.advance(3 * 86400.0)
    assert all(number >= before[table] for table, number in nonempty(sequences(domain, "REPHOST").items()))
    assert domain.truth().hosts["REPHOST"].oldest_missing < 1.0
