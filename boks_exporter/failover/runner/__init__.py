"""Carry out plans: observe, lock, observe again; then for each step store the intent, send it, prove it."""

from boks_exporter.failover.runner.fence import ProgramFence
from boks_exporter.failover.runner.finish import in_words, next_for
from boks_exporter.failover.runner.graceful_stop import Halt
from boks_exporter.failover.runner.hooks import ProgramHooks
from boks_exporter.failover.runner.proposal import Proposal, propose
from boks_exporter.failover.runner.result import (
    FingerprintError,
    NextCommand,
    RunResult,
    check_first,
    validate_fingerprint,
)
from boks_exporter.failover.runner.run_context import Order, Tools
from boks_exporter.failover.runner.runner import Runner

__all__ = [
    "FingerprintError",
    "Halt",
    "NextCommand",
    "Order",
    "ProgramFence",
    "ProgramHooks",
    "Proposal",
    "RunResult",
    "Runner",
    "Tools",
    "check_first",
    "in_words",
    "next_for",
    "propose",
    "validate_fingerprint",
]
