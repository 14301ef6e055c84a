"""Entries of the journal that clear evidence against copies: an operator's word, and runs that replaced a copy."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

from boks_exporter.failover.journal.errors import JournalError, decoded, explained
from boks_exporter.failover.journal.schema import opened, opened_for_reading
from boks_exporter.model import DomainName, Timestamp
from boks_exporter.replication import Clearance, History, clearance_times, cleared

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS evidence_clearances (
    number INTEGER PRIMARY KEY, domain TEXT NOT NULL, host TEXT, cleared_at REAL NOT NULL, owner TEXT NOT NULL,
    reason TEXT NOT NULL
)
"""
"""Made by the first entry: journals without one need no other schema."""
_OF_RUNS: Final = """
SELECT target, ended_at, run FROM runs
WHERE domain = ? AND is_open = 0 AND outcome = 'done' AND procedure IN ('rebuild', 'retire') AND ended_at IS NOT NULL
"""
_OF_LOST_HOSTS: Final = "SELECT host, declared_at, owner, reason FROM lost WHERE domain = ? AND ended_at IS NULL"
_OF_OPERATORS: Final = "SELECT host, cleared_at, owner, reason FROM evidence_clearances WHERE domain = ?"


def record_clearance(path: Path, domain: DomainName, clearance: Clearance) -> None:
    """Write an operator's entry; raises JournalError."""
    row = (domain, clearance.host, clearance.at, clearance.owner, clearance.reason)
    with explained(path), closing(opened(path)) as database:
        database.execute(_TABLE)
        database.execute("INSERT INTO evidence_clearances VALUES (NULL, ?, ?, ?, ?, ?)", row)


def clearances(path: Path, domain: DomainName) -> tuple[Clearance, ...]:
    """Read all entries of a domain, oldest first; none where there is no journal yet. Raises JournalError."""
    with explained(path), decoded(path):
        if not path.exists():
            return ()
        with closing(opened_for_reading(path)) as database:
            rows = database.execute(_OF_RUNS, (domain,))
            found = [Clearance(host, float(at), run, "the run replaced the copy") for host, at, run in rows]
            for table, statement in (("evidence_clearances", _OF_OPERATORS), ("lost", _OF_LOST_HOSTS)):
                if database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
                    found += (
                        Clearance(host, float(at), owner, reason, of_copy=table == "evidence_clearances")
                        for host, at, owner, reason in database.execute(statement, (domain,))
                    )
    return tuple(sorted(found, key=lambda clearance: clearance.at))


def without_cleared(path: Path, domain: DomainName, history: History, now: Timestamp) -> History:
    """Drop the evidence that the journal clears, as the exporter does in its next round: it may be down.

    A journal that cannot be read clears nothing.
    """
    try:
        times = clearance_times(clearances(path, domain), history.clearances, now)
    except JournalError:
        return history
    return replace(history, evidence=cleared(history.evidence, (replace(entry, at=at) for entry, at in times.items())))
