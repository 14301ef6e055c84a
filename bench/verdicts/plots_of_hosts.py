"""Events that change hosts: faults, restarts, promotions, outages and changed tables."""

from collections.abc import Iterator
from random import Random
from typing import Any, Final

from bench.verdicts.drawing import log_uniform, replicas, span
from bench.verdicts.event import MASTER, Event
from bench.verdicts.plots_of_copies import Plot
from boks_exporter.simulator.domain import Fault, Layout


def _replica_fault(random: Random, layout: Layout, duration: float, interval: float) -> Iterator[Event]:
    """Set a fault on one replica and clear it again."""
    fault = random.choice(
        (
            *(Fault.DOWN, Fault.LOADING, Fault.SLOW, Fault.DIVERGED, Fault.DIVERGED, Fault.AHEAD, Fault.AHEAD),
            *(Fault.WRONG_STAMP, Fault.MISSING_TABLE, Fault.UNLISTED, Fault.REFUSED, Fault.UNREACHABLE),
            *(Fault.HANGING, Fault.GARBAGE, Fault.WRONG_HOST_KEY, Fault.WRONG_LOGIN, Fault.MASTER_DEAD),
        )
    )
    yield from _lasting(random, random.choice(replicas(layout)), fault, layout, span(random, duration, interval))


def _lasting(random: Random, host: str, fault: Fault, layout: Layout, between: tuple[float, float]) -> Iterator[Event]:
    parameters = tuple(_parameters(random, fault, layout).items())
    yield Event(between[0], "set", host, fault, parameters)
    yield Event(between[1], "clear", host, fault)


def _parameters(random: Random, fault: Fault, layout: Layout) -> dict[str, Any]:
    some = tuple(random.sample(layout.tables, min(len(layout.tables), random.randint(1, 3))))
    match fault:
        case Fault.AHEAD:
            return {"by": random.choice((1, 2, random.randint(3, 5000))), "tables": some}
        case Fault.SLOW:
            return {"delay_seconds": log_uniform(random, 5, 1200)}
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
    yield from _lasting(random, MASTER, fault, layout, span(random, duration, interval))


def _master_restart(random: Random, _: Layout, duration: float, interval: float) -> Iterator[Event]:
    begin = random.uniform(0.1, 0.9) * duration
    yield Event(begin, "stop", MASTER)
    yield Event(begin + log_uniform(random, 1, interval), "start", MASTER)


def _replica_restart(random: Random, layout: Layout, duration: float, interval: float) -> Iterator[Event]:
    """Restart a replica, or most of them one after the other."""
    for host in random.sample(replicas(layout), random.choice((1, 1, len(replicas(layout))))):
        begin = random.uniform(0.1, 0.9) * duration
        yield Event(begin, "stop", host)
        yield Event(begin + log_uniform(random, 1, 4 * interval), "start", host)


def _promotion(random: Random, layout: Layout, duration: float, interval: float) -> Iterator[Event]:
    """Stop the master and promote a replica; the stopped one may come back with its old role."""
    begin = random.uniform(0.1, 0.5) * duration
    promoted = random.choice(replicas(layout))
    promoted_at = begin + log_uniform(random, 5, 10 * interval)
    yield Event(begin, "set", MASTER, Fault.MASTER_DEAD)
    yield Event(promoted_at, "convert", promoted, None, (("role", "master"),))
    after = promoted_at + log_uniform(random, 5, 10 * interval)
    if random.random() < 0.4:
        yield Event(after, "clear", MASTER, Fault.MASTER_DEAD)
        yield Event(after + random.uniform(20, 300), "convert", MASTER, None, (("role", "client"),))


def _switchover(random: Random, layout: Layout, duration: float, interval: float) -> Iterator[Event]:
    """Change masters as planned: the old one becomes a client first, the data are removed, then it is a replica."""
    begin = random.uniform(0.1, 0.7) * duration
    promoted = random.choice(replicas(layout))
    yield Event(begin, "convert", MASTER, None, (("role", "client"),))
    promoted_at = begin + log_uniform(random, 0.5, interval)
    yield Event(promoted_at, "convert", promoted, None, (("role", "master"),))
    if random.random() < 0.6:
        keeps = random.random() < 0.5
        back = promoted_at + random.uniform(1, 5 * interval)
        yield Event(back, "rejoin", MASTER, None, (("master", promoted), ("keeps_data", keeps)))


def _split_brain(random: Random, layout: Layout, duration: float, interval: float) -> Iterator[Event]:
    begin = random.uniform(0.1, 0.8) * duration
    between = (begin, begin + log_uniform(random, 20, 6 * interval))
    yield from _lasting(random, random.choice(replicas(layout)), Fault.TWO_MASTERS, layout, between)


def _site_vanishes(random: Random, layout: Layout, duration: float, interval: float) -> Iterator[Event]:
    """Cut a whole site off, from the exporter alone or from the other hosts as well."""
    site = random.choice(layout.hosts).site
    begin, end = span(random, duration, interval)
    cut_off = (("cut_off", random.random() < 0.6),)
    for host in layout.hosts:
        if host.site == site:
            yield Event(begin, "set", host.name, Fault.UNREACHABLE, cut_off)
            yield Event(end, "clear", host.name, Fault.UNREACHABLE)


def _new_tables(random: Random, layout: Layout, duration: float, _: float) -> Iterator[Event]:
    """Make a new table, or a new generation of one."""
    table = random.choice((100, random.choice(layout.tables)))
    rate = random.choice((0.0, 0.1, 20.0))
    yield Event(random.uniform(0.1, 0.9) * duration, "table", MASTER, None, (("table", table), ("rate", rate)))


def _restore(random: Random, _: Layout, duration: float, __: float) -> Iterator[Event]:
    back = (("seconds", log_uniform(random, 1, 600)),)
    yield Event(random.uniform(0.3, 0.9) * duration, "restore", MASTER, None, back)


PLOTS: Final[tuple[Plot, ...]] = (
    *(_replica_fault,) * 8,
    *(_master_fault,) * 2,
    *(_master_restart, _replica_restart, _promotion, _promotion, _switchover, _switchover),
    *(_split_brain, _split_brain, _site_vanishes, _new_tables, _restore),
)
