"""A scenario as a sequence of steps: which faults begin when, on which hosts, and for how long."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any, TypeAlias

from boks_exporter.model import HostName, Seconds
from boks_exporter.simulator.domain.faults import Fault


@dataclass(frozen=True, slots=True)
class ScenarioHosts:
    """The hosts of a scenario: the master, the replicas in their order, and the hosts of each site."""

    master: HostName
    replicas: tuple[HostName, ...]
    sites: Mapping[str, tuple[HostName, ...]]


@dataclass(frozen=True, slots=True)
class HostFault:
    """One fault of one host; `removes_data` removes its database first, as before it is added again."""

    host: HostName
    fault: Fault
    parameters: Mapping[str, Any] = field(default_factory=dict)
    removes_data: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """Faults that begin together; `lasts` is None where they are not repaired."""

    starts: Seconds
    lasts: Seconds | None
    host_faults: tuple[HostFault, ...]
    happens: str
    look_for: str
    ends: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioStep:
    """One instant at which faults begin or end, and what the demo prints."""

    at: Seconds
    begins: tuple[HostFault, ...] = ()
    ends: tuple[HostFault, ...] = ()
    text: str
    look_for: str = ""


Plot: TypeAlias = Callable[[ScenarioHosts, Random], tuple[Episode, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A named sequence of episodes; with `repeats_after` it repeats, each time with other hosts."""

    name: str
    summary: str
    plot: Plot
    repeats_after: Seconds | None = None

    def episodes(self, cast: ScenarioHosts, seed: int, turn: int = 0) -> tuple[Episode, ...]:
        """Return the episodes of one turn; the same seed always gives the same."""
        return self.plot(cast, Random(f"{self.name}/{seed}/{turn}"))

    def steps(self, cast: ScenarioHosts, seed: int) -> Iterator[ScenarioStep]:
        """Yield all steps in order of time; endless where the scenario repeats."""
        for turn in count():
            offset = turn * (self.repeats_after or 0.0)
            steps = (step for episode in self.episodes(cast, seed, turn) for step in _steps_of(episode, offset))
            yield from sorted(steps, key=lambda step: step.at)
            if self.repeats_after is None:
                return


def _steps_of(episode: Episode, offset: Seconds) -> Iterator[ScenarioStep]:
    begins = offset + episode.starts
    yield ScenarioStep(at=begins, begins=episode.host_faults, text=episode.happens, look_for=episode.look_for)
    if episode.lasts is not None:
        yield ScenarioStep(at=begins + episode.lasts, ends=episode.host_faults, text=episode.ends)
