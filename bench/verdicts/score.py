"""Count what was said against what was so."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

from bench.verdicts.copies import CopyScores
from bench.verdicts.detection import Cell
from bench.verdicts.truths import Claim, Condition

PATIENCE: Final = 3.0
"""A condition that the replies can show counts as missed when it is not reported after so many intervals."""

SLOW: Final = 2.0
"""A delay beyond so many intervals is kept as an example."""

_EXAMPLES: Final = 40


class Kind(StrEnum):
    """How one verdict of one round on one condition stands to the truth."""

    TRUE_POSITIVE = "TP"
    FALSE_POSITIVE = "FP"
    FALSE_NEGATIVE = "FN"
    TRUE_NEGATIVE = "TN"
    GRAVER = "graver"
    """It holds, and the verdict names a graver condition that holds as well."""
    PENDING = "pending"
    """It holds and is not reported, but no longer than the patience."""
    UNKNOWABLE = "unknowable"
    """It holds, is not reported, and nothing that arrived can show it."""
    OPEN = "open"
    """The truth itself has no answer, as while the masters change in the middle of a round."""


Key: TypeAlias = tuple[str, Condition]
"""The way of looking and the condition."""


@dataclass(slots=True)
class Scores:
    """The sums of one or of many histories."""

    counts: dict[Key, Counter[Kind]] = field(default_factory=dict)
    healthy_alarms: Counter[Key] = field(default_factory=Counter)
    healthy: Counter[Key] = field(default_factory=Counter)
    """Verdicts in histories in which nothing happens to replication."""
    round_lengths: list[float] = field(default_factory=list)
    delays: dict[Key, list[float]] = field(default_factory=dict)
    """From the beginning of a condition to the beginning of the round that first reports it, in intervals."""
    published: dict[Key, list[float]] = field(default_factory=dict)
    """The same to the end of that round, when the page shows it."""
    lag_errors: list[float] = field(default_factory=list)
    lag_withheld: int = 0
    other: Counter[str] = field(default_factory=Counter)
    copies: CopyScores = field(default_factory=CopyScores)
    effort: Counter[str] = field(default_factory=Counter)
    """Exchanges, and healthy replicas that were decided."""
    shown: dict[Cell, list[int | None]] = field(default_factory=dict)
    """The rounds until a lead was shown, for each combination of rate, delay, exchange and amount."""
    examples: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)

    def count(self, key: Key, kind: Kind, example: str = "") -> None:
        """Count one verdict, and keep a wrong one to be looked at."""
        self.counts.setdefault(key, Counter())[kind] += 1
        if kind in {Kind.FALSE_POSITIVE, Kind.FALSE_NEGATIVE} and example and len(self.examples) < _EXAMPLES:
            self.examples.append(f"{kind} {key[1]}: {example}")

    def add(self, other: "Scores") -> None:
        """Add the sums of other histories."""
        for key, counted in other.counts.items():
            self.counts.setdefault(key, Counter()).update(counted)
        for key, delays in other.delays.items():
            self.delays.setdefault(key, []).extend(delays)
        for key, delays in other.published.items():
            self.published.setdefault(key, []).extend(delays)
        self.healthy_alarms.update(other.healthy_alarms)
        self.healthy.update(other.healthy)
        self.round_lengths.extend(other.round_lengths)
        self.lag_errors.extend(other.lag_errors)
        self.lag_withheld += other.lag_withheld
        self.copies.add(other.copies)
        self.effort.update(other.effort)
        self.shown |= other.shown
        self.other.update(other.other)
        self.slow = (self.slow + other.slow)[:_EXAMPLES]
        self.examples = (self.examples + other.examples)[:_EXAMPLES]


@dataclass(frozen=True, slots=True)
class Span:
    """When a round began, and when its page was published."""

    began: float
    published: float


@dataclass(frozen=True, slots=True)
class Said:
    """Whether a condition was reported, or a graver one that holds; `place` is where to look at it again."""

    it: bool
    graver: bool = False
    place: str = ""


@dataclass(slots=True)
class _Episode:
    since: float
    is_reported: bool = False


@dataclass
class Track:
    """One way of looking at one condition of one host, round after round."""

    key: Key
    interval: float
    began: float
    """From when on it could be shown: no delay is measured from before."""
    episode: _Episode | None = None
    quiet_at: float = 0.0
    """When it was last seen not to hold."""
    events: Sequence[float] = ()
    """When anything happened in the history: a condition without an instant of its own began with one of these."""

    def judge(self, claim: Claim, said: Said, at: Span, scores: Scores) -> Kind:
        """Sort one verdict, published at an instant, into its kind; measure the delay of a first true one."""
        if claim.holds is None:
            self.episode, self.quiet_at, self.began = None, at.began, at.began
            return Kind.OPEN
        if not claim.holds:
            self.episode, self.quiet_at = None, at.began
            return Kind.FALSE_POSITIVE if said.it else Kind.TRUE_NEGATIVE
        if self.episode is None:
            since = self._began_at(at.published) if claim.since is None else max(claim.since, self.quiet_at)
            self.episode = _Episode(max(since, self.began))
        if said.it or said.graver:
            return self._heard(said, at, scores)
        return self._silent(claim, at.began)

    def _heard(self, said: Said, at: Span, scores: Scores) -> Kind:
        """Sort a report; while a graver one stands before it, the measurement waits."""
        if self.episode is None:
            raise AssertionError
        if not said.it:
            self.episode = None
            self.began = at.began
            return Kind.GRAVER
        if not self.episode.is_reported:
            self._measure(at, scores, said.place)
        self.episode.is_reported = True
        return Kind.TRUE_POSITIVE

    def _measure(self, at: Span, scores: Scores, place: str) -> None:
        if self.episode is None:
            raise AssertionError
        delay = max(0.0, at.began - self.episode.since) / self.interval
        scores.delays.setdefault(self.key, []).append(delay)
        scores.published.setdefault(self.key, []).append((at.published - self.episode.since) / self.interval)
        if delay > SLOW and place:
            scores.slow.append(f"SLOW {self.key[1]}: {delay:.2f} intervals after {self.episode.since:.1f} s; {place}")

    def _began_at(self, at: float) -> float:
        """Date the beginning: the last event since it was seen not to hold, or that moment, if none explains it."""
        return max((event for event in self.events if self.quiet_at < event <= at), default=self.quiet_at)

    def _silent(self, claim: Claim, at: float) -> Kind:
        """Sort a silence; what cannot be shown restarts the measurement."""
        if self.episode is None:
            raise AssertionError
        if not claim.can_show:
            self.episode = None
            self.quiet_at = at if claim.since is None else self.quiet_at
            self.began = at if claim.is_late else self.began
            return Kind.UNKNOWABLE
        overdue = (at - self.episode.since) / self.interval > PATIENCE
        return Kind.FALSE_NEGATIVE if overdue or self.episode.is_reported else Kind.PENDING
