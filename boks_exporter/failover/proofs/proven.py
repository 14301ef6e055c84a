"""Judgements in three values."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import Final

from boks_exporter.failover.findings import Acceptances
from boks_exporter.model import HostName


class Certainty(StrEnum):
    """Unknown is neither yes nor no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Proven:
    """A judgement with its reason in a sentence."""

    truth: Certainty
    sentence: str

    @property
    def holds(self) -> bool:
        return self.truth is Certainty.YES


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a plan knows beyond the facts of one round.

    `old_master` is the master that a promotion replaces or a switchover makes a client, `steps_down` only the latter;
    `excused` did not answer when the plan was made; `healthy` were replicas and OK then; `accepted` are findings that
    were accepted by name; `fenced` are hosts that the fence has proven to be off or isolated, `to_fence` those that the
    plan fences. `rebuilt` is a replica that is taken apart: what it showed came from the master. `is_resumed`: another
    process began the run, and another host can have become master since.
    """

    old_master: HostName | None = None
    steps_down: HostName | None = None
    rebuilt: HostName | None = None
    excused: frozenset[HostName] = frozenset()
    healthy: frozenset[HostName] = frozenset()
    accepted: Acceptances = field(default_factory=Acceptances)
    fenced: frozenset[HostName] = frozenset()
    to_fence: frozenset[HostName] = frozenset()
    is_resumed: bool = False
    max_behind_updates: int = 0

    def after_fence(self) -> "Circumstances":
        """Assume that the fence, which is called right before the point of no return, will succeed."""
        return replace(self, fenced=self.fenced | self.to_fence)


yes: Final = partial(Proven, Certainty.YES)
no: Final = partial(Proven, Certainty.NO)
unknown: Final = partial(Proven, Certainty.UNKNOWN)
"""A claim is proven true, proven false, or can be neither proven nor refuted; each with a sentence."""


def all_of(parts: Iterable[Proven]) -> Proven:
    """Join judgements: one no makes the whole no, otherwise one unknown makes it unknown."""
    several = tuple(parts)
    for truth in (Certainty.NO, Certainty.UNKNOWN):
        against = [part.sentence for part in several if part.truth is truth]
        if against:
            return Proven(truth, "; ".join(against))
    return Proven(Certainty.YES, "; ".join(part.sentence for part in several if part.sentence))
