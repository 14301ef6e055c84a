"""The tour of a failover succeeds only where the simulated domain is healthy."""

import pytest
from click.testing import CliRunner

from boks_exporter.cli.demo import demo
from boks_exporter.demo.failover_tour_environment import TourError, check_final_state, tour_layout
from boks_exporter.simulator.domain import Fault, SimulatedDomain
from boks_exporter.simulator.domain.invariants import Observer


@pytest.fixture
def domain() -> SimulatedDomain:
    domain = SimulatedDomain(tour_layout(), seed=1)
    domain.advance(600.0)
    return domain


def test_a_healthy_domain_is_a_good_end(domain: SimulatedDomain) -> None:
    """One master, and replicas that have everything."""
    check_final_state(domain, Observer(domain))


@pytest.mark.parametrize(
    ("host", "fault", "reason"),
    [
        ("MASTER1", Fault.MASTER_DEAD, "found none"),
        ("MASTER1", Fault.DOWN, "expected MASTER1 as the only master, and running"),
        ("REPHOST3", Fault.DOWN, "REPHOST3 is not a healthy replica"),
        ("REPHOST4", Fault.AHEAD, "REPHOST4 is not a healthy replica"),
    ],
)
def test_anything_else_is_a_bad_end(domain: SimulatedDomain, host: str, fault: Fault, reason: str) -> None:
    """It is named, whatever the commands and the exporter said."""
    observer = Observer(domain)
    domain.set_fault(host, fault)
    domain.advance(700.0)
    with pytest.raises(TourError, match=reason):
        check_final_state(domain, observer)


def test_a_breach_that_is_over_is_a_bad_end(domain: SimulatedDomain) -> None:
    """All is green again, but two masters ran for a moment."""
    observer = Observer(domain)
    domain.set_fault("REPHOST2", Fault.TWO_MASTERS)
    with pytest.raises(TourError, match=r"an invariant was broken: .*two_masters"):
        check_final_state(domain, observer)


def test_it_takes_no_other_option() -> None:
    """A scenario or an address would be ignored: it is refused and named."""
    result = CliRunner().invoke(demo, ["--failover", "--scenario", "calm", "--seed", "2"])
    assert result.exit_code == 2
    assert "--failover allows no other option, found --scenario, --seed" in result.output
