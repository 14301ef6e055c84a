"""SQLite journal of failover runs: every intent is stored before it is carried out."""

from boks_exporter.failover.journal.errors import JournalError, RunOpenError
from boks_exporter.failover.journal.journal import Journal
from boks_exporter.failover.journal.records import (
    ActionKind,
    BrokenLock,
    LoggedStep,
    OperatorAction,
    Run,
    RunOwner,
    ShownPlan,
    StepOutcome,
    StepPhase,
    is_undoing,
    undone_since,
)
from boks_exporter.failover.journal_facts import Maintenance
