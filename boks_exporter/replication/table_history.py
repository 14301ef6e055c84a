"""When each number of one of the master's tables first showed, and how old an update is by that.

No host's clock is trusted: an update is as old as the time at which its number first showed on the master. Between two
readings of the master that instant is not known, so an age has two bounds. Claims rest on the lower one, figures are
the middle and are given only where both bounds are near enough to it.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from boks_exporter.model import MasterReading, Seconds, Sequence, TableSequence, Timestamp

MAX_STEPS: Final = 2048
"""Steps kept for one table: 8 hours in which every reading, two in 30 s, shows a new number. Beyond it, pairs of the
older half become one, but never the step that a replica waits for."""


@dataclass(frozen=True, slots=True)
class Age:
    """How old an update is: certainly `at_least`, and `at_most` where its beginning was watched."""

    at_least: Seconds
    at_most: Seconds | None

    def estimate(self, exact_to: Seconds) -> Seconds | None:
        """Give the middle of both bounds; None where the truth may be further from it than `exact_to`."""
        if self.at_most is None or (self.at_most - self.at_least) / 2 > exact_to:
            return None
        return (self.at_most + self.at_least) / 2


@dataclass(frozen=True, slots=True)
class Step:
    """The master's number rose to `sequence` after `after` (None: unknown) and before `at`."""

    sequence: Sequence
    at: Timestamp
    after: Timestamp | None


def _sequence(step: Step) -> Sequence:
    return step.sequence


@dataclass(frozen=True, slots=True)
class TableHistory:
    """One table of the master: its stamp, since when it has had it, and its steps, oldest first.

    The first step is where knowledge begins: an update up to its number is older than it, by how much is not known.
    `is_new` tells that the master was seen before without this table or with another stamp of it.
    """

    stamp: Seconds | None
    since: Timestamp
    steps: tuple[Step, ...]
    read_at: Timestamp
    is_new: bool = False

    @classmethod
    def begin(cls, row: TableSequence, reading: MasterReading, *, is_new: bool) -> "TableHistory":
        """Know one number and nothing before it."""
        step = Step(row.sequence, reading.finished_at, None)
        return cls(row.stamp, reading.finished_at, (step,), reading.started_at, is_new)

    def read(self, row: TableSequence, reading: MasterReading) -> "TableHistory":
        """Learn from one more reading.

        Another stamp says that this is another generation of the table; a stamp not printed says nothing. A number
        that went back (a restore) will be given out again: what was known of it, and of those before it, is worth
        nothing. So is a past that has not come yet, which only a clock set back can bring.
        """
        if self.stamp is not None and row.stamp is not None and self.stamp != row.stamp:
            return TableHistory.begin(row, reading, is_new=True)
        if row.sequence < self.steps[-1].sequence or reading.started_at < self.read_at:
            anew = TableHistory.begin(row, reading, is_new=self.is_new)
            return replace(anew, since=min(self.since, reading.finished_at))
        steps = self.steps
        if row.sequence > steps[-1].sequence:
            steps = (*steps, Step(row.sequence, reading.finished_at, self.read_at))
        return replace(
            self, stamp=row.stamp if self.stamp is None else self.stamp, steps=steps, read_at=reading.started_at
        )

    def age_of_missing(self, sequence: Sequence, asked_at: Timestamp, answered_at: Timestamp) -> Age | None:
        """Tell the age of the first update after `sequence` when a replica that lacked it was read."""
        index = bisect_right(self.steps, sequence, key=_sequence)
        if index == len(self.steps):
            return None
        step = self.steps[index]
        watched = index > 0 and step.after is not None
        return Age(
            at_least=max(0.0, asked_at - step.at),
            at_most=answered_at - step.after if watched and step.after is not None else None,
        )

    def up_to(self, sequence: Sequence) -> "TableHistory | None":
        """Forget what came after a number, as for a new master that may have given those numbers out itself."""
        end = bisect_right(self.steps, sequence, key=_sequence)
        if end == len(self.steps):
            return self
        since = self.steps[end].after
        return None if not end or since is None else replace(self, steps=self.steps[:end], read_at=since)

    def pruned(self, floors: Iterable[Sequence]) -> "TableHistory":
        """Forget what every replica has, but for the step before; what remains beyond the limit is thinned."""
        wanted = {bisect_right(self.steps, floor, key=_sequence) for floor in floors}
        begin = max(0, min(wanted, default=0) - 1)
        steps = self.steps[begin:]
        if len(steps) > MAX_STEPS:
            steps = _thinned(steps, {index - begin for index in wanted})
        return self if len(steps) == len(self.steps) else replace(self, steps=steps)

    def shifted(self, by: Seconds) -> "TableHistory":
        """Move all times, as the exporter's clock was moved."""
        steps = (
            Step(step.sequence, step.at + by, None if step.after is None else step.after + by) for step in self.steps
        )
        return replace(self, since=self.since + by, steps=tuple(steps), read_at=self.read_at + by)


def _thinned(steps: tuple[Step, ...], wanted: set[int]) -> tuple[Step, ...]:
    """Make one of each pair in the older half, except where a replica waits for one of the two."""
    kept = [steps[0]]
    older = len(steps) // 2
    index = 1
    while index < older:
        if wanted & {index, index + 1}:
            kept.append(steps[index])
            index += 1
        else:
            kept.append(replace(steps[index + 1], after=steps[index].after))
            index += 2
    return (*kept, *steps[index:])
