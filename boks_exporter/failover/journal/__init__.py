"""SQLite journal of failover runs: every intent is stored before it is carried out."""

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
