"""What the plots of a history draw in the same way."""

import math
from random import Random

from boks_exporter.simulator.domain import Boksinit, Layout


def log_uniform(random: Random, lowest: float, highest: float) -> float:
    """Draw a number whose logarithm is uniform."""
    return math.exp(random.uniform(math.log(lowest), math.log(highest)))


def span(random: Random, duration: float, interval: float) -> tuple[float, float]:
    """Choose when something begins and how long it lasts: from less than an interval to most of the history."""
    begin = random.uniform(0.02, 0.8) * duration
    return begin, begin + log_uniform(random, 0.3 * interval, 0.7 * duration)


def replicas(layout: Layout) -> list[str]:
    """Name the replicas."""
    return [host.name for host in layout.hosts if host.role is Boksinit.SERVER]
