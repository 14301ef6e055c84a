"""Every update of the simulated domain has an identity, which numbers alone do not show."""

from hypothesis import given
from hypothesis import strategies as st

from boks_exporter.simulator.domain import Fault, SimulatedDomain
from boks_exporter.simulator.domain.invariants import Invariant, Observer
from boks_exporter.simulator.domain.updates import Span, clipped, size, without
from tests.nonempty import nonempty
from tests.unit.simulated_domains import domain_of

SPANS = st.builds(
    lambda origin, after, length: Span(origin, after, after + length),
    st.integers(1, 3),
    st.integers(0, 20),
    st.integers(1, 20),
)


def as_set(spans: tuple[Span, ...]) -> set[tuple[int, int]]:
    return {(span.origin, number) for span in spans for number in range(span.after + 1, span.upto + 1)}


@given(st.lists(SPANS, max_size=4).map(tuple), st.lists(SPANS, max_size=4).map(tuple))
def test_spans_are_sets_of_updates(one: tuple[Span, ...], other: tuple[Span, ...]) -> None:
    assert as_set(without(one, other)) == as_set(one) - as_set(other)
    assert as_set(clipped(one, 12)) == {each for each in as_set(one) if each[1] <= 12}


@given(SPANS)
def test_the_size_of_a_span_is_its_number_of_updates(span: Span) -> None:
    assert size((span,)) == len(as_set((span,)))


def own_updates(domain: SimulatedDomain, host: str, *others: str) -> int:
    """Count the updates of a host that none of the others holds."""
    held = domain.hosts[host].copy.held(domain.now)
    return sum(
        size(
            without(
                spans, (span for name in others for span in domain.hosts[name].copy.held(domain.now).get(table, ()))
            )
        )
        for table, spans in held.items()
    )


def split(rate: float = 5.0) -> SimulatedDomain:
    """Promote a slow replica when the master dies: the old master has updates that the new one never gets."""
    domain = domain_of(rate=rate)
    domain.set_fault("REPHOST5", Fault.SLOW, delay_seconds=60)
    domain.advance(800.0)
    domain.set_fault("MASTER1", Fault.MASTER_DEAD)
    domain.advance(801.0)
    domain.run("REPHOST5", ("convert", "-v", "master"))
    return domain


def test_the_new_masters_updates_do_not_replace_those_that_it_never_had() -> None:
    """Its numbers pass the old master's after a while; the old master still holds updates that no new master has."""
    domain = split()
    missing = own_updates(domain, "MASTER1", "REPHOST5")
    assert missing > 0
    domain.advance(3000.0)
    old, new = (domain.hosts[name].copy.numbers(domain.now) for name in ("MASTER1", "REPHOST5"))
    assert all(new[table][0] >= number for table, (number, _) in nonempty(old.items()))
    assert own_updates(domain, "MASTER1", "REPHOST5") == missing


def test_a_replica_keeps_its_own_updates_under_a_new_master_until_it_is_rebuilt() -> None:
    domain = split()
    domain.advance(1500.0)
    own = own_updates(domain, "REPHOST3", "REPHOST5")
    assert own > 0
    domain.advance(3000.0)
    assert own_updates(domain, "REPHOST3", "REPHOST5") == own
    domain.remove_data("REPHOST3")
    domain.run("REPHOST3", ("Boot", "-k"))
    domain.run("REPHOST3", ("Boot",))
    domain.advance(4000.0)
    assert own_updates(domain, "REPHOST3", "REPHOST5") == 0


def test_an_update_is_lost_with_its_last_reachable_holder() -> None:
    """A holder that the runner cannot reach does not count, whatever its role."""
    domain = split()
    domain.advance(3000.0)
    observer = Observer(domain)
    domain.remove_data("REPHOST4")
    assert observer.breaches == []
    for name in ("REPHOST2", "REPHOST"):
        domain.set_fault(name, Fault.UNREACHABLE)
    domain.remove_data("REPHOST3")
    assert [breach.invariant for breach in observer.breaches] == [Invariant.LAST_COPY_REMOVED]
    assert observer.breaches[0].updates > 0


def test_updates_that_were_moved_aside_are_distinguished_from_removed_ones() -> None:
    domain = split()
    observer = Observer(domain)
    domain.clear_fault("MASTER1", Fault.MASTER_DEAD)
    before = len(observer.breaches)
    for name in ("REPHOST4", "REPHOST3", "REPHOST2", "REPHOST", "MASTER1"):
        domain.move_data_aside(name, "x")
    assert observer.breaches[before:][-1].invariant is Invariant.LAST_COPY_MOVED_ASIDE


def test_a_master_that_is_promoted_holds_what_it_held_before() -> None:
    """Its surplus and its own updates are part of the database that it continues with."""
    domain = domain_of(rate=5.0)
    domain.set_fault("REPHOST5", Fault.AHEAD, by=7)
    domain.advance(700.0)
    assert own_updates(domain, "REPHOST5", "MASTER1") == 7
    domain.set_fault("MASTER1", Fault.MASTER_DEAD)
    domain.run("REPHOST5", ("convert", "-v", "master"))
    assert own_updates(domain, "REPHOST5", "MASTER1") == 7


def test_two_masters_that_wrote_equally_many_updates_hold_different_ones() -> None:
    """The numbers are equal, and each has updates that the other does not have."""
    domain = domain_of(rate=0.0)
    domain.advance(100.0)
    domain.set_fault("REPHOST3", Fault.TWO_MASTERS)
    table = next(iter(domain.hosts["MASTER1"].copy.numbers(domain.now)))
    domain.write("MASTER1", table, 3)
    domain.write("REPHOST3", table, 3)
    numbers = [domain.hosts[name].copy.numbers(domain.now)[table] for name in ("MASTER1", "REPHOST3")]
    assert numbers[0] == numbers[1]
    assert own_updates(domain, "MASTER1", "REPHOST3") == own_updates(domain, "REPHOST3", "MASTER1") == 3
    domain.clear_fault("REPHOST3", Fault.TWO_MASTERS)
    domain.advance(1000.0)
    assert domain.hosts["REPHOST3"].copy.numbers(domain.now)[table] == numbers[0]
    assert own_updates(domain, "REPHOST3", "MASTER1") == 3
