"""Records of what operators did beside the runs: freezes, and what was done with databases that lie aside."""

import sqlite3
from typing import Any

from boks_exporter.failover.journal.connection import JournalFile
from boks_exporter.failover.journal.errors import explained
from boks_exporter.failover.journal.records import ActionKind, OperatorAction
from boks_exporter.model import DomainName, Timestamp

_COLUMNS = "domain, kind, host, subject, owner, reason, intended_at, until, became, is_effective"


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
        statement = "INSERT INTO actions VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)"
        values = (action.domain, action.kind, action.host, action.subject, action.owner, action.reason)
        with explained(self.path):
            added = self._database.execute(statement, (*values, action.intended_at, action.until))
        return added.lastrowid or 0

    def conclude_action(self, number: int, became: str, *, is_effective: bool) -> None:
        """Store the outcome of an action."""
        statement = "UPDATE actions SET became = ?, is_effective = ? WHERE number = ?"
        self._write(statement, (became, int(is_effective), number))

    def actions(self, domain: DomainName) -> tuple[OperatorAction, ...]:
        """Return the actions, newest first."""
        if not has_actions(self._database):
            return ()
        names = _COLUMNS.split(", ")
        rows = self._read(f"SELECT {_COLUMNS} FROM actions WHERE domain = ? ORDER BY number DESC", (domain,))  # noqa: S608 - words of this module
        known = {kind.value for kind in ActionKind}
        shown = (dict(zip(names, row, strict=True)) for row in rows if row[1] in known)
        return tuple(_action(each) for each in shown)


def _action(row: dict[str, Any]) -> OperatorAction:
    is_effective = None if row["is_effective"] is None else bool(row["is_effective"])
    return OperatorAction(**(row | {"kind": ActionKind(row["kind"]), "is_effective": is_effective}))
