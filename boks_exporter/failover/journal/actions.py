"""Records of what operators did outside of runs: freezes, and changes of databases that were moved aside."""

import sqlite3
from dataclasses import astuple

from boks_exporter.failover.journal.connection import JournalFile
from boks_exporter.failover.journal.errors import explained
from boks_exporter.failover.journal.records import ActionKind, OperatorAction
from boks_exporter.model import DomainName, Timestamp


def has_actions(database: sqlite3.Connection) -> bool:
    """Return whether a journal has them: one of an older program is upgraded only when it is written."""
    return bool(database.execute("SELECT 1 FROM sqlite_master WHERE name = 'actions'").fetchone())


def frozen_until(database: sqlite3.Connection, domain: DomainName, now: Timestamp) -> Timestamp | None:
    """Return when the newest freeze of a domain ends, if it was not lifted and is not over."""
    if not has_actions(database):
        return None
    statement = (
        "SELECT kind, until FROM actions WHERE domain = ? AND kind IN ('freeze', 'unfreeze') AND is_effective IS NOT 0 "
        "ORDER BY number DESC LIMIT 1"
    )
    kind, until = database.execute(statement, (domain,)).fetchone() or ("unfreeze", None)
    return until if kind == ActionKind.FREEZE and until is not None and until > now else None


class ActionRecords(JournalFile):
    """The part of an open journal about them."""

    def intend_action(self, action: OperatorAction) -> int:
        """Store an intent; returns the entry's number."""
        with explained(self.path):
            return self._put("actions", (None, *astuple(action)))

    def conclude_action(self, number: int, became: str, *, is_effective: bool) -> None:
        statement = "UPDATE actions SET became = ?, is_effective = ? WHERE number = ?"
        self._write(statement, (became, int(is_effective), number))

    def actions(self, domain: DomainName) -> tuple[OperatorAction, ...]:
        """Return the actions, newest first; without the kinds that only newer versions define."""
        if not has_actions(self._database):
            return ()
        kinds = ", ".join(f"'{kind}'" for kind in ActionKind)
        rows = f"actions WHERE domain = ? AND kind IN ({kinds}) ORDER BY number DESC"
        return self._records(OperatorAction, rows, (domain,), kind=ActionKind, is_effective=bool)
