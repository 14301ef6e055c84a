"""A scenario as a row of steps in time: which faults come when, on whom, and for how long."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any, TypeAlias

from boks_exporter.model import HostName, Seconds
from boks_exporter.simulator.domain.faults import Fault


@dataclass(frozen=True, slots=True)
class Cast:
    """Who can be hit: the master, the replicas in their order, and the hosts of each site."""

    master: HostName
    replicas: tuple[HostName, ...]
    sites: Mapping[str, tuple[HostName, ...]]


@dataclass(frozen=True, slots=True)
class Trouble:
    """One fault of one host; `removes_data` takes its database away first, as before it is added anew."""

    host: HostName
    fault: Fault
    parameters: Mapping[str, Any] = field(default_factory=dict)
    removes_data: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """What goes wrong together; `lasts` is None for what nobody repairs."""

    starts: Seconds
    lasts: Seconds | None
    troubles: tuple[Trouble, ...]
    happens: str
    look_for: str
    ends: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One instant at which something changes, and the sentences for whoever watches."""

    at: Seconds
    begins: tuple[Trouble, ...] = ()
    ends: tuple[Trouble, ...] = ()
    says: str
    look_for: str = ""


Plot: TypeAlias = Callable[[Cast, Random], tuple[Episode, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A named plot; with `repeats_after` it is played again and again, each time with other hosts."""

    name: str
    summary: str
    plot: Plot
    repeats_after: Seconds | None = None

    def episodes(self, cast: Cast, seed: int, turn: int = 0) -> tuple[Episode, ...]:
        """Cast one turn; the same seed always gives the same."""
        return self.plot(cast, Random(f"{self.name}/{seed}/{turn}"))

    def steps(self, cast: Cast, seed: int) -> Iterator[Step]:
        """Go through all steps in order of time; endless where the scenario repeats."""
        for turn in count():
            offset = turn * (self.repeats_after or 0.0)
            steps = (step for episode in self.episodes(cast, seed, turn) for step in _steps_of(episode, offset))
            yield from sorted(steps, key=lambda step: step.at)
            if self.repeats_after is None:
                return


def _steps_of(episode: Episode, offset: Seconds) -> Iterator[Step]:
    begins = offset + episode.starts
    yield Step(at=begins, begins=episode.troubles, says=episode.happens, look_for=episode.look_for)
    if episode.lasts is not None:
        yield Step(at=begins + episode.lasts, ends=episode.troubles, says=episode.ends)
