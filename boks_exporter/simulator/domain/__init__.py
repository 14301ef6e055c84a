"""A simulated domain: pure, deterministic, and written from what is published about BoKS, not from our parsers."""

from boks_exporter.simulator.domain.domain import SimulatedDomain
from boks_exporter.simulator.domain.faults import Connectivity, Fault
from boks_exporter.simulator.domain.ground_truth import HostTruth, Truth
from boks_exporter.simulator.domain.host import SimulatedHost
from boks_exporter.simulator.domain.layout import (
    DEFAULT_TABLES,
    EPOCH,
    Boksinit,
    HostPlan,
    Layout,
    ListStyle,
    Printed,
    Stopped,
    published_layout,
)
