"""One generated history: a domain, the way to it, the exporter's settings and everything that happens."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from bench.verdicts.drawing import log_uniform
from bench.verdicts.event import MASTER, Event
from bench.verdicts.hidden_rows import ALIAS, Disguise
from bench.verdicts.plots_of_copies import PLOTS as OF_COPIES
from bench.verdicts.plots_of_hosts import PLOTS as OF_HOSTS
from boks_exporter.health import Thresholds
from boks_exporter.simulator.domain import Boksinit, Fault, HostPlan, Layout, ListStyle, Stopped
from tests.virtual.virtual_transport import Network

_HIDING: Final = frozenset(
    {
        *(Fault.DOWN, Fault.MASTER_DEAD, Fault.UNREACHABLE, Fault.HANGING, Fault.GARBAGE, Fault.WRONG_LOGIN),
        *(Fault.WRONG_HOST_KEY, Fault.REFUSED, Fault.TWO_MASTERS),
    }
)
"""Faults that keep what the exporter needs from it."""


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that a history is made of."""

    seed: str
    layout: Layout
    network: Network
    interval: float
    timeout: float
    thresholds: Thresholds
    discover: bool
    keeps_state: bool
    rounds: int
    events: tuple[Event, ...]
    keeps_loops: bool = False
    """Whether the exporter keeps loops to the hosts, and may therefore make closer polls."""

    @property
    def duration(self) -> float:
        """Return the duration."""
        return self.rounds * self.interval

    @property
    def is_sound(self) -> bool:
        """Return whether replication is undisturbed: replicas are slow at most, reads may be lost."""
        return all(event.what == "restart_exporter" for event in self.events)

    @property
    def hides_data(self) -> bool:
        """Return whether replies are lost, hosts do not answer, there is no master, or rows cannot be read."""
        if self.network.loss:
            return True
        return any(event.fault in _HIDING or event.what in {"stop", "convert", "disguise"} for event in self.events)


def story(seed: int, index: int) -> Story:
    """Generate the history of a number; the same for the same seed."""
    random = Random(f"{seed}/{index}")
    replicas = _size(random)
    tables = random.randint(1, 54) if random.random() < 0.7 else random.randint(1, 8)
    interval = random.choice((15.0, 30.0, 30.0, 60.0))
    rounds = max(16, min(random.choice((20, 30, 40, 50)), 10_000 // ((replicas + 1) * tables)))
    layout = _layout(random, replicas, tables)
    events = [*_restarts(random, rounds * interval)]
    if index % 5 >= 2:  # two histories of five are healthy
        for _ in range(random.choice((1, 1, 2, 3, 4))):
            plots = OF_COPIES if index % 5 == 4 else OF_HOSTS
            events += random.choice(plots)(random, layout, rounds * interval, interval)
    return Story(
        seed=f"{seed}/{index}",
        layout=layout,
        network=_network(random, layout),
        interval=interval,
        timeout=min(20.0, interval / 2),
        thresholds=_thresholds(random),
        discover=random.random() < 0.3 and not any(map(_needs_names, events)),
        keeps_state=random.random() < 0.5,
        rounds=rounds,
        events=tuple(sorted(events, key=lambda event: event.at)),
        keeps_loops=random.random() < 0.5,
    )


def _needs_names(event: Event) -> bool:
    """Return whether a host is listed under an alias, which only a configured host can be matched with."""
    return any(isinstance(value, Disguise) and value.form == ALIAS for _, value in event.parameters)


def _size(random: Random) -> int:
    lowest, highest = random.choices(((1, 5), (6, 15), (16, 30), (31, 60)), weights=(40, 35, 20, 5))[0]
    return random.randint(lowest, highest)


def _layout(random: Random, replicas: int, tables: int) -> Layout:
    sites = random.randint(1, min(6, replicas + 1))
    slowest = random.choice((0.1, 1.0, 30.0, 300.0))
    hosts = [HostPlan(name=MASTER, role=Boksinit.MASTER, site="s0", section="n0")]
    hosts += [_replica(random, f"r{number}", sites, slowest) for number in range(1, replicas + 1)]
    if random.random() < 0.2:
        hosts.append(HostPlan(name="c1", role=Boksinit.CLIENT, site="s0"))
    return Layout(
        hosts=tuple(hosts),
        tables=tuple(random.sample(range(100), tables)),
        writes_per_second=0.0 if random.random() < 0.15 else log_uniform(random, 0.003, 500.0),
        bursts=random.choice((1.0, 1.0, log_uniform(random, 2, 300))),
        list_style=random.choice((ListStyle.ALIGNED, ListStyle.ALIGNED, ListStyle.COLLAPSED)),
        when_stopped=random.choice(tuple(Stopped)),
        loading_seconds=log_uniform(random, 10, 400),
    )


def _replica(random: Random, name: str, sites: int, slowest: float) -> HostPlan:
    return HostPlan(
        name=name,
        role=Boksinit.SERVER,
        site=f"s{random.randrange(sites)}",
        section=f"n{random.randrange(2)}",
        delay_seconds=log_uniform(random, 0.01, slowest),
        batch_seconds=random.choice((0.0, 0.0, 0.0, 5.0, 40.0)),
    )


def _network(random: Random, layout: Layout) -> Network:
    latency = log_uniform(random, 0.005, 0.5)
    return Network(
        latency_seconds=latency,
        jitter_seconds=latency * random.choice((0.1, 1.0, 5.0)),
        loss=random.choice((0.0, 0.0, 0.01, 0.05)),
        clock_skew_seconds={host.name: random.uniform(-7200, 7200) for host in layout.hosts if random.random() < 0.2},
    )


def _thresholds(random: Random) -> Thresholds:
    aged = random.choice((60.0, 120.0, 120.0, 300.0))
    return Thresholds(lag_seconds=random.choice((60.0, 120.0, 120.0, 300.0)), stamp_seconds=aged, missing_seconds=aged)


def _restarts(random: Random, duration: float) -> Iterator[Event]:
    if random.random() < 0.3:
        yield Event(random.uniform(0.1, 0.9) * duration, "restart_exporter")
