"""A row of the journal that another program, or a hand, has changed is reported as damage, with what to do."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from boks_exporter.failover.facts import Reading
from boks_exporter.failover.findings import Acceptance, Finding, Guard, Level
from boks_exporter.failover.journal import Journal, JournalError, StepOutcome
from boks_exporter.failover.journal.clearances import clearances, record_clearance
from boks_exporter.failover.journal_facts import ForkPoint
from boks_exporter.replication import Clearance
from tests.unit.test_failover_journal import run, step

DOMAIN = run().plan.domain
READERS: dict[str, Callable[[Journal], object]] = {
    "runs": lambda journal: journal.runs(DOMAIN),
    "findings": lambda journal: journal.findings("r1"),
    "acceptances": lambda journal: journal.acceptances("r1"),
    "steps": lambda journal: journal.steps("r1"),
    "readings": lambda journal: journal.readings("r1"),
    "plans": lambda journal: journal.shown("0123456789abcdef"),
    "forks": lambda journal: journal.forks(DOMAIN),
    "evidence_clearances": lambda journal: clearances(journal.path, DOMAIN),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a journal with a row in every table that is read."""
    file = tmp_path / "journal.sqlite"
    findings = (Finding(Guard.MASTER_EXISTS, Level.REFUSE, "it is so", "M1"),)
    with Journal(file) as journal:
        journal.begin(run(), findings, (Acceptance(Guard.MASTER_EXISTS, "known", "M1", None),))
        journal.intend("r1", step())
        journal.conclude("r1", step(StepOutcome.DONE))
        journal.remember("r1", Reading("R1", {7: (5, 1.0)}, 100.0, "read", is_final=True))
        journal.show("0123456789abcdef", DOMAIN, (("a", "b"),), findings, 100.0)
        journal.fork(DOMAIN, ForkPoint("r1", "M1", "R1", {7: (5, 1.0)}, {"R2": {7: 1}}, 100.0))
    record_clearance(file, DOMAIN, Clearance("R1", 100.0, "anna", "rebuilt"))
    return file


def test_what_is_whole_is_read(path: Path) -> None:
    """Every reader finds its row."""
    with Journal(path) as journal:
        assert [name for name, read in READERS.items() if not read(journal)] == []


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        *(("runs", "plan", value) for value in ("", "{", "[]", '"x"', "null", "{}", "[" * 100_000, '{"steps":[{}]}')),
        ("runs", "outcome", "sideways"),
        ("findings", "guard", "no_such_guard"),
        ("findings", "level", "mild"),
        ("acceptances", "guard", "no_such_guard"),
        ("steps", "phase", "x"),
        ("steps", "outcome", "x"),
        *(("readings", "numbers", value) for value in ("", "[]", "7", '{"x":[1,2]}', '{"7":[]}', '{"7":5}')),
        *(("plans", "basis", value) for value in ("", "{", "[1]", "7")),
        *(("plans", "findings", value) for value in ("", '[["no_such_guard","note","h",null]]', "[[]]")),
        ("forks", "numbers", "null"),
        ("forks", "above", "[1]"),
        ("evidence_clearances", "cleared_at", "yesterday"),
    ],
    ids=lambda value: str(value)[:20] or "empty",
)
def test_a_row_that_cannot_be_read_is_damage(path: Path, table: str, column: str, value: str) -> None:
    """No traceback: the journal is named, and what to look at first."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(f"UPDATE {table} SET {column} = ?", (value,))  # noqa: S608 - words of this module
    with Journal(path) as journal, pytest.raises(JournalError, match="failover locks") as raised:
        READERS[table](journal)
    assert str(path) in str(raised.value)
