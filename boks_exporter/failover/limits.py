"""Limits of the failover guards."""

from dataclasses import dataclass
from typing import Final

_LEAST_UNREAD_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FailoverLimits:
    """What the guards measure by."""

    max_behind_updates: int = 0
    """Updates that the candidate may be behind the best copy or the last known master."""

    fresh_seconds: float = 120.0
    """How old an observation may be."""

    cool_down_seconds: float = 900.0
    """How long after a run no other begins by itself."""

    quiet_seconds: float = 120.0
    """How long a change of masters waits for a moment in which the master writes nothing."""

    interval_seconds: float = 30.0
    """The time from one round of the exporter to the next."""

    has_fence: bool = False
    """Whether a fence is configured, which switches an old master off before a promotion."""

    master_port: int = 6500
    """BoKS's base port: where a master serves its clients (base in /etc/services)."""

    @property
    def unread_seconds(self) -> float:
        """How long before its first failed poll a master may have been read last for its last updates to be known.

        Two intervals; a poll takes seconds of its own, so half a minute at least.
        """
        return max(2 * self.interval_seconds, _LEAST_UNREAD_SECONDS)
