"""What the daemon shows of the journal: runs, an open one, and maintenance."""

from dataclasses import replace
from pathlib import Path

import pytest

from boks_exporter.app.one_shot import poll_once
from boks_exporter.config import FailoverSettings, load
from boks_exporter.config.settings import OperatorSettings
from boks_exporter.exposition import (
    ExporterInfo,
    Operations,
    RunInProgress,
    RunOutcome,
    RunProcedure,
    Window,
    render,
    status_report,
)
from boks_exporter.failover.failover_exits import Outcome
from boks_exporter.failover.journal import Journal, Maintenance, StepOutcome
from boks_exporter.failover.journal.metrics_reader import read_operations
from boks_exporter.failover.procedure import Procedure
from boks_exporter.observe import SystemClock
from tests.unit.cli_replays import healthy, write
from tests.unit.exposition_views import published
from tests.unit.test_failover_journal import run, step

INFO = ExporterInfo(version="1.0.0", revision="0123abc", python="3.12.1")


def shown(operations: Operations | None) -> list[str]:
    """Render a page, and take the lines that are not zero."""
    page = render([replace(published(), operations=operations)], INFO).classic.decode()
    lines = [line for line in page.splitlines() if line.startswith(("boks_failover", "boks_maintenance"))]
    return [line for line in lines if not (line.startswith("boks_failover_runs_total") and line.endswith(" 0"))]


def window(host: str, until: float) -> Maintenance:
    return Maintenance(domain="bank", host=host, started_at=1.0, until=until, reason="disks", owner="anna")


def test_the_journal_and_the_page_know_the_same_words() -> None:
    """What is counted is what is journaled, with verify at 0; an open run has a metric of its own."""
    assert {each.value for each in RunProcedure} == {each.value for each in Procedure} | {"verify"}
    assert {each.value for each in RunOutcome} == {each.value for each in Outcome} - {"open"}


def test_a_domain_without_a_journal_shows_nothing_of_it() -> None:
    """Absent, not zero."""
    assert shown(None) == []


def test_a_journal_that_cannot_be_read_reports_it_and_nothing_else() -> None:
    """Then maintenance is not known, and not over."""
    domain = published().snapshot.domain
    assert shown(Operations(is_readable=False)) == [f'boks_failover_journal_readable{{boks_domain="{domain}"}} 0.0']


def test_every_procedure_and_outcome_is_there_from_the_start() -> None:
    """At 0, so that a rate sees the first one."""
    page = render([replace(published(), operations=Operations())], INFO).classic.decode()
    counted = [line for line in page.splitlines() if line.startswith("boks_failover_runs_total{")]
    assert len(counted) == len(RunProcedure) * len(RunOutcome)
    assert {line.rpartition(" ")[2] for line in counted} == {"0.0"}


def test_runs_and_windows_are_read(tmp_path: Path) -> None:
    """Closed ones are counted, an open one shows, and a window that is over does not."""
    path = tmp_path / "journal"
    assert read_operations(path, "bank", 50.0) == Operations()
    with Journal(path) as journal:
        journal.begin(run("r1", 100.0), [], [])
        journal.end("r1", Outcome.DONE, "", 200.0, is_open=False)
        journal.begin(run("r2", 300.0), [], [])
        journal.start_maintenance(window("R1", 400.0))
        journal.start_maintenance(window("R1", 500.0))
        journal.start_maintenance(window("R2", 350.0))
        expected = Operations(
            runs={(RunProcedure.PROMOTE, RunOutcome.DONE): 1},
            in_progress=True,
            open_run=RunInProgress(run="r2", procedure="promote", target="R1", user="anna", started_at=300.0),
            last_at=300.0,
            windows=tuple(
                Window(host="R1", started_at=1.0, until=at, owner="anna", reason="disks") for at in (400.0, 500.0)
            ),
        )
        assert expected.maintenance == {"R1": 500.0}
        assert read_operations(path, "bank", 360.0) == expected
    assert read_operations(path, "bank", 360.0) == expected
    assert read_operations(path, "elsewhere", 360.0) == Operations()


@pytest.mark.parametrize("outcome", [None, StepOutcome.DONE])
def test_the_newest_step_of_an_open_run_is_read(tmp_path: Path, outcome: StepOutcome | None) -> None:
    with Journal(tmp_path / "journal") as journal:
        journal.begin(run(), [], [])
        journal.intend("r1", step())
        if outcome:
            journal.conclude("r1", step(outcome))
        found = read_operations(tmp_path / "journal", "bank", 360.0).open_run
    assert found is not None
    assert (found.step, found.step_host, found.step_ended) == ("convert master", "R1", outcome is not None)


def test_a_window_is_reported_with_host_end_owner_and_reason() -> None:
    """In the JSON of the page and of `status`; what cannot be read is null, and no journal is no window."""
    shown = Window(host="REPHOST4", started_at=1.0, until=500.0, owner="anna on ops7", reason="disks", run="r1")
    views = [
        replace(published(), operations=each)
        for each in (Operations(windows=(shown,)), Operations(is_readable=False), Operations(), None)
    ]
    assert [domain["maintenance"] for domain in status_report(views)["domains"]] == [
        [
            {
                "host": "REPHOST4",
                "started_timestamp_seconds": 1.0,
                "until_timestamp_seconds": 500.0,
                "owner": "anna on ops7",
                "reason": "disks",
                "run": "r1",
            }
        ],
        None,
        [],
        [],
    ]


async def test_a_one_shot_poll_shows_maintenance_too(tmp_path: Path) -> None:
    """`boks-exporter status` without --url reads the journal as the daemon does."""
    settings = load(write(tmp_path, healthy()))
    operator = OperatorSettings(user="boksop", identity_files=())
    failover = FailoverSettings(journal=tmp_path / "journal", operator=operator)
    now = SystemClock().now()
    with Journal(failover.journal) as journal:
        journal.start_maintenance(replace(window("REPHOST4", now + 60.0), domain="prod"))
    views = await poll_once(replace(settings, domains=(replace(settings.domains[0], failover=failover),)))
    (domain,) = status_report(views)["domains"]
    assert [(each["host"], each["owner"], each["reason"]) for each in domain["maintenance"] or ()] == [
        ("REPHOST4", "anna", "disks")
    ]


@pytest.mark.parametrize("content", [b"no database, though longer than a hundred bytes " * 4, b"short"])
def test_a_damaged_journal_is_not_readable(tmp_path: Path, content: bytes) -> None:
    """And it is left as it is."""
    path = tmp_path / "journal"
    path.write_bytes(content)
    assert read_operations(path, "bank", 1.0) == Operations(is_readable=False)
    assert path.read_bytes() == content
    assert [each.name for each in tmp_path.iterdir()] == ["journal"]
