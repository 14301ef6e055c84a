"""Records of a domain that belong to no open run: forks, lost hosts, locks, maintenance, operators' actions."""

import math
import sqlite3
from collections.abc import Iterable
from dataclasses import astuple
from typing import Any, Final

from boks_exporter.failover.journal.codec import dump_above, dump_numbers, read_above, read_numbers
from boks_exporter.failover.journal.connection import JournalFile
from boks_exporter.failover.journal.errors import explained
from boks_exporter.failover.journal.records import ActionKind, BrokenLock, OperatorAction
from boks_exporter.failover.journal_facts import DeclaredLost, ForkPoint, Maintenance
from boks_exporter.model import DomainName, HostName, Role, Timestamp


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


_ROLES: Final = {"master": Role.MASTER, "server": Role.REPLICA, "client": Role.CLIENT}
"""The words of conversions."""


class DomainRecords(JournalFile):
    """The part of an open journal that outlives runs."""

    # -- operators' actions outside runs -------------------------------------------------------------------------------

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

    # -- fork points ---------------------------------------------------------------------------------------------------

    def fork(self, domain: DomainName, fork: ForkPoint) -> None:
        """Store the fork point of a run, right before a replica becomes master."""
        numbers = dump_numbers(fork.numbers), dump_above(fork.above)
        values = (fork.run, domain, fork.old_master, fork.new_master, *numbers, fork.at)
        self._write("INSERT OR REPLACE INTO forks VALUES (?, ?, ?, ?, ?, ?, ?)", values)

    def delete_fork(self, run: str) -> None:
        """Delete the fork point of a run that was rolled back: it made no host the master."""
        self._write("DELETE FROM forks WHERE run = ?", (run,))

    def forks(self, domain: DomainName) -> tuple[ForkPoint, ...]:
        """Return the fork points, oldest first by the order of their runs, whatever the clock was set to."""
        statement = (
            "SELECT runs.rowid, run, old_master, new_master, numbers, above, at FROM forks JOIN runs USING (run) "
            "WHERE forks.domain = ? ORDER BY runs.rowid"
        )
        latest = self._latest_times()
        return self._read_as(
            lambda order, run, old, new, numbers, above, at: ForkPoint(
                run, old, new, read_numbers(numbers), read_above(above), min(at, latest[order])
            ),
            statement,
            (domain,),
        )

    def _latest_times(self) -> dict[int, Timestamp]:
        """Return when each run can have ended at the latest: before the times of every run that was begun after it.

        An entry with a later time was written before the clock was set back.
        """
        times = "runs.rowid, min(started_at, ifnull(at, started_at)) FROM runs LEFT JOIN forks USING (run)"
        statement = f"SELECT {times} ORDER BY runs.rowid DESC"
        latest, found = math.inf, dict[int, Timestamp]()
        for order, first in self._read(statement, ()):
            found[order], latest = latest, min(latest, first)
        return found

    def _conversions(self, domain: DomainName) -> tuple[dict[HostName, Role], dict[HostName, str]]:
        """Return the role of each host after the last conversion that was proven, and the run that made it."""
        statement = (
            "SELECT steps.host, steps.request, run FROM steps JOIN runs USING (run) WHERE domain = ? AND "
            "steps.outcome = 'done' AND steps.request LIKE '% convert %' ORDER BY steps.rowid"
        )
        rows = self._read_as(lambda host, *made: (host, _ROLES[made[0].split()[-1]], made[1]), statement, (domain,))
        return {host: role for host, role, _ in rows}, {host: run for host, _, run in rows}

    # -- hosts that are declared lost ----------------------------------------------------------------------------------

    def declare_lost(self, domain: DomainName, lost: DeclaredLost) -> None:
        statement = "INSERT INTO lost VALUES (NULL, ?, ?, ?, ?, ?, NULL)"
        self._write(statement, (domain, lost.host, lost.owner, lost.reason, lost.at))

    def end_lost(self, domain: DomainName, hosts: Iterable[HostName], at: Timestamp) -> None:
        for host in hosts:
            statement = "UPDATE lost SET ended_at = ? WHERE domain = ? AND host = ? AND ended_at IS NULL"
            self._write(statement, (at, domain, host))

    def lost(self, domain: DomainName) -> dict[HostName, DeclaredLost]:
        """Return the hosts that are declared lost; of several declarations the newest."""
        statement = (
            "SELECT host, owner, reason, declared_at FROM lost WHERE domain = ? AND ended_at IS NULL ORDER BY number"
        )
        return {lost.host: lost for lost in self._read_as(DeclaredLost, statement, (domain,))}

    # -- locks broken by hand ------------------------------------------------------------------------------------------

    def breaks(self, domain: DomainName, run: str, host: HostName, owner: str, at: Timestamp) -> int:
        """Store the intent to break a lock; returns the entry's number."""
        with explained(self.path):
            return self._put("breaks", (None, domain, run, host, owner, at, None))

    def broke(self, number: int, became: str) -> None:
        self._write("UPDATE breaks SET became = ? WHERE number = ?", (became, number))

    def broken(self, domain: DomainName) -> tuple[BrokenLock, ...]:
        """Return the locks that were broken by hand, newest first."""
        return self._records(BrokenLock, "breaks WHERE domain = ? ORDER BY number DESC", (domain,))

    # -- maintenance ---------------------------------------------------------------------------------------------------

    def start_maintenance(self, window: Maintenance) -> int:
        """Open a window; returns its number."""
        with explained(self.path):
            return self._put("maintenance", (None, *astuple(window)[1:]))

    def end_maintenance(self, domain: DomainName, host: HostName, at: Timestamp, run: str | None = None) -> int:
        """End the windows of a host that are active, or only those of a run; returns how many."""
        statement = (
            "UPDATE maintenance SET ended_at = ? WHERE domain = ? AND host = ? AND ended_at IS NULL AND until > ?"
        )
        values: tuple[Any, ...] = (at, domain, host, at)
        if run is not None:
            statement, values = f"{statement} AND run = ?", (*values, run)
        return self._write(statement, values)

    def maintenance(self, now: Timestamp, domain: DomainName | None = None) -> tuple[Maintenance, ...]:
        """List the windows that are active, the one that ends first before the others."""
        rows = (
            "maintenance WHERE ended_at IS NULL AND started_at <= ? AND until > ? AND domain = ifnull(?, domain) "
            "ORDER BY until, number"
        )
        return self._records(Maintenance, rows, (now, now, domain))

    def _windows(self, domain: DomainName) -> tuple[Maintenance, ...]:
        """Return the windows that were not ended by hand, expired ones included."""
        rows = "maintenance WHERE domain = ? AND ended_at IS NULL ORDER BY number"
        return self._records(Maintenance, rows, (domain,))
