"""The updates of one table as a compact function of time: no update is an object, any instant can be evaluated."""

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from boks_exporter.model import Seconds, Sequence
from boks_exporter.simulator.domain.updates import Span, Updates, clipped, new_origin

_CELL: Final[Seconds] = 10.0
"""A busy table's updates are drawn for this many seconds at a time, and spread evenly."""

_BUSY: Final = 1.0
"""From this many updates (or bursts) a second a table is busy; below, each one has its own instant."""

_BURST_SECONDS: Final[Seconds] = 1.0
_AT_ONCE: Final[Seconds] = 1e-6
_ROUNDING: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Piece:
    """`count` updates at `first`, `first + spacing` and so on; the table's number was `base` before them."""

    first: Seconds
    spacing: Seconds
    count: int
    base: Sequence

    def number(self, at: Seconds) -> Sequence:
        """Return the table's number at an instant that is not before `first`."""
        return self.base + min(self.count, int((at - self.first) / self.spacing + _ROUNDING) + 1)

    def after(self, at: Seconds) -> "Piece | None":
        """Return the updates after an instant; None where there are none."""
        done = self.number(at) - self.base
        if done >= self.count:
            return None
        return Piece(self.first + done * self.spacing, self.spacing, self.count - done, self.base + done)

    @property
    def last(self) -> Seconds:
        return self.first + (self.count - 1) * self.spacing


class Writes:
    """One generation of one table on one master: how its number grows.

    Instants are drawn lazily and in order, so the history does not depend on when it is evaluated.
    """

    __slots__ = (
        "_base",
        "_drawn_to",
        "_firsts",
        "_origin",
        "_past",
        "_pieces",
        "_random",
        "_start",
        "_stopped_at",
        "born",
        "bursts",
        "rate",
        "stamp",
    )

    def __init__(self, random: Random, start: Sequence, stamp: Seconds, *, rate: float, born: Seconds) -> None:
        """Begin at `born`, which may be long ago, with the number `start`; `rate` is updates a second from 0 on."""
        self._random = random
        self._start = start
        self._pieces: list[Piece] = []
        self._firsts: list[Seconds] = []
        self._drawn_to = max(0.0, born)
        self._stopped_at = math.inf
        self._origin = new_origin()
        self._past: Updates = ()
        self._base = 0
        self.born = born
        self.stamp = stamp
        self.rate = rate
        self.bursts = 1.0

    @classmethod
    def known(
        cls, random: Random, low: Sequence, piece: Piece, stamp: Seconds, *, rate: float, now: Seconds
    ) -> "Writes":
        """Begin long ago at `low`, with one piece of the past written out; what comes after now is drawn."""
        writes = cls(random, low, stamp, rate=rate, born=-math.inf)
        writes._drawn_to = now
        writes._replace([piece] if piece.count else [])
        return writes

    def __repr__(self) -> str:
        return f"<Writes {self._start}… rate={self.rate:g} drawn to {self._drawn_to:g}>"

    def number(self, at: Seconds) -> Sequence:
        if at > self._drawn_to:
            self._draw(at)
        index = bisect_right(self._firsts, at) - 1
        return self._pieces[index].number(at) if index >= 0 else self._start

    def written_at(self, number: Sequence) -> Seconds | None:
        """Return when a number was reached; None where that was before the beginning or has not happened yet."""
        if number <= self._start or not self._pieces:
            return None
        index = bisect_right(self._pieces, number - 1, key=lambda piece: piece.base) - 1
        piece = self._pieces[index]
        step = number - piece.base
        return piece.first + (step - 1) * piece.spacing if step <= piece.count else None

    def last_write(self, at: Seconds) -> Seconds | None:
        return self.written_at(self.number(at))

    def stop(self, at: Seconds) -> None:
        """Stop writing at an instant."""
        self.number(at)
        self._stopped_at = at
        kept = [piece for piece in self._pieces if piece.first <= at]
        if kept:
            last = kept[-1]
            kept[-1] = Piece(last.first, last.spacing, last.number(at) - last.base, last.base)
        self._replace(kept)

    def write(self, at: Seconds, count: int) -> None:
        """Write this many updates within a microsecond before `at`, besides those that are drawn."""
        number, spacing = self.number(at), _AT_ONCE / count
        earlier = [piece for piece in self._pieces if piece.first <= at]
        later = self._pieces[len(earlier) :]
        if earlier and (rest := earlier[-1].after(at)):
            earlier[-1] = replace(earlier[-1], count=earlier[-1].count - rest.count)
            later.insert(0, rest)
        new = Piece(at - (count - 1) * spacing, spacing, count, number)
        self._replace([*earlier, new, *(replace(piece, base=piece.base + count) for piece in later)])

    def resume(self, at: Seconds) -> None:
        self._stopped_at = math.inf
        self._drawn_to = max(self._drawn_to, at)

    def held(self, number: Sequence) -> Updates:
        """Return the identities of the updates up to a number: those of earlier masters, and its own."""
        own = (Span(self._origin, self._base, number),) if number > self._base else ()
        return clipped(self._past, number) + own

    def continues(self, past: Updates, number: Sequence) -> None:
        """Make the updates up to a number those of earlier masters."""
        self._past, self._base = past, number

    def fork(self, random: Random, at: Seconds, *, more: int = 0) -> "Writes":
        """Make a stopped copy of what was written up to an instant, each number higher by `more`."""
        copy = Writes(random, self._start + more, self.stamp, rate=self.rate, born=self.born)
        copy.bursts = self.bursts
        self.number(at)
        copy._drawn_to = self._drawn_to
        copy._replace([Piece(p.first, p.spacing, p.count, p.base + more) for p in self._pieces])
        copy.stop(at)
        return copy

    def forget(self, before: Seconds) -> None:
        """Drop the instants of old updates; the numbers stay."""
        index = bisect_right(self._firsts, before) - 1
        if index > 0:
            self._start = self._pieces[index].base
            self._replace(self._pieces[index:])

    def _replace(self, pieces: list[Piece]) -> None:
        self._pieces = pieces
        self._firsts = [piece.first for piece in pieces]

    def _draw(self, to: Seconds) -> None:
        if self._stopped_at < math.inf or self.rate <= 0:
            self._drawn_to = max(self._drawn_to, to) if self.rate <= 0 else self._drawn_to
            return
        draw = self._busy_pieces if self.rate / self.bursts >= _BUSY else self._quiet_pieces
        base = self._pieces[-1].base + self._pieces[-1].count if self._pieces else self._start
        for first, spacing, count in draw(to):
            self._pieces.append(Piece(first, spacing, count, base))
            self._firsts.append(first)
            base += count

    def _busy_pieces(self, to: Seconds) -> Iterator[tuple[Seconds, Seconds, int]]:
        """Draw how many updates each cell holds: Poisson by its normal approximation, good enough from ten on."""
        while self._drawn_to < to:
            mean = self.rate * _CELL
            count = max(0, round(self._random.gauss(mean, math.sqrt(mean * self.bursts))))
            phase = self._random.random()
            begin, self._drawn_to = self._drawn_to, self._drawn_to + _CELL
            if count:
                spacing = _CELL / count
                yield begin + phase * spacing, spacing, count

    def _quiet_pieces(self, to: Seconds) -> Iterator[tuple[Seconds, Seconds, int]]:
        """Draw the instant of each update or burst; one may lie beyond `to`."""
        while self._drawn_to < to:
            first = self._drawn_to + self._random.expovariate(self.rate / self.bursts)
            count = 1 if self.bursts <= 1 else 1 + int(self._random.expovariate(1 / max(self.bursts - 1, _ROUNDING)))
            spacing = _BURST_SECONDS / count
            self._drawn_to = first + (count - 1) * spacing
            yield first, spacing, count
