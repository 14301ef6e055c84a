"""When to look: rounds on a fixed schedule, with a history that lag in seconds needs."""

from boks_exporter.poller.domain_watch import DomainWatch
from boks_exporter.poller.poller import Poller
from boks_exporter.poller.state_file import Kept, StateFile

__all__ = ["DomainWatch", "Kept", "Poller", "StateFile"]
