"""The table of the state file that holds each domain's timeline; older versions of the exporter ignore it."""

import sqlite3
from collections.abc import Mapping
from typing import Final

from boks_exporter.health import Timeline, dump_timeline, restore_timeline
from boks_exporter.loggers import structlog
from boks_exporter.model import DomainName

_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS timeline (name TEXT PRIMARY KEY, revision REAL NOT NULL, content TEXT NOT NULL)"
)

_log = structlog.get_logger(__name__)


def save_timelines(database: sqlite3.Connection, timelines: Mapping[DomainName, Timeline]) -> None:
    """Replace the timelines of which another revision is stored, and delete those of forgotten domains."""
    database.execute(_SCHEMA)
    stored = dict(database.execute("SELECT name, revision FROM timeline").fetchall())
    rows = [
        (name, timeline.revision, dump_timeline(timeline))
        for name, timeline in timelines.items()
        if stored.get(name) != timeline.revision
    ]
    database.executemany("INSERT OR REPLACE INTO timeline VALUES (?, ?, ?)", rows)
    database.execute("DELETE FROM timeline WHERE name NOT IN (SELECT name FROM domain)")


def load_timelines(database: sqlite3.Connection) -> dict[DomainName, Timeline]:
    """Read all timelines; one that cannot be read is left out, since it is shown and never judged by."""
    if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'timeline'").fetchone():
        return {}
    timelines = {}
    for name, content in database.execute("SELECT name, content FROM timeline").fetchall():
        try:
            timelines[str(name)] = restore_timeline(str(content))
        except (ValueError, RecursionError) as error:
            _log.warning("timeline_dropped", boks_domain=name, error=str(error))
    return timelines
