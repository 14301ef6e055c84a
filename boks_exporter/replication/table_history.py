"""When each number of a master's table first showed, and the ages of updates derived from it.

No host's clock is trusted: the age of an update counts from when its number first showed on the master. Between two
readings of the master that instant is not known, so an age has two bounds. Verdicts rest on the lower one. The
published figure is the middle, and absent where the bounds are too far apart.
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
    """The age of an update: certainly `at_least`, and `at_most` where its first appearance was bracketed."""

    at_least: Seconds
    at_most: Seconds | None

    def estimate(self, exact_to: Seconds) -> Seconds | None:
        """Return the middle of both bounds; None where the truth may be further from it than `exact_to`."""
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

    The first step is the oldest record: an update up to its number is older than it, by an unknown time.
    `is_new`: the master was seen without this table or with another stamp of it.
    """

    stamp: Seconds | None
    since: Timestamp
    steps: tuple[Step, ...]
    read_at: Timestamp
    is_new: bool = False
    is_absent: bool = False
    """Whether the master's last output was without the table."""
    went_back_at: Timestamp | None = None
    """When the master's number was last lower than before, as after a restore."""

    @classmethod
    def begin(cls, row: TableSequence, reading: MasterReading, *, is_new: bool) -> "TableHistory":
        """Start a history from one reading."""
        step = Step(row.sequence, reading.finished_at, None)
        return cls(row.stamp, reading.finished_at, (step,), reading.started_at, is_new)

    def read(self, row: TableSequence, reading: MasterReading) -> "TableHistory":
        """Add one more reading.

        Another stamp means another generation of the table; a stamp that is not printed proves nothing. A number
        that went back (a restore) will be assigned again, so its history and that of earlier numbers is dropped. The
        same holds for times in the future, which only a clock set back produces.
        """
        went_back = row.sequence < self.steps[-1].sequence
        is_other = self.stamp is not None and row.stamp is not None and self.stamp != row.stamp
        if is_other or (went_back and self.is_absent):
            return TableHistory.begin(row, reading, is_new=True)
        if went_back or reading.started_at < self.read_at:
            restarted = TableHistory.begin(row, reading, is_new=self.is_new)
            went_back_at = reading.started_at if went_back else self.went_back_at
            return replace(restarted, since=min(self.since, reading.finished_at), went_back_at=went_back_at)
        steps = self.steps
        if row.sequence > steps[-1].sequence:
            steps = (*steps, Step(row.sequence, reading.finished_at, self.read_at))
        known = replace(self, since=reading.finished_at, is_new=True, is_absent=False) if self.is_absent else self
        return replace(
            known, stamp=row.stamp if self.stamp is None else self.stamp, steps=steps, read_at=reading.started_at
        )

    def absent(self, reading: MasterReading) -> "TableHistory":
        """Record that the master does not have the table."""
        return replace(self, read_at=reading.started_at, is_absent=True)

    def age_of_missing(self, sequence: Sequence, asked_at: Timestamp, answered_at: Timestamp) -> Age | None:
        """Return the age of the first update after `sequence` when a replica that lacked it was read."""
        index = bisect_right(self.steps, sequence, key=_sequence)
        if index == len(self.steps):
            return None
        step = self.steps[index]
        watched = index > 0 and step.after is not None
        return Age(
            at_least=max(0.0, asked_at - step.at),
            at_most=answered_at - step.after if watched and step.after is not None else None,
        )

    def without_bounds(self) -> "TableHistory":
        """Return the steps without the instants before which their numbers were not there."""
        return replace(self, steps=tuple(replace(step, after=None) for step in self.steps))

    def up_to(self, sequence: Sequence, *, read_by: Timestamp | None, is_recent: bool) -> "TableHistory | None":
        """Drop what came after a number, as for a new master that may have assigned those numbers itself.

        The step in which the number showed ends at it: what a replica had came from the old master. One that the old
        master never showed was there by `read_by` (None where an older version recorded no time), and since when is not
        known. Unless the number `is_recent`, the new master may have gone on at any time since the old one first
        showed it.
        """
        end = bisect_right(self.steps, sequence, key=_sequence)
        if not end:
            return None
        steps, cut = self.steps[:end], self.steps[end] if end < len(self.steps) else None
        read_at, showed_at = cut.after if cut else self.read_at, steps[-1].at
        if read_at is None or not is_recent:
            read_at = showed_at if read_at is None else min(read_at, showed_at)
        if steps[-1].sequence < sequence:
            if cut:
                steps = (*steps, replace(cut, sequence=sequence))
            elif read_by is not None:
                steps = (*steps, Step(sequence, max(read_by, showed_at), None))
        return replace(self, steps=steps, read_at=read_at)

    def pruned(self, floors: Iterable[Sequence]) -> "TableHistory":
        """Drop what every replica has, except for the last such step; thin the rest beyond the limit."""
        wanted = {bisect_right(self.steps, floor, key=_sequence) for floor in floors}
        begin = max(0, min(wanted, default=0) - 1)
        steps = self.steps[begin:]
        if len(steps) > MAX_STEPS:
            steps = _thinned(steps, {index - begin for index in wanted})
        return self if len(steps) == len(self.steps) else replace(self, steps=steps)

    def shifted(self, by: Seconds) -> "TableHistory":
        """Move all times by a step of the exporter's clock."""
        steps = (
            Step(step.sequence, step.at + by, None if step.after is None else step.after + by) for step in self.steps
        )
        went_back_at = None if self.went_back_at is None else self.went_back_at + by
        return replace(
            self, since=self.since + by, steps=tuple(steps), read_at=self.read_at + by, went_back_at=went_back_at
        )


def _thinned(steps: tuple[Step, ...], wanted: set[int]) -> tuple[Step, ...]:
    """Merge each pair in the older half, except where a replica waits for one of the two."""
    kept = [steps[0]]
    older = len(steps) // 2
    index = 1
    while index < older:
        if wanted & {index, index + 1}:
            kept.append(steps[index])
            index += 1
        else:
            kept.append(replace(steps[index + 1], after=steps[index + 1].after and steps[index].after))
            index += 2
    return (*kept, *steps[index:])
