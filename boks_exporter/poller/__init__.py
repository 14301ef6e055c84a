"""Rounds on a fixed schedule, with the history that lag in seconds needs."""

from boks_exporter.poller.domain_watch import DomainWatch
from boks_exporter.poller.poller import Poller
from boks_exporter.poller.state_database import PersistedState, StateUnreadableError, read_states
from boks_exporter.poller.state_file import StateFile, StateInUseError, StateLock
