"""Events that make a copy wrong without a difference of numbers, hide rows, or hide hosts from the exporter."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Final, TypeAlias

from bench.verdicts.drawing import log_uniform, replicas, span
from bench.verdicts.event import MASTER, Event
from bench.verdicts.hidden_rows import ROWS, Disguise, drawn
from boks_exporter.simulator.domain import Fault, Layout

Plot: TypeAlias = Callable[[Random, Layout, float, float], Iterator[Event]]


def unreadable_rows(random: Random, layout: Layout, duration: float, interval: float) -> Iterator[Event]:
    """Make rows of a replica or of the master unreadable; the table may be the one that is wrong."""
    host = random.choice((MASTER, random.choice(replicas(layout))))
    begin, end = span(random, duration, interval)
    disguise = drawn(random, host, layout.tables)
    yield from _disguised(disguise, begin, end)
    if random.random() < 0.5:
        wrong = random.choice(replicas(layout)) if host == MASTER else host
        parameters: tuple[tuple[str, object], ...] = (("by", random.randint(1, 5000)), ("tables", (disguise.table,)))
        at = random.uniform(0.0, end)
        yield Event(at, "set", wrong, random.choice((Fault.AHEAD, Fault.DIVERGED)), parameters)


def listed_otherwise(random: Random, layout: Layout, duration: float, interval: float) -> Iterator[Event]:
    """List a replica twice, under an alias, or with an age that no rule knows."""
    begin, end = span(random, duration, interval)
    form = random.choice(ROWS)
    yield from _disguised(Disguise(MASTER, form, target=random.choice(replicas(layout))), begin, end)


def _disguised(disguise: Disguise, begin: float, end: float) -> Iterator[Event]:
    yield Event(begin, "disguise", disguise.host, None, (("disguise", disguise),))
    yield Event(end, "undisguise", disguise.host, None, (("disguise", disguise),))


def frozen_table(random: Random, layout: Layout, duration: float, interval: float) -> Iterator[Event]:
    """Stop a table of a copy that holds updates of its own; the master may pass it before the first poll."""
    host = random.choice(replicas(layout))
    table = (("tables", tuple(random.sample(layout.tables, 1))),) if random.random() < 0.3 else ()  # else the busiest
    begin = 0.0 if random.random() < 0.5 else random.uniform(0.05, 0.5) * duration
    if begin == 0.0:
        yield Event(0.0, "pause_exporter")
        yield Event(random.uniform(1, 8) * interval, "resume_exporter")
    yield Event(begin, "set", host, Fault.AHEAD, (("by", random.choice((1, 3, 30))), *table))
    yield Event(begin, "set", host, Fault.DIVERGED, table)
    if random.random() < 0.5:
        yield Event(random.uniform(0.6, 0.95) * duration, "rebuild", host)


def equal_masters(random: Random, layout: Layout, duration: float, interval: float) -> Iterator[Event]:
    """Make two masters write equally many: the second is a replica again, with the first one's numbers."""
    host = random.choice(replicas(layout))
    begin = random.uniform(0.1, 0.6) * duration
    end = begin + log_uniform(random, 0.2 * interval, 6 * interval)
    yield Event(begin, "set", host, Fault.TWO_MASTERS)
    yield Event(end, "meet", host)
    yield Event(end, "clear", host, Fault.TWO_MASTERS)


def restored_master(random: Random, _: Layout, duration: float, __: float) -> Iterator[Event]:
    """Restore the master from a backup of some seconds or many minutes ago."""
    back = (("seconds", log_uniform(random, 1, 1200)),)
    yield Event(random.uniform(0.2, 0.8) * duration, "restore", MASTER, None, back)


def rebuilt_between(random: Random, layout: Layout, duration: float, interval: float) -> Iterator[Event]:
    """Rebuild a replica so quickly that no round sees it without its data."""
    host = random.choice(replicas(layout))
    begin = random.uniform(0.05, 0.6) * duration
    if random.random() < 0.7:
        yield Event(begin, "set", host, Fault.AHEAD, (("by", random.randint(1, 5000)),))
    yield Event(begin + random.uniform(1, 8) * interval, "rebuild", host)


def dark_restart(random: Random, _: Layout, duration: float, interval: float) -> Iterator[Event]:
    """Restart the exporter while the master is dead: discovered hosts must still be known."""
    begin = random.uniform(0.2, 0.6) * duration
    yield Event(begin, "set", MASTER, Fault.MASTER_DEAD)
    yield Event(begin + random.uniform(1, 6) * interval, "restart_exporter")
    if random.random() < 0.5:
        yield Event(begin + random.uniform(7, 12) * interval, "clear", MASTER, Fault.MASTER_DEAD)


PLOTS: Final[tuple[Plot, ...]] = (
    *(unreadable_rows, unreadable_rows, listed_otherwise, frozen_table, frozen_table),
    *(equal_masters, equal_masters, restored_master, restored_master, rebuilt_between, dark_restart),
)
