"""The kept connection to a host, and failed polls, as the pages show them."""

from dataclasses import dataclass

from boks_exporter.errors import FailureReason
from boks_exporter.model.units import Timestamp


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """One open connection; texts are empty where they are not known, as behind a jump host."""

    address: str
    port: int
    host_key: str
    """The kind and the fingerprint of the host's key."""
    cipher: str
    mac: str
    software: str
    """What the host's SSH server calls itself."""
    opened_at: Timestamp
    keeps_loop: bool = False
    """Whether the gate waits for requests on an open channel."""


@dataclass(frozen=True, slots=True)
class FailedPoll:
    """A poll that failed: when, why, and in words."""

    at: Timestamp
    reason: FailureReason
    detail: str
