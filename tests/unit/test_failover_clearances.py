"""What the journal has to clear evidence: operators' entries, and runs that replaced a copy."""

from dataclasses import replace
from pathlib import Path

import pytest

from boks_exporter.failover.failover_exits import Outcome
from boks_exporter.failover.journal import Journal, JournalError
from boks_exporter.failover.journal.clearances import clearances, record_clearance, without_cleared
from boks_exporter.failover.procedure import Procedure
from boks_exporter.replication import Clearance, CopyEvidence, History
from tests.unit.test_failover_journal import run

ENTRY = Clearance(None, 50.0, "anna on ops7", "restored from the backup")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def ended(path: Path, procedure: Procedure, outcome: Outcome) -> str:
    """Journal a run of R1 that ended at 200; returns its domain."""
    opened = run()
    opened = replace(opened, plan=replace(opened.plan, procedure=procedure))
    with Journal(path) as journal:
        journal.begin(opened, (), ())
        journal.end("r1", outcome, "", 200.0, is_open=False)
    return opened.domain


def test_without_a_journal_nothing_is_cleared_and_none_is_made(path: Path) -> None:
    assert clearances(path, "bank") == ()
    assert not path.exists()


def test_an_operators_entry_is_kept_for_its_domain(path: Path) -> None:
    record_clearance(path, "bank", ENTRY)
    record_clearance(path, "bank", replace(ENTRY, host="R1", at=40.0))
    assert clearances(path, "bank") == (replace(ENTRY, host="R1", at=40.0), ENTRY)
    assert clearances(path, "shop") == ()


@pytest.mark.parametrize("procedure", [Procedure.REBUILD, Procedure.RETIRE])
def test_a_run_that_replaced_a_copy_clears_its_evidence(path: Path, procedure: Procedure) -> None:
    domain = ended(path, procedure, Outcome.DONE)
    (cleared,) = clearances(path, domain)
    assert (cleared.host, cleared.at, cleared.owner) == ("R1", 200.0, "r1")


@pytest.mark.parametrize(
    ("procedure", "outcome"),
    [(Procedure.PROMOTE, Outcome.DONE), (Procedure.REBUILD, Outcome.FAILED), (Procedure.REBUILD, Outcome.UNKNOWN)],
)
def test_no_other_run_clears_anything(path: Path, procedure: Procedure, outcome: Outcome) -> None:
    assert clearances(path, ended(path, procedure, outcome)) == ()


def test_failover_drops_what_is_cleared_while_the_exporter_is_down(path: Path) -> None:
    """What was proven later stays, and so does everything where the journal cannot be read."""
    history = History(evidence={name: CopyEvidence(diverged_since=at) for name, at in (("R1", 30.0), ("R2", 60.0))})
    record_clearance(path, "bank", ENTRY)
    record_clearance(path, "bank", replace(ENTRY, at=500.0))
    assert set(without_cleared(path, "bank", history, 100.0).evidence) == {"R2"}
    path.write_text("something else")
    assert set(without_cleared(path, "bank", history, 100.0).evidence) == {"R1", "R2"}


def test_a_journal_of_something_else_is_an_error(path: Path) -> None:
    path.write_bytes(b"no database, though longer than a hundred bytes " * 4)
    with pytest.raises(JournalError):
        clearances(path, "bank")
