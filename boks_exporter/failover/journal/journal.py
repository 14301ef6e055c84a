"""The journal: every method returns when what it wrote is on the disk, or raises JournalError."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from typing import Any

from boks_exporter.failover.facts import Reading
from boks_exporter.failover.failover_exits import Outcome
from boks_exporter.failover.findings import Acceptance, Finding, Guard, Level
from boks_exporter.failover.journal.codec import (
    dump_basis,
    dump_findings,
    dump_numbers,
    dump_plan,
    read_basis,
    read_findings,
    read_numbers,
    read_plan,
)
from boks_exporter.failover.journal.domain_records import DomainRecords, has_actions
from boks_exporter.failover.journal.errors import RunOpenError, explained
from boks_exporter.failover.journal.records import (
    ActionKind,
    LoggedStep,
    Run,
    RunOwner,
    ShownPlan,
    StepOutcome,
    StepPhase,
)
from boks_exporter.failover.journal_facts import JournalView, RunSummary
from boks_exporter.failover.plan import Basis
from boks_exporter.failover.plan.fingerprint import UNKNOWN, own_name_key
from boks_exporter.model import DomainName, HostName, Timestamp


class Journal(DomainRecords):
    """One open journal."""

    # -- runs ----------------------------------------------------------------------------------------------------------

    def begin(self, run: Run, findings: Sequence[Finding], acceptances: Sequence[Acceptance]) -> None:
        """Open a run; raises RunOpenError where the domain has an open one."""
        plan, who = run.plan, run.who
        row = (
            *(run.name, plan.domain, plan.procedure, plan.target),
            *(who.user, who.sudo_user, who.terminal, who.host, who.pid),
            *(run.reason, run.fingerprint, dump_plan(plan), run.outcome, 1, run.started_at, None, ""),
        )
        with explained(self.path), self._transaction():
            try:
                self._put("runs", row)
            except sqlite3.IntegrityError as error:
                raise RunOpenError(f"another run of {plan.domain} is open: failover history shows which") from error
            for finding in findings:
                figures = (finding.value, finding.limit, finding.source, finding.age_seconds)
                self._put(
                    "findings", (run.name, finding.guard, finding.level, finding.host, finding.sentence, *figures)
                )
            for acceptance in acceptances:
                self._put("acceptances", (run.name, *astuple(acceptance)))

    def end(
        self, run: str, outcome: Outcome, message: str, at: Timestamp, *, is_open: bool, code: int | None = None
    ) -> None:
        """Store how a run ended, and with which exit code; one that stays open waits for resume or abort."""
        statement = "UPDATE runs SET outcome = ?, message = ?, ended_at = ?, is_open = ? WHERE run = ?"
        with explained(self.path), self._transaction():
            self._database.execute(statement, (outcome, message, at, int(is_open), run))
            if code is not None:
                self._database.execute("INSERT OR REPLACE INTO exits VALUES (?, ?)", (run, code))

    def reopen(self, run: str, pid: int) -> None:
        """Store that a process works on an open run again."""
        with explained(self.path), self._transaction():
            self._database.execute(
                "UPDATE runs SET outcome = ?, ended_at = NULL, pid = ? WHERE run = ?", (Outcome.OPEN, pid, run)
            )
            self._database.execute("DELETE FROM exits WHERE run = ?", (run,))

    def exit_code(self, run: str) -> int | None:
        """Return the exit code of the last command on a run that has ended; None while one is at work."""
        if not has_actions(self._database):
            return None
        found = self._read("SELECT code FROM exits WHERE run = ?", (run,))
        return int(found[0][0]) if found else None

    def run(self, name: str) -> Run | None:
        found = self._runs("run = ?", name)
        return found[0] if found else None

    def runs(self, domain: DomainName | None = None, limit: int = 50) -> tuple[Run, ...]:
        """List runs, newest first."""
        return self._runs("domain = ifnull(?, domain)", domain, limit)

    def view(self, domain: DomainName) -> JournalView:
        """Return the open runs and the last closed one, for the guards."""
        runs = self.runs(domain, 100)
        closed = [run for run in runs if not run.is_open]
        opened_runs = tuple(_summary(run) for run in runs if run.is_open)
        last = _summary(closed[0]) if closed else None
        known = *self._conversions(domain), self.lost(domain), self.forks(domain), self._removed(domain)
        return JournalView(opened_runs, last, *known, self._windows(domain))

    def _removed(self, domain: DomainName) -> dict[HostName, Timestamp]:
        """Return when the database of each host was last moved aside, or the master's was loaded in its place.

        Only runs that were carried out count: of another, a database can have been moved back by hand. One that was
        moved back has all the updates of its own that it had before.
        """
        by_hand = (each for each in self.actions(domain) if each.kind is ActionKind.RESTORE_ASIDE)
        restored = {(each.host, each.subject) for each in by_hand if each.is_effective is not False}
        columns = "SELECT steps.host, request, step_id, steps.ended_at, runs.rowid FROM steps JOIN runs USING (run)"
        statement = f"{columns} WHERE domain = ? AND begun AND request LIKE '% restore-database %'"
        restored |= {(host, request.split()[-1]) for host, request, *_ in self._read(statement, (domain,))}
        statement = (
            f"{columns} WHERE domain = ? AND runs.outcome = 'done' AND steps.outcome = 'done' AND phase = 'do' AND "
            "(request LIKE '% remove-database' OR request LIKE '% convert server') ORDER BY steps.rowid"
        )
        done, latest = self._read(statement, (domain,)), self._latest_times()
        return {host: min(at, latest[order]) for host, _, step_id, at, order in done if (host, step_id) not in restored}

    def _runs(self, condition: str, value: str | None, limit: int = 1) -> tuple[Run, ...]:
        columns = (
            "run, plan, user, sudo_user, terminal, host, pid, reason, fingerprint, outcome, is_open, started_at, "
            "ended_at, message"
        )
        known = "procedure != 'verify'"  # a run of older programs, which changed nothing
        statement = f"SELECT {columns} FROM runs WHERE {known} AND {condition} ORDER BY rowid DESC LIMIT ?"  # noqa: S608 - words of this module
        return self._read_as(_run, statement, (value, limit))

    def findings(self, run: str) -> tuple[Finding, ...]:
        columns = "guard, level, sentence, host, value, bound, source, age_seconds"
        statement = f"SELECT {columns} FROM findings WHERE run = ? ORDER BY rowid"  # noqa: S608 - as above
        return self._read_as(lambda guard, level, *more: Finding(Guard(guard), Level(level), *more), statement, (run,))

    def acceptances(self, run: str) -> tuple[Acceptance, ...]:
        return self._records(Acceptance, "acceptances WHERE run = ? ORDER BY rowid", (run,), guard=Guard)

    def accept(self, run: str, acceptances: Iterable[Acceptance]) -> None:
        with explained(self.path), self._transaction():
            for acceptance in acceptances:
                self._put("acceptances", (run, *astuple(acceptance)))

    # -- steps ---------------------------------------------------------------------------------------------------------

    def intend(self, run: str, step: LoggedStep) -> None:
        with explained(self.path), self._transaction():
            self._put("steps", (run, *astuple(step)))

    def conclude(self, run: str, step: LoggedStep) -> None:
        statement = (
            "UPDATE steps SET ended_at = ?, outcome = ?, sentence = ?, exit_status = ?, output = ?, begun = ? "
            "WHERE run = ? AND number = ? AND phase = ? AND attempt = ?"
        )
        values = (step.ended_at, step.outcome, step.sentence, step.exit_status, step.output, int(step.begun))
        self._write(statement, (*values, run, step.number, step.phase, step.attempt))

    def steps(self, run: str) -> tuple[LoggedStep, ...]:
        """List every attempt of a run, in the order in which they were begun."""
        rows = "steps WHERE run = ? ORDER BY rowid"
        return self._records(LoggedStep, rows, (run,), phase=StepPhase, outcome=StepOutcome, begun=bool)

    # -- locks, readings, plans ----------------------------------------------------------------------------------------

    def locked(self, run: str, host: HostName, *, held: bool) -> None:
        self._write("INSERT OR REPLACE INTO locks VALUES (?, ?, ?)", (run, host, int(held)))

    def locks(self, run: str) -> tuple[HostName, ...]:
        """Return the hosts whose lock a run may hold."""
        return tuple(row[0] for row in self._read("SELECT host FROM locks WHERE run = ? AND held = 1", (run,)))

    def remember(self, run: str, reading: Reading) -> None:
        """Store a server's numbers, which it no longer shows once it is a client."""
        values = (
            run,
            reading.host,
            dump_numbers(reading.numbers),
            reading.read_at,
            int(reading.is_final and not reading.unread),
        )
        self._write("INSERT OR REPLACE INTO readings VALUES (?, ?, ?, ?, ?)", values)

    def readings(self, run: str) -> dict[HostName, Reading]:
        source = f"read in the run {run}"
        readings = self._read_as(
            lambda host, numbers, at, is_final: Reading(host, read_numbers(numbers), at, source, bool(is_final)),
            "SELECT host, numbers, read_at, is_final FROM readings WHERE run = ?",
            (run,),
        )
        return {reading.host: reading for reading in readings}

    def show(
        self, fingerprint: str, domain: DomainName, basis: Basis, findings: Iterable[Finding], at: Timestamp
    ) -> None:
        """Store what a shown plan is based on, so that a later difference can be named."""
        values = (fingerprint, domain, dump_basis(basis), at, dump_findings(findings))
        self._write("INSERT OR REPLACE INTO plans VALUES (?, ?, ?, ?, ?)", values)
        self._write("DELETE FROM plans WHERE shown_at < ?", (at - 30 * 86400.0,))

    def own_name(self, domain: DomainName, host: HostName) -> str:
        """Return what the machine of a host called itself in the newest plan that was shown; empty where unknown."""
        statement = "SELECT basis FROM plans WHERE domain = ? ORDER BY shown_at DESC LIMIT 200"
        for basis in self._read_as(read_basis, statement, (domain,)):
            own = dict(basis).get(own_name_key(host), UNKNOWN)
            if own != UNKNOWN:
                return own
        return ""

    def shown(self, fingerprint: str) -> ShownPlan | None:
        """Return what a plan was based on when it was shown."""
        shown = self._read_as(
            lambda basis, findings: ShownPlan(read_basis(basis), read_findings(findings)),
            "SELECT basis, findings FROM plans WHERE fingerprint = ?",
            (fingerprint,),
        )
        return shown[0] if shown else None


def _run(*row: Any) -> Run:
    return Run(
        name=row[0],
        plan=read_plan(row[1]),
        who=RunOwner(user=row[2], sudo_user=row[3], terminal=row[4], host=row[5], pid=row[6]),
        reason=row[7],
        fingerprint=row[8],
        outcome=Outcome(row[9]),
        is_open=bool(row[10]),
        started_at=row[11],
        ended_at=row[12],
        message=row[13],
    )


def _summary(run: Run) -> RunSummary:
    outcome = Outcome.OPEN if run.is_open else run.outcome
    return RunSummary(
        run.name, run.plan.procedure, run.plan.target, outcome, run.started_at, run.ended_at, str(run.who)
    )
