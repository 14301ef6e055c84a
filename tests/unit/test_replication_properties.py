"""Healthy replication produces no false claim, however reads interleave with writes."""

from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import pairwise
from unittest.mock import patch

from hypothesis import assume, given
from hypothesis import strategies as st

from boks_exporter.health import Thresholds, judge_round
from boks_exporter.health.states import ReplicaState
from boks_exporter.model import DomainSnapshot, Host, Listed, Listing, MasterReading, Observed, Role
from boks_exporter.replication import History, advance, compare
from boks_exporter.replication.brackets import Bracket
from tests.nonempty import nonempty
from tests.unit.domain_rounds import answers, listed, report
from tests.unit.hypothesis_budget import tried

INTERVAL = 30.0
BEGUN = 1000
"""The number of every table when its history begins."""

instants = st.floats(0.0, 1.0)


@dataclass(frozen=True)
class Read:
    """One exchange within a round: its beginning, the instant at which the number was taken, and its end."""

    started: float
    taken: float
    finished: float


@st.composite
def reads(draw: st.DrawFn, round_begins: float) -> Read:
    """Draw an exchange of up to 20 s, anywhere in the round."""
    started, took, taken = draw(instants), draw(instants), draw(instants)
    begin = round_begins + started * (INTERVAL - 1)
    end = begin + took * min(20.0, round_begins + INTERVAL - begin)
    return Read(begin, begin + taken * (end - begin), end)


@dataclass(frozen=True)
class Line:
    """The truth about one master's numbers: when each update after BEGUN was written."""

    written_at: tuple[float, ...]

    def number(self, at: float) -> int:
        return BEGUN + bisect_right(self.written_at, at)

    def age(self, number: int, at: float) -> float:
        """Return the age of the first missing update after a number, 0 if none is missing."""
        missing = number - BEGUN
        return max(0.0, at - self.written_at[missing]) if missing < len(self.written_at) else 0.0


@st.composite
def histories(draw: st.DrawFn, least_writes: int = 0) -> tuple[Line, list[tuple[list[Read], Read, int]]]:
    """Draw writes, and rounds of up to three readings of the master and one of a replica that follows somehow."""
    rounds = draw(st.integers(1, 8))
    writes = draw(st.lists(st.floats(0.0, rounds * INTERVAL), min_size=least_writes, max_size=25))
    line = Line(tuple(sorted(writes)))
    known, lived = BEGUN, []
    for index in range(rounds):
        masters = draw(st.lists(reads(index * INTERVAL), max_size=3))
        replica = draw(reads(index * INTERVAL))
        known = draw(st.integers(known, max(known, line.number(replica.taken))))
        lived.append((sorted(masters, key=lambda read: read.started), replica, known))
    return line, lived


def shown(line: Line, masters: list[Read], replica: Read, number: int, *, master: str = "M") -> DomainSnapshot:
    """Make a round of what was read."""
    readings = tuple(
        MasterReading(master, read.started, read.finished, report({7: line.number(read.taken)})) for read in masters
    )
    seen = answers("R1", Role.REPLICA, {7: number}, replica.started)
    seen = Observed(
        seen.host, replica.started, replica.finished, seen.reply, seen.role, seen.environment, seen.sequences
    )
    ends = [read.finished for read in (*masters, replica)]
    return DomainSnapshot(
        domain="bank",
        hosts=(Host(master, "192.0.2.1"), Host("R1", "192.0.2.2")),
        outcomes=(answers(master, Role.MASTER, None, replica.started), seen),
        started_at=min(read.started for read in (*masters, replica)),
        finished_at=max(ends),
        master_readings=readings,
        listing=Listing(master, max(ends), (Listed(listed("R1"), "R1"),)),
    )


def hold(line: Line, history: History, seen: DomainSnapshot, replica: Read, number: int) -> None:
    """Compare every claim with the truth at the instant at which the replica was read."""
    (claimed,) = compare(seen, history, exact_to=INTERVAL).replicas
    assert not claimed.ahead
    assert (claimed.lag or 0) <= line.number(replica.taken) - number
    truth = line.age(number, replica.taken)
    assert (claimed.lag_at_least_seconds or 0.0) <= truth + 1e-6
    if claimed.lag_seconds:
        assert abs(claimed.lag_seconds - truth) <= INTERVAL + 1e-6
    if claimed.lag == 0 and (claimed.lag_seconds or 0.0) == 0.0 and truth:
        # Nothing was missing at the reading that ended last: what is missing is younger than its beginning.
        ended = [reading for reading in seen.master_readings if reading.finished_at <= replica.started]
        assert truth <= replica.taken - max(ended, key=lambda reading: reading.finished_at).started_at


@tried(60)
@given(histories())
def test_nothing_is_claimed_on_healthy_replication(lived: tuple[Line, list[tuple[list[Read], Read, int]]]) -> None:
    """Never ahead, never more lag or more seconds than there are, and a figure within one interval of the truth."""
    line, rounds = lived
    history = History()
    for masters, replica, number in rounds:
        seen = shown(line, masters, replica, number)
        history = advance(history, seen)
        hold(line, history, seen, replica, number)


@tried(60)
@given(histories())
def test_nothing_is_claimed_on_a_history_that_was_thinned(
    lived: tuple[Line, list[tuple[list[Read], Read, int]]],
) -> None:
    """Thinning widens what is not known and never invents."""
    line, rounds = lived
    history = History()
    with patch("boks_exporter.replication.table_history.MAX_STEPS", 4):
        for masters, replica, number in rounds:
            seen = shown(line, masters, replica, number)
            history = advance(history, seen)
            hold(line, history, seen, replica, number)


@tried(60)
@given(histories(), st.data())
def test_a_new_master_that_assigns_numbers_again_makes_no_replica_seem_late(
    lived: tuple[Line, list[tuple[list[Read], Read, int]]], data: st.DataObject
) -> None:
    """R1 is promoted; R2 had no more than R1 was seen with: its claimed age is never beyond the truth."""
    line, rounds = lived
    history, last = History(), BEGUN
    for masters, replica, number in rounds:
        seen = shown(line, masters, replica, number)
        history, last = advance(history, seen), number
    promoted_at = len(rounds) * INTERVAL
    # R1 may have got more of the old master's updates, up to all of them, before it was promoted.
    inherited = data.draw(st.integers(last, max(last, line.number(promoted_at))), "inherited")
    own = sorted(data.draw(st.lists(st.floats(promoted_at, promoted_at + 60), max_size=25), "own"))
    new_line = Line((*line.written_at[: inherited - BEGUN], *own))
    is_of_older_version = data.draw(st.booleans(), "state of an older version")
    for index in range(2):
        begins = promoted_at + index * INTERVAL
        masters = sorted(data.draw(st.lists(reads(begins), min_size=1, max_size=3)), key=lambda read: read.started)
        replica = data.draw(reads(begins))
        number = data.draw(st.integers(BEGUN, last), "number of the other replica")
        seen = shown(new_line, masters, replica, number, master="R1x")
        history = advance(_renamed(history, is_of_older_version=is_of_older_version), seen)
        hold(new_line, history, seen, replica, number)


def _renamed(history: History, *, is_of_older_version: bool) -> History:
    """Call the promoted R1 by another name, so that the other replica can be called R1.

    An older version's state file does not say when its last round was.
    """
    floors = dict(history.floors)
    if "R1" in floors and history.master != "R1x":
        floors["R1x"] = floors.pop("R1")
    return replace(history, floors=floors, recorded_at=None if is_of_older_version else history.recorded_at)


@tried(60)
@given(histories())
def test_no_verdict_is_false_on_replication_quicker_than_the_threshold(
    lived: tuple[Line, list[tuple[list[Read], Read, int]]],
) -> None:
    """A replica is called lagging only when its oldest missing update is really older than the threshold."""
    line, rounds = lived
    limits = Thresholds(lag_seconds=45.0)
    history = History()
    for masters, replica, number in nonempty(rounds):
        seen = shown(line, masters, replica, number)
        judged = judge_round(seen, history, limits)
        history, verdict = judged.history, judged.health.host("R1")
        assert verdict.state in {ReplicaState.OK, ReplicaState.UNKNOWN, ReplicaState.LAGGING}
        if verdict.state is ReplicaState.LAGGING:
            assert line.age(number, replica.taken) >= limits.lag_seconds


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100), st.integers(0, 100))
def test_who_has_more_is_never_called_later(lower: int, written: int, one: int, other: int) -> None:
    """Lag falls and ahead rises with the replica's number."""
    bracket = Bracket(lower, lower + written, None)
    less, more = sorted((one, other))
    assert (bracket.lag(less) or 0) >= (bracket.lag(more) or 0)
    assert (bracket.ahead(less) or 0) <= (bracket.ahead(more) or 0)


@tried(60)
@given(histories(least_writes=5))
def test_who_has_more_is_never_called_older(lived: tuple[Line, list[tuple[list[Read], Read, int]]]) -> None:
    """The proven age of what is missing falls with the replica's number, as long as one reading follows the other."""
    line, rounds = lived
    history = History()
    for masters, replica, number in rounds:
        history = advance(history, shown(line, masters[:1], replica, number))
    seen = answers("R1", Role.REPLICA, None, len(rounds) * INTERVAL)
    ages = [history.age_of_missing(7, number, seen) for number in range(BEGUN, BEGUN + 26)]
    bounds = [age.at_least for age in ages if age]
    assume(len(bounds) > 1)
    assert all(earlier >= later for earlier, later in nonempty(pairwise(bounds)))
