"""A journal of an older program is upgraded when it is opened."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from boks_exporter.failover.journal import Journal
from boks_exporter.failover.journal.metrics_reader import read_operations
from tests.unit.test_failover_journal import run, step


def test_a_journal_of_an_older_program_is_brought_up_to_date(tmp_path: Path) -> None:
    """What it holds stays, and what it lacked is there."""
    with Journal(tmp_path / "journal") as journal:
        journal.begin(run(), [], [])
    with closing(sqlite3.connect(tmp_path / "journal")) as database:
        database.executescript(
            "ALTER TABLE readings DROP COLUMN is_final; DROP TABLE breaks; ALTER TABLE steps DROP COLUMN begun;"
            "DROP TABLE actions; DROP TABLE exits; DROP TABLE forks; DROP TABLE lost;"
            "ALTER TABLE acceptances DROP COLUMN host;"
            "ALTER TABLE acceptances DROP COLUMN value;"
            "ALTER TABLE plans DROP COLUMN findings;"
            "PRAGMA user_version = 1;"
            "INSERT INTO readings VALUES ('r1', 'M', '{\"7\":[100,5.0]}', 1.0)"
        )
    with Journal(tmp_path / "journal") as journal:
        assert journal.run("r1") == run()
        assert [reading.is_final for reading in journal.readings("r1").values()] == [False]
        assert journal.broken("bank") == ()


@pytest.mark.parametrize(
    ("outcome", "sentence", "begun"),
    [
        ("failed", "not begun: r2 reports that it is master", False),
        ("failed", "nothing was begun: r2 reports that it is master", False),
        ("failed", "the gate refused it (busy): nothing was run", False),
        ("failed", "the command ended with exit status 1", True),
        ("unknown", "not begun, or so it seems", True),
        (None, "", True),
    ],
)
def test_what_an_older_program_wrote_in_a_sentence_becomes_a_field(
    tmp_path: Path, outcome: str | None, sentence: str, begun: bool
) -> None:
    """Whether a command may have run is read from the old sentence once, when the journal is upgraded."""
    with Journal(tmp_path / "journal") as journal:
        journal.begin(run(), [], [])
        journal.intend("r1", step())
    with closing(sqlite3.connect(tmp_path / "journal", isolation_level=None)) as database:
        database.execute("UPDATE steps SET outcome = ?, sentence = ?", (outcome, sentence))
        database.executescript(
            "ALTER TABLE steps DROP COLUMN begun; DROP TABLE actions; DROP TABLE exits;"
            "DROP TABLE forks; DROP TABLE lost;"
            "ALTER TABLE acceptances DROP COLUMN host;"
            "ALTER TABLE acceptances DROP COLUMN value; ALTER TABLE plans DROP COLUMN findings;"
            "PRAGMA user_version = 2;"
        )
    with Journal(tmp_path / "journal") as journal:
        assert [each.begun for each in journal.steps("r1")] == [begun]


def test_a_journal_without_freezes_can_be_read_before_it_is_upgraded(tmp_path: Path) -> None:
    """The exporter reads one that no newer command has written yet: there is no freeze, and no exit code."""
    with Journal(tmp_path / "journal") as journal:
        journal.begin(run(), [], [])
    with closing(sqlite3.connect(tmp_path / "journal", isolation_level=None)) as database:
        database.executescript("DROP TABLE actions; DROP TABLE exits; PRAGMA user_version = 5;")
    with Journal(tmp_path / "journal", is_read_only=True) as journal:
        assert (journal.actions("bank"), journal.exit_code("r1")) == ((), None)
    operations = read_operations(tmp_path / "journal", "bank", 0.0)
    assert (operations.is_readable, operations.frozen_until) == (True, None)
