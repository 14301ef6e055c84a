"""SQLite journal of failover runs: every intent is stored before it is carried out."""

from boks_exporter.failover.journal.errors import JournalError, RunOpenError
from boks_exporter.failover.journal.journal import Journal
from boks_exporter.failover.journal.records import (
    BrokenLock,
    LoggedStep,
    Maintenance,
    Run,
    ShownPlan,
    StepOutcome,
    StepPhase,
    Who,
    is_undoing,
    undone_since,
)

__all__ = [
    "BrokenLock",
    "Journal",
    "JournalError",
    "LoggedStep",
    "Maintenance",
    "Run",
    "RunOpenError",
    "ShownPlan",
    "StepOutcome",
    "StepPhase",
    "Who",
    "is_undoing",
    "undone_since",
]
