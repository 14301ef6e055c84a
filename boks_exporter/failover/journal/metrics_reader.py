"""Failover activity from the journal for the exporter's metrics, read-only."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from boks_exporter.exposition.failover_activity import Operations, RunInProgress, RunOutcome, RunProcedure, Window
from boks_exporter.failover.journal.domain_records import frozen_until
from boks_exporter.failover.journal.errors import JournalError, explained
from boks_exporter.failover.journal.schema import opened_for_reading
from boks_exporter.model import DomainName, Timestamp


def read_operations(path: Path, domain: DomainName, now: Timestamp) -> Operations:
    """Read the failover activity of a domain; a missing journal is empty, an unreadable one is reported as such."""
    try:
        if not path.exists():
            return Operations()
        return _read(path, domain, now)
    except (JournalError, OSError):
        return Operations(is_readable=False)


def _read(path: Path, domain: DomainName, now: Timestamp) -> Operations:
    with explained(path), closing(opened_for_reading(path)) as database:
        runs = database.execute(
            "SELECT procedure, outcome, COUNT(*) FROM runs WHERE domain = ? AND is_open = 0 GROUP BY 1, 2", (domain,)
        ).fetchall()
        opened, last = database.execute(
            "SELECT SUM(is_open), MAX(COALESCE(ended_at, started_at)) FROM runs WHERE domain = ?", (domain,)
        ).fetchone()
        windows = database.execute(
            "SELECT host, started_at, until, owner, reason, run FROM maintenance "
            "WHERE domain = ? AND ended_at IS NULL AND started_at <= ? AND until > ? ORDER BY until, number",
            (domain, now, now),
        ).fetchall()
        frozen = frozen_until(database, domain, now)
        open_run = _open_run(database, domain)
    known = {each.value for each in RunProcedure}, {each.value for each in RunOutcome}
    counted = {
        (RunProcedure(procedure), RunOutcome(outcome)): count
        for procedure, outcome, count in runs
        if procedure in known[0] and outcome in known[1]
    }
    names = ("host", "started_at", "until", "owner", "reason", "run")
    shown = tuple(Window(**dict(zip(names, row, strict=True))) for row in windows)
    return Operations(
        runs=counted, in_progress=bool(opened), open_run=open_run, last_at=last, windows=shown, frozen_until=frozen
    )


def _open_run(database: sqlite3.Connection, domain: DomainName) -> RunInProgress | None:
    """Read the open run of a domain with its newest step; there is at most one."""
    row = database.execute(
        "SELECT run, procedure, target, COALESCE(NULLIF(sudo_user, ''), user), started_at "
        "FROM runs WHERE domain = ? AND is_open = 1",
        (domain,),
    ).fetchone()
    if row is None:
        return None
    step = database.execute(
        "SELECT step_id, request, host, ended_at FROM steps WHERE run = ? ORDER BY intended_at DESC LIMIT 1", (row[0],)
    ).fetchone()
    opened = RunInProgress(run=row[0], procedure=row[1], target=row[2], user=row[3], started_at=row[4])
    if step is None:
        return opened
    what = str(step[1]).rpartition(str(step[0]))[2].strip() or str(step[0])
    return replace(opened, step=what, step_host=step[2], step_ended=step[3] is not None)
