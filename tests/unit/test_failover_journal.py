"""The journal: what it keeps, and what it says when it cannot."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from boks_exporter.failover.facts import Reading
from boks_exporter.failover.failover_exits import Outcome
from boks_exporter.failover.findings import Acceptance, Finding, Guard, Level
from boks_exporter.failover.journal import (
    Journal,
    JournalError,
    LoggedStep,
    Maintenance,
    Run,
    RunOpenError,
    RunOwner,
    ShownPlan,
    StepOutcome,
    StepPhase,
)
from boks_exporter.failover.journal.schema import VERSION
from boks_exporter.failover.journal_facts import JournalView, RunSummary
from boks_exporter.failover.plan import make_plan
from boks_exporter.failover.procedure import Procedure
from tests.nonempty import nonempty
from tests.unit.failover_facts import dead_master

WHO = RunOwner(user="root", sudo_user="anna", terminal="pts/1", host="ops7", pid=7)


def run(name: str = "r1", domain_at: float = 100.0) -> Run:
    return Run(
        name=name,
        plan=make_plan(Procedure.PROMOTE, "R1", dead_master()),
        who=WHO,
        reason="the master is dead",
        fingerprint="0123456789abcdef",
        outcome=Outcome.OPEN,
        is_open=True,
        started_at=domain_at,
        ended_at=None,
    )


def step(outcome: StepOutcome | None = None) -> LoggedStep:
    begun = {
        "number": 3,
        "phase": StepPhase.DO,
        "attempt": 1,
        "step_id": "r1.3",
        "host": "R1",
        "request": "boks-gate/1 op do r1.3 convert master",
        "intended_at": 110.0,
    }
    if outcome is None:
        return LoggedStep(**begun)
    return LoggedStep(**begun, ended_at=115.0, outcome=outcome, sentence="it is so", exit_status=0, output="done.")


def test_a_run_is_kept_with_who_why_and_what_was_found(tmp_path: Path) -> None:
    """The journal has everything that an operator needs to know afterwards."""
    finding = Finding(Guard.SHM_SIZE, Level.REFUSE, "SHM_SIZE differs", "R2", "8000", "16000", "ENV", 1.5)
    with Journal(tmp_path / "journal") as journal:
        journal.begin(run(), [finding], [Acceptance(Guard.SHM_SIZE, "known")])
    with Journal(tmp_path / "journal") as journal:
        assert journal.run("r1") == run()
        assert journal.findings("r1") == (finding,)
        assert journal.acceptances("r1") == (Acceptance(Guard.SHM_SIZE, "known"),)
        assert journal.view("bank") == JournalView(
            (RunSummary("r1", Procedure.PROMOTE, "R1", Outcome.OPEN, 100.0, None, "anna (root) on ops7"),)
        )


def test_an_intent_is_there_before_its_outcome(tmp_path: Path) -> None:
    """A step without an outcome is one whose result is unknown."""
    with Journal(tmp_path / "journal") as journal:
        journal.begin(run(), [], [])
        journal.intend("r1", step())
        assert journal.steps("r1") == (step(),)
        journal.conclude("r1", step(StepOutcome.DONE))
        assert journal.steps("r1") == (step(StepOutcome.DONE),)


def test_a_domain_has_one_open_run(tmp_path: Path) -> None:
    """A second one is refused until the first is closed; one that stays open keeps its place."""
    with Journal(tmp_path / "journal") as journal:
        journal.begin(run(), [], [])
        with pytest.raises(RunOpenError, match="another run of bank is open"):
            journal.begin(run("r2"), [], [])
        journal.end("r1", Outcome.NOT_CONVERGED, "still loading", 200.0, is_open=True)
        assert journal.view("bank").open_runs[0].outcome is Outcome.OPEN
        journal.end("r1", Outcome.DONE, "every step is done", 300.0, is_open=False)
        journal.begin(run("r2", 400.0), [], [])
        assert [each.name for each in journal.runs("bank")] == ["r2", "r1"]
        last = journal.view("bank").last
        assert last is not None
        assert (last.run, last.outcome, last.ended_at) == ("r1", Outcome.DONE, 300.0)


def test_one_process_works_on_a_domain(tmp_path: Path) -> None:
    """The other is told at once; a process that ends lets go by itself."""
    with Journal(tmp_path / "journal") as one, Journal(tmp_path / "journal") as other:
        with one.at_work_on("bank"):
            with pytest.raises(RunOpenError, match="another process works on bank"), other.at_work_on("bank"):
                raise AssertionError
            with other.at_work_on("elsewhere"):
                pass
        with other.at_work_on("bank"):
            pass


def test_a_file_in_which_nothing_could_be_written_is_a_journal_without_an_entry(tmp_path: Path) -> None:
    """The disk was full when it was made; now that there is room, it need not be removed first."""
    path = tmp_path / "journal"
    with closing(sqlite3.connect(path)) as begun:
        begun.execute("PRAGMA journal_mode = WAL")
    assert path.stat().st_size > 0
    with Journal(path, is_read_only=True) as journal:
        assert (journal.runs("bank"), journal.view("bank").open_runs) == ((), ())
    with Journal(path) as journal:
        journal.begin(run(), [], [])
    with Journal(path, is_read_only=True) as journal:
        assert [each.name for each in journal.runs("bank")] == ["r1"]


def test_numbers_that_cannot_be_read_again_are_kept(tmp_path: Path) -> None:
    """The newest reading of each server counts."""
    with Journal(tmp_path / "journal") as journal:
        journal.begin(run(), [], [])
        journal.remember("r1", Reading("M", {7: (100, 5.0)}, 1.0, ""))
        journal.remember("r1", Reading("M", {7: (101, None)}, 2.0, "", is_final=True))
        reading = journal.readings("r1")["M"]
        assert (dict(reading.numbers), reading.read_at, reading.source) == ({7: (101, None)}, 2.0, "read in the run r1")


def test_a_shown_plan_can_be_compared_later(tmp_path: Path) -> None:
    """For thirty days."""
    with Journal(tmp_path / "journal") as journal:
        found = Finding(Guard.UPDATES_ONLY_HERE, Level.REFUSE, "", "R2", value="13")
        journal.show("0123456789abcdef", "bank", (("M role", "master"),), (found,), 0.0)
        assert journal.shown("0123456789abcdef") == ShownPlan((("M role", "master"),), (found,))
        journal.show("fedcba9876543210", "bank", (), (), 31 * 86400.0)
        assert journal.shown("0123456789abcdef") is None


def test_maintenance_ends_by_itself(tmp_path: Path) -> None:
    """And earlier, if somebody ends it; a run ends only its own."""
    window = Maintenance(domain="bank", host="R1", started_at=10.0, until=110.0, reason="disks", owner="anna")
    with Journal(tmp_path / "journal") as journal:
        journal.start_maintenance(window)
        assert [each.host for each in journal.maintenance(109.9)] == ["R1"]
        assert journal.maintenance(110.0) == ()
        assert journal.end_maintenance("bank", "R1", 50.0, run="r1") == 0
        assert journal.end_maintenance("bank", "R1", 50.0) == 1
        assert journal.maintenance(60.0) == ()


def test_what_is_written_is_on_the_disk(tmp_path: Path) -> None:
    """A write-ahead log, synchronised at every statement."""
    with Journal(tmp_path / "journal") as journal:
        pragma = {
            name: journal._database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
        }
    assert pragma == {"journal_mode": "wal", "synchronous": 2}


def test_a_full_disk_is_reported_and_nothing_is_half_written(tmp_path: Path) -> None:
    """The message says what to do."""
    with Journal(tmp_path / "journal") as journal:
        journal.begin(run(), [], [])
        pages = journal._database.execute("PRAGMA page_count").fetchone()[0]
        journal._database.execute(f"PRAGMA max_page_count = {pages}")
        numbers = dict.fromkeys(range(20_000), (1, 1.0))
        with pytest.raises(JournalError, match=r"is its disk full\?.*no step began without its entry"):
            journal.remember("r1", Reading("M", numbers, 1.0, ""))
        journal._database.execute("PRAGMA max_page_count = 100000")
        journal.intend("r1", step())
        assert journal.steps("r1") == (step(),)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"this is no database, and it is longer than a hundred bytes " * 4,
            "is damaged .* check with `failover locks`",
        ),
        (b"", None),
    ],
)
def test_a_damaged_journal_is_not_used(tmp_path: Path, content: bytes, message: str | None) -> None:
    """An empty file is a new one, anything else is left alone."""
    path = tmp_path / "journal"
    path.write_bytes(content)
    if message is None:
        Journal(path).close()
        return
    with pytest.raises(JournalError, match=message):
        Journal(path)
    assert path.read_bytes() == content


def test_a_foreign_database_is_not_used(tmp_path: Path) -> None:
    """It is named as what it is."""
    path = tmp_path / "other.sqlite"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE things (name TEXT)")
    other.commit()
    other.close()
    with pytest.raises(JournalError, match="expected a failover journal, found something else"):
        Journal(path)


def test_a_journal_of_a_newer_program_is_left_to_that(tmp_path: Path) -> None:
    """For writing and for reading; nothing of it is changed."""
    Journal(tmp_path / "journal").close()
    with closing(sqlite3.connect(tmp_path / "journal")) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    for is_read_only in (False, True):
        with pytest.raises(JournalError, match=f"version {VERSION + 1}: it is kept by a newer boks-exporter"):
            Journal(tmp_path / "journal", is_read_only=is_read_only)


def test_a_directory_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    """With what was expected."""
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match="expected a directory that you can write"):
        Journal(tmp_path / "file" / "journal")


def test_others_cannot_read_it(tmp_path: Path) -> None:
    """The owner and the group only."""
    Journal(tmp_path / "journal").close()
    assert (tmp_path / "journal").stat().st_mode & 0o007 == 0


def test_a_second_operator_of_the_group_can_write_it_whatever_the_umask_was(tmp_path: Path) -> None:
    """The journal, its log and its lock are made for the group, too."""
    before = os.umask(0o022)
    try:
        with Journal(tmp_path / "journal") as journal, journal.at_work_on("bank"):
            journal.begin(run(), [], [])
            modes = {path.name: path.stat().st_mode & 0o777 for path in nonempty([*tmp_path.iterdir()])}
    finally:
        os.umask(before)
    assert set(modes.values()) == {0o660}, modes


def test_a_clock_that_was_put_back_does_not_change_which_run_was_the_last(tmp_path: Path) -> None:
    """Guards ask how the last run ended: the one that was begun last, whatever the clock said."""
    with Journal(tmp_path / "journal") as journal:
        for name, at, outcome in (("r1", 900.0, Outcome.DONE), ("r2", 100.0, Outcome.FAILED)):
            journal.begin(run(name, at), [], [])
            journal.end(name, outcome, "", at, is_open=False)
        last = journal.view("bank").last
        assert last is not None
        assert (last.run, [each.name for each in journal.runs()]) == ("r2", ["r2", "r1"])
