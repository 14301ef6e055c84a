"""No change leaves the operator's machine before it is journaled; checked in the file on the disk."""

import sqlite3
from contextlib import closing
from pathlib import Path

from boks_exporter.model import HostName
from boks_exporter.remote.operator_requests import OperatorChange, OperatorSection
from boks_exporter.remote.request import RequestLine

_STEP = """
SELECT COUNT(*) FROM steps JOIN runs USING (run)
WHERE step_id = ? AND steps.host = ? AND request = ? AND is_open = 1 AND COALESCE(steps.outcome, 'unknown') = 'unknown'
"""
_LOCK = "SELECT COUNT(*) FROM locks JOIN runs USING (run) WHERE run = ? AND locks.host = ? AND held = 1 AND is_open = 1"


def insist_on_intent(journal: Path, host: HostName, request: RequestLine) -> None:
    """Refuse a change whose intent is not open in the journal; breaking a lock by hand belongs to no run."""
    if not isinstance(request, OperatorChange) or request.section is OperatorSection.BREAK_LOCK:
        return
    is_step = request.section is OperatorSection.DO
    name = request.words[0].partition(".")[0] if request.section is OperatorSection.VOID else request.words[0]
    values = (name, host, *((request.line(),) if is_step else ()))
    with closing(sqlite3.connect(f"{journal.as_uri()}?mode=ro", uri=True)) as database:
        count = database.execute(_STEP if is_step else _LOCK, values).fetchone()[0]
    if count != 1:
        message = f"{request.line()} leaves for {host}, and {count} open intents of it are in the journal"
        raise AssertionError(message)
