"""One bracketed round of a domain, in which a host that fails is a value and never an exception."""

from boks_exporter.observe.clock import Clock, SystemClock
from boks_exporter.observe.round import Knowledge, RoundOptions, observe

__all__ = ["Clock", "Knowledge", "RoundOptions", "SystemClock", "observe"]
