"""Replicas that print the same share one comparison, and nothing that differs between them."""

from dataclasses import fields, replace
from functools import cached_property

from hypothesis import given
from hypothesis import strategies as st

from boks_exporter.model import DomainSnapshot, Observed, Role, TableSequence
from boks_exporter.replication import History, ReplicaComparison, advance, compare, ranked
from boks_exporter.replication.brackets import Bracket
from boks_exporter.replication.comparison import _without_age
from tests.nonempty import nonempty
from tests.unit.domain_rounds import answers, snapshot
from tests.unit.hypothesis_budget import tried

FIGURES = [name for name, member in vars(ReplicaComparison).items() if isinstance(member, cached_property)]
numbers = st.dictionaries(st.integers(1, 3), st.integers(1, 4), max_size=3)
stamps = st.dictionaries(st.integers(1, 3), st.sampled_from([None, 7.0]), max_size=2)


@st.composite
def rounds(draw: st.DrawFn) -> DomainSnapshot:
    """Draw two readings of the master, and replicas between them."""
    shown = draw(st.lists(st.tuples(numbers, stamps), min_size=1, max_size=4))
    replicas = [answers(f"R{at}", Role.REPLICA, own, stamps=of) for at, (own, of) in enumerate(shown)]
    return snapshot(answers("M", Role.MASTER, draw(numbers), 0.0), *replicas, second=draw(numbers))


@tried(100)
@given(rounds())
def test_a_replica_is_compared_as_if_it_were_the_only_one(together: DomainSnapshot) -> None:
    """Whatever was compared before it, in this round or another."""
    history = advance(History(), together)
    master, *others = together.outcomes
    replicas = [seen for seen in others if isinstance(seen, Observed) and seen.sequences]
    for shared, own in nonempty(zip(compare(together, history).replicas, replicas, strict=True)):
        (expected,) = compare(replace(together, outcomes=(master, own)), history).replicas
        assert shared == expected
        assert (shared.host, shared.read_at) == (own.host, own.started_at)


@tried(100)
@given(rounds())
def test_shared_figures_are_those_of_the_comparison_itself(together: DomainSnapshot) -> None:
    history = advance(History(), together)
    for replica in nonempty(ranked(compare(together, history), together, history).replicas):
        fresh = ReplicaComparison(**{field.name: getattr(replica, field.name) for field in fields(replica)})
        assert [getattr(replica, name) for name in FIGURES] == [getattr(fresh, name) for name in FIGURES]


def test_rows_of_many_rounds_ago_are_not_remembered() -> None:
    """Memory is at its limit within minutes: with more rows, hours of growth could not be told from a leak."""
    for number in range(1100):
        _without_age(TableSequence(1, number, number, 7.0), Bracket(number, number, 7.0), is_certain=True)
    assert _without_age.cache_info().currsize <= 1024
