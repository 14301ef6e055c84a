"""Carry out plans: observe, lock, observe again; then for each step store the intent, send it, prove it."""

from boks_exporter.failover.runner.finish import in_words, next_for
from boks_exporter.failover.runner.programs import ProgramFence, ProgramHooks
from boks_exporter.failover.runner.proposal import Proposal, propose
from boks_exporter.failover.runner.result import (
    FingerprintError,
    NextCommand,
    RunResult,
    check_first,
    validate_fingerprint,
)
from boks_exporter.failover.runner.run_context import Order, StopRequest, Tools
from boks_exporter.failover.runner.runner import Runner
