"""What was intended, done and seen, by whom and why; nothing is done that is not written here first."""

from boks_exporter.failover.journal.errors import JournalError, RunOpenError
from boks_exporter.failover.journal.journal import Journal
from boks_exporter.failover.journal.records import (
    Acceptance,
    BrokenLock,
    LoggedStep,
    Maintenance,
    Run,
    StepOutcome,
    StepPhase,
    Who,
    is_undoing,
    undone_since,
)

__all__ = [
    "Acceptance",
    "BrokenLock",
    "Journal",
    "JournalError",
    "LoggedStep",
    "Maintenance",
    "Run",
    "RunOpenError",
    "StepOutcome",
    "StepPhase",
    "Who",
    "is_undoing",
    "undone_since",
]
