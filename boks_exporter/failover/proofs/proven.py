"""A judgement in three values, and what it may take into account."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from boks_exporter.failover.findings import Guard
from boks_exporter.model import HostName


class Certainty(StrEnum):
    """Unknown is neither yes nor no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Proven:
    """A judgement with what it rests on, in a sentence."""

    truth: Certainty
    sentence: str

    @property
    def holds(self) -> bool:
        """Tell whether it is proven true."""
        return self.truth is Certainty.YES


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a plan knows beyond the present look.

    `old_master` is the master that a promotion replaces or a switchover lets step down; `excused` did not answer when
    the plan was made; `sound` were replicas and OK then; `accepted` are findings that somebody takes upon themselves.
    """

    old_master: HostName | None = None
    excused: frozenset[HostName] = frozenset()
    sound: frozenset[HostName] = frozenset()
    accepted: frozenset[Guard] = frozenset()
    max_behind_updates: int = 0


def yes(sentence: str) -> Proven:
    """Say that it is so."""
    return Proven(Certainty.YES, sentence)


def no(sentence: str) -> Proven:
    """Say that it is not so."""
    return Proven(Certainty.NO, sentence)


def unknown(sentence: str) -> Proven:
    """Say that it cannot be said."""
    return Proven(Certainty.UNKNOWN, sentence)


def all_of(parts: Iterable[Proven]) -> Proven:
    """Join judgements: one no is enough for no, and what is not known keeps the whole from being known."""
    several = tuple(parts)
    for truth in (Certainty.NO, Certainty.UNKNOWN):
        against = [part.sentence for part in several if part.truth is truth]
        if against:
            return Proven(truth, "; ".join(against))
    return Proven(Certainty.YES, "; ".join(part.sentence for part in several))
