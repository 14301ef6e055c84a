"""One generated history: a domain, the way to it, the exporter's settings and everything that happens."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from boks_exporter.health import Thresholds
from boks_exporter.simulator.domain import Boksinit, Fault, HostPlan, Layout, ListStyle, Stopped
from tests.virtual.virtual_transport import Network

MASTER = "m"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens at an instant: a fault set or cleared, a command, or a restart of the exporter."""

    at: float
    what: str
    host: str = ""
    fault: Fault | None = None
    parameters: tuple[tuple[str, Any], ...] = ()


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

    @property
    def duration(self) -> float:
        """Return the duration."""
        return self.rounds * self.interval

    @property
    def is_sound(self) -> bool:
        """Return whether replication is undisturbed: replicas are slow at most, reads may be lost."""
        return all(event.what == "restart_exporter" for event in self.events)


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
            events += random.choice(_PLOTS)(random, layout, rounds * interval, interval)
    return Story(
        seed=f"{seed}/{index}",
        layout=layout,
        network=_network(random, layout),
        interval=interval,
        timeout=min(20.0, interval / 2),
        thresholds=_thresholds(random),
        discover=random.random() < 0.3,
        keeps_state=random.random() < 0.5,
        rounds=rounds,
        events=tuple(sorted(events, key=lambda event: event.at)),
    )


def _size(random: Random) -> int:
    lowest, highest = random.choices(((1, 5), (6, 15), (16, 30), (31, 60)), weights=(40, 35, 20, 5))[0]
    return random.randint(lowest, highest)


def _log_uniform(random: Random, lowest: float, highest: float) -> float:
    return math.exp(random.uniform(math.log(lowest), math.log(highest)))


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
        writes_per_second=0.0 if random.random() < 0.15 else _log_uniform(random, 0.003, 500.0),
        bursts=random.choice((1.0, 1.0, _log_uniform(random, 2, 300))),
        list_style=random.choice((ListStyle.ALIGNED, ListStyle.ALIGNED, ListStyle.COLLAPSED)),
        when_stopped=random.choice(tuple(Stopped)),
        loading_seconds=_log_uniform(random, 10, 400),
    )


def _replica(random: Random, name: str, sites: int, slowest: float) -> HostPlan:
    return HostPlan(
        name=name,
        role=Boksinit.SERVER,
        site=f"s{random.randrange(sites)}",
        section=f"n{random.randrange(2)}",
        delay_seconds=_log_uniform(random, 0.01, slowest),
        batch_seconds=random.choice((0.0, 0.0, 0.0, 5.0, 40.0)),
    )


def _network(random: Random, layout: Layout) -> Network:
    latency = _log_uniform(random, 0.005, 0.5)
    return Network(
        latency_seconds=latency,
        jitter_seconds=latency * random.choice((0.1, 1.0, 5.0)),
        loss=random.choice((0.0, 0.0, 0.01, 0.05)),
        clock_skew_seconds={host.name: random.uniform(-7200, 7200) for host in layout.hosts if random.random() < 0.2},
    )


def _thresholds(random: Random) -> Thresholds:
    aged = random.choice((60.0, 120.0, 120.0, 300.0))
    return Thresholds(lag_seconds=random.choice((60.0, 120.0, 120.0, 300.0)), stamp_seconds=aged, missing_seconds=aged)


# -- what happens ------------------------------------------------------------------------------------------------------


def _restarts(random: Random, duration: float) -> Iterator[Event]:
    if random.random() < 0.3:
        yield Event(random.uniform(0.1, 0.9) * duration, "restart_exporter")


def _span(random: Random, duration: float, interval: float) -> tuple[float, float]:
    """Choose when something begins and how long it lasts: from less than an interval to most of the history."""
    begin = random.uniform(0.02, 0.8) * duration
    return begin, begin + _log_uniform(random, 0.3 * interval, 0.7 * duration)


def _replicas(layout: Layout) -> list[str]:
    return [host.name for host in layout.hosts if host.role is Boksinit.SERVER]


def _replica_fault(random: Random, layout: Layout, duration: float, interval: float) -> Iterator[Event]:
    """Set a fault on one replica and clear it again."""
    fault = random.choice(
        (
            *(Fault.DOWN, Fault.LOADING, Fault.SLOW, Fault.DIVERGED, Fault.DIVERGED, Fault.AHEAD, Fault.AHEAD),
            *(Fault.WRONG_STAMP, Fault.MISSING_TABLE, Fault.UNLISTED, Fault.REFUSED, Fault.UNREACHABLE),
            *(Fault.HANGING, Fault.GARBAGE, Fault.WRONG_HOST_KEY, Fault.WRONG_LOGIN, Fault.MASTER_DEAD),
        )
    )
    yield from _lasting(random, random.choice(_replicas(layout)), fault, layout, _span(random, duration, interval))


def _lasting(random: Random, host: str, fault: Fault, layout: Layout, span: tuple[float, float]) -> Iterator[Event]:
    parameters = tuple(_parameters(random, fault, layout).items())
    yield Event(span[0], "set", host, fault, parameters)
    yield Event(span[1], "clear", host, fault)


def _parameters(random: Random, fault: Fault, layout: Layout) -> dict[str, Any]:
    some = tuple(random.sample(layout.tables, min(len(layout.tables), random.randint(1, 3))))
    match fault:
        case Fault.AHEAD:
            return {"by": random.choice((1, 2, random.randint(3, 5000))), "tables": some}
        case Fault.SLOW:
            return {"delay_seconds": _log_uniform(random, 5, 1200)}
        case Fault.WRONG_STAMP:
            return {"tables": some, "days": random.choice((-200, 1, 300))}
        case Fault.DIVERGED | Fault.MISSING_TABLE if random.random() < 0.5:
            return {"tables": some}
        case Fault.UNREACHABLE:
            return {"cut_off": random.random() < 0.5}
        case Fault.LOADING:
            return {"from_scratch": random.random() < 0.5}
    return {}


def _master_fault(random: Random, layout: Layout, duration: float, interval: float) -> Iterator[Event]:
    """Take the master, or only its answers, away for a while."""
    fault = random.choice(
        (Fault.DOWN, Fault.MASTER_DEAD, Fault.UNREACHABLE, Fault.HANGING, Fault.GARBAGE, Fault.WRONG_LOGIN)
    )
    yield from _lasting(random, MASTER, fault, layout, _span(random, duration, interval))


def _master_restart(random: Random, _: Layout, duration: float, interval: float) -> Iterator[Event]:
    begin = random.uniform(0.1, 0.9) * duration
    yield Event(begin, "stop", MASTER)
    yield Event(begin + _log_uniform(random, 1, interval), "start", MASTER)


def _replica_restart(random: Random, layout: Layout, duration: float, interval: float) -> Iterator[Event]:
    """Restart a replica, or most of them one after the other."""
    for host in random.sample(_replicas(layout), random.choice((1, 1, len(_replicas(layout))))):
        begin = random.uniform(0.1, 0.9) * duration
        yield Event(begin, "stop", host)
        yield Event(begin + _log_uniform(random, 1, 4 * interval), "start", host)


def _promotion(random: Random, layout: Layout, duration: float, interval: float) -> Iterator[Event]:
    """Stop the master and promote a replica; the stopped one may come back with its old role."""
    begin = random.uniform(0.1, 0.5) * duration
    promoted = random.choice(_replicas(layout))
    promoted_at = begin + _log_uniform(random, 5, 10 * interval)
    yield Event(begin, "set", MASTER, Fault.MASTER_DEAD)
    yield Event(promoted_at, "convert", promoted, None, (("role", "master"),))
    after = promoted_at + _log_uniform(random, 5, 10 * interval)
    if random.random() < 0.4:
        yield Event(after, "clear", MASTER, Fault.MASTER_DEAD)
        yield Event(after + random.uniform(20, 300), "convert", MASTER, None, (("role", "client"),))


def _switchover(random: Random, layout: Layout, duration: float, interval: float) -> Iterator[Event]:
    """Change masters as planned: the old one becomes a client first, the data are removed, then it is a replica."""
    begin = random.uniform(0.1, 0.7) * duration
    promoted = random.choice(_replicas(layout))
    yield Event(begin, "convert", MASTER, None, (("role", "client"),))
    promoted_at = begin + _log_uniform(random, 0.5, interval)
    yield Event(promoted_at, "convert", promoted, None, (("role", "master"),))
    if random.random() < 0.6:
        keeps = random.random() < 0.5
        back = promoted_at + random.uniform(1, 5 * interval)
        yield Event(back, "rejoin", MASTER, None, (("master", promoted), ("keeps_data", keeps)))


def _split_brain(random: Random, layout: Layout, duration: float, interval: float) -> Iterator[Event]:
    begin = random.uniform(0.1, 0.8) * duration
    span = (begin, begin + _log_uniform(random, 20, 6 * interval))
    yield from _lasting(random, random.choice(_replicas(layout)), Fault.TWO_MASTERS, layout, span)


def _site_vanishes(random: Random, layout: Layout, duration: float, interval: float) -> Iterator[Event]:
    """Cut a whole site off, from the exporter alone or from the other hosts as well."""
    site = random.choice(layout.hosts).site
    span = _span(random, duration, interval)
    cut_off = (("cut_off", random.random() < 0.6),)
    for host in layout.hosts:
        if host.site == site:
            yield Event(span[0], "set", host.name, Fault.UNREACHABLE, cut_off)
            yield Event(span[1], "clear", host.name, Fault.UNREACHABLE)


def _new_tables(random: Random, layout: Layout, duration: float, _: float) -> Iterator[Event]:
    """Make a new table, or a new generation of one."""
    table = random.choice((100, random.choice(layout.tables)))
    rate = random.choice((0.0, 0.1, 20.0))
    yield Event(random.uniform(0.1, 0.9) * duration, "table", MASTER, None, (("table", table), ("rate", rate)))


def _restore(random: Random, _: Layout, duration: float, __: float) -> Iterator[Event]:
    back = (("seconds", _log_uniform(random, 1, 600)),)
    yield Event(random.uniform(0.3, 0.9) * duration, "restore", MASTER, None, back)


_PLOTS: tuple[Callable[[Random, Layout, float, float], Iterator[Event]], ...] = (
    *(_replica_fault,) * 8,
    *(_master_fault,) * 2,
    *(_master_restart, _replica_restart, _promotion, _promotion, _switchover, _switchover),
    *(_split_brain, _split_brain, _site_vanishes, _new_tables, _restore),
)
