"""Carry out plans: observe, lock, observe again; then for each step store the intent, send it, prove it."""

from boks_exporter.failover.runner.programs import ProgramFence, ProgramHooks
from boks_exporter.failover.runner.proposal import Proposal, again, propose, ways_after
from boks_exporter.failover.runner.result import (
    FingerprintError,
    NextCommand,
    RunResult,
    check_first,
    fence_command,
    in_words,
    next_for,
    repeat_options,
    validate_fingerprint,
)
from boks_exporter.failover.runner.run_context import Order, StopRequest, Tools
from boks_exporter.failover.runner.runner import Runner
