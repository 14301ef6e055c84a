"""The simulated tables are written to as asked for, the same for the same seed."""

from itertools import pairwise

import pytest

from boks_exporter.simulator.domain.write_history import Writes
from tests.nonempty import nonempty
from tests.unit.simulated_domains import dice


@pytest.mark.parametrize(("rate", "bursts"), [(0.01, 1.0), (0.5, 1.0), (0.5, 20.0), (40.0, 1.0), (500.0, 8.0)])
def test_a_number_only_grows_and_knows_when_it_was_reached(rate: float, bursts: float) -> None:
    """Each number is reached at an instant at which the table shows it, and not a moment before."""
    writes = Writes(dice(1), 100, 0.0, rate=rate, born=0.0)
    writes.bursts = bursts
    numbers = [writes.number(at / 7) for at in range(2100)]
    assert all(before <= after for before, after in nonempty(pairwise(numbers)))
    for number in {*range(101, min(numbers[-1], 130)), numbers[-1]} - {100}:
        written = writes.written_at(number)
        assert writes.number(written) >= number
        assert writes.number(written - 1e-3 / rate) < number


@pytest.mark.parametrize(("rate", "bursts"), [(0.5, 1.0), (0.5, 10.0), (40.0, 1.0), (500.0, 1.0)])
def test_as_much_is_written_as_was_asked_for(rate: float, bursts: float) -> None:
    """Over a long time the mean rate is the layout's."""
    writes = Writes(dice(2), 0, 0.0, rate=rate, born=0.0)
    writes.bursts = bursts
    assert writes.number(40_000) / 40_000 == pytest.approx(rate, rel=0.15)


@pytest.mark.parametrize("rate", [0.5, 50.0])
def test_what_is_written_does_not_depend_on_when_it_is_asked(rate: float) -> None:
    """A history asked in small steps is the one asked in a leap."""
    leap, steps = (Writes(dice(3), 0, 0.0, rate=rate, born=0.0) for _ in range(2))
    last = leap.number(500.0)
    assert [steps.number(at / 10) for at in range(5001)][-1] == last


def test_a_stopped_table_stays_and_a_resumed_one_goes_on() -> None:
    """Between stop and resume no number is given out."""
    writes = Writes(dice(4), 0, 0.0, rate=5.0, born=0.0)
    writes.stop(33.3)
    stopped = writes.number(33.3)
    assert writes.number(1000.0) == stopped
    writes.resume(1000.0)
    assert writes.number(1100.0) > stopped
    assert writes.written_at(stopped + 1) > 1000.0


def test_a_fork_shares_the_past_only() -> None:
    """A promoted copy has the same numbers up to the promotion and its own ones after it."""
    writes = Writes(dice(5), 0, 0.0, rate=5.0, born=0.0)
    fork = writes.fork(dice(6), 50.0)
    fork.resume(50.0)
    assert [fork.number(at) for at in range(51)] == [writes.number(at) for at in range(51)]
    assert [fork.number(at) for at in range(60, 200)] != [writes.number(at) for at in range(60, 200)]


def test_what_is_forgotten_keeps_its_number() -> None:
    """Dropping old instants changes no number that can still be asked for."""
    writes = Writes(dice(7), 0, 0.0, rate=5.0, born=0.0)
    before = [writes.number(at) for at in range(500, 1000)]
    writes.forget(500.0)
    assert [writes.number(at) for at in range(500, 1000)] == before
    assert writes.written_at(1) is None
    assert writes.written_at(10**9) is None


@pytest.mark.parametrize("rate", [0.0, 0.3, 20.0])
def test_updates_can_be_written_besides_those_that_are_drawn(rate: float) -> None:
    """They are there at once, and those that are drawn go on from the new number."""
    plain, more = (Writes(dice(7), 5, 0.0, rate=rate, born=0.0) for _ in range(2))
    before = more.number(100.0)
    assert before == plain.number(100.0)
    more.write(100.0, 7)
    assert more.number(100.0) == before + 7
    written = more.written_at(before + 1)
    assert written is not None
    assert 99.9 < written <= 100.0
    assert more.number(99.9) == plain.number(99.9)
    assert [more.number(at) for at in range(101, 1000)] == [plain.number(at) + 7 for at in range(101, 1000)]
