"""When to look: rounds on a fixed schedule, with a history that lag in seconds needs."""

from boks_exporter.poller.schedule import Poller
from boks_exporter.poller.state_file import Kept, StateFile
from boks_exporter.poller.watch import DomainWatch

__all__ = ["DomainWatch", "Kept", "Poller", "StateFile"]
