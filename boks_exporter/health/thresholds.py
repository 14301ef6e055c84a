"""Amounts and durations from which a finding counts."""

from dataclasses import dataclass

from boks_exporter.model import Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Limits of one domain. No figure is published by the vendor; each default states its reason."""

    lag_sequences: int = 1
    """Updates behind from which a replica can be lagging at all, together with `lag_seconds`."""

    lag_seconds: Seconds = 120.0
    """Age of the oldest missing update from which a replica is lagging. K1256 calls more than a couple of minutes
    without a packet unusual; updates in flight are younger."""

    lag_sequences_at_once: int = 1000
    """Updates behind from which a one-shot poll, which knows no ages, calls a replica lagging."""

    ahead_sequences: int = 1
    """Updates ahead from which a replica is ahead. One is proof enough: it cannot be explained by timing."""

    undecided_seconds: Seconds = 1800.0
    """How long the bounds of a table may leave open whether a replica is ahead before a finding says so."""

    stamp_seconds: Seconds = 120.0
    """How long the master must have had a table's stamp before a replica with another one counts as diverged."""

    missing_seconds: Seconds = 120.0
    """How long the master must have had a table before a replica without it counts as diverged."""
