"""`boks-exporter evidence`, and one-shot polls that read the exporter's state file."""

import json
from pathlib import Path

import pytest

from boks_exporter.cli.root_command import run
from boks_exporter.poller import PersistedState, StateFile
from boks_exporter.replication import CopyEvidence, Difference, History, Lead
from boks_exporter.replication.evidence import Condition
from tests.unit.cli_replays import healthy, write

BEGUN = 1_795_423_200.0
DAY = "2026-11-23"
LEAD = Lead(BEGUN, BEGUN + 60.0, 2, 5055, BEGUN + 120.0)
EVIDENCE = CopyEvidence(leads={7: LEAD}, differences={9: Difference(Condition.MISSING, BEGUN, BEGUN + 30.0)})


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A healthy domain whose exporter has evidence against REPHOST2."""
    top_level = f"state_file: {tmp_path / 'state.sqlite'}\njournal: {tmp_path / 'journal.sqlite'}\n"
    path = write(tmp_path, healthy(), more=top_level)
    state = StateFile(tmp_path / "state.sqlite")
    state.keep("prod", PersistedState(History(evidence={"REPHOST2": EVIDENCE}, begun_at=BEGUN), "MASTER"))
    state.close()
    return path


def arguments(config: Path, *words: str) -> list[str]:
    return [*words, "--config.file", str(config)]


def state_of(config: Path, capsys: pytest.CaptureFixture[str], host: str) -> tuple[str, str]:
    """Poll once and return a host's state and reason."""
    assert run(arguments(config, "status", "--output", "json")) == 0
    (domain,) = json.loads(capsys.readouterr().out)["domains"]
    found = next(each for each in domain["hosts"] if each["host"] == host)
    return found["state"], found["reason"]


def test_the_evidence_is_listed_with_tables_amounts_and_times(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments(config, "evidence", "list")) == 0
    passed = f"passed by the master {DAY} 08:42:00 UTC"
    assert capsys.readouterr().out.splitlines() == [
        "prod: recorded since 2026-11-23 08:40:00 UTC, 1 copy with evidence",
        f"  REPHOST2: T7 was ahead by 2 since {DAY} 08:40:00 UTC, last proven {DAY} 08:41:00 UTC, {passed}",
        f"  REPHOST2: T9 missing since {DAY} 08:40:00 UTC, last proven {DAY} 08:40:30 UTC",
    ]


def test_a_one_shot_poll_knows_the_evidence_of_the_state_file(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The numbers are equal now, and the copy was not reloaded."""
    before = (config.parent / "state.sqlite").read_bytes()
    state, reason = state_of(config, capsys, "REPHOST2")
    assert (state, reason.startswith("was ahead by 2 updates in T7")) == ("unknown", True)
    assert state_of(config, capsys, "REPHOST3")[0] == "ok"
    assert (config.parent / "state.sqlite").read_bytes() == before


@pytest.mark.parametrize("words", [["REPHOST2"], ["--domain", "prod"]])
def test_an_operator_clears_it_with_a_reason(
    config: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert run(arguments(config, "evidence", "clear", *words, "--reason", "rebuilt at 10:15")) == 0
    assert "is cleared" in capsys.readouterr().out
    assert state_of(config, capsys, "REPHOST2")[0] == "ok"
    assert run(arguments(config, "evidence", "list", "--output", "json")) == 0
    (domain,) = json.loads(capsys.readouterr().out)
    (entry,) = domain["cleared"]
    assert (entry["host"], entry["reason"]) == ("REPHOST2" if words == ["REPHOST2"] else None, "rebuilt at 10:15")


def test_clearing_another_copy_changes_nothing(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments(config, "evidence", "clear", "REPHOST3", "--reason", "rebuilt")) == 0
    capsys.readouterr()
    assert state_of(config, capsys, "REPHOST2")[0] == "unknown"


@pytest.mark.parametrize(
    "words",
    [
        ["clear", "UNKNOWN1", "--reason", "x"],
        ["clear", "--reason", "x"],
        ["clear", "REPHOST2"],
        ["list", "--domain", "other"],
    ],
)
def test_wrong_usage_writes_nothing(config: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments(config, "evidence", *words)) == 2
    assert capsys.readouterr().err
    assert not (config.parent / "journal.sqlite").exists()


def test_a_name_that_is_no_host_of_a_domain_that_discovers_clears_nothing(config: Path) -> None:
    """It would be said to be cleared, and the copy that was meant would keep its evidence."""
    text = config.read_text(encoding="utf-8").replace("    hosts:", "    discover: true\n    hosts:")
    config.write_text(text.replace("      - name: REPHOST2\n        site: Utrecht\n", ""), encoding="utf-8")
    assert run(arguments(config, "evidence", "clear", "rephost2", "--reason", "rebuilt")) == 2
    assert not (config.parent / "journal.sqlite").exists()
    assert run(arguments(config, "evidence", "clear", "REPHOST2", "--reason", "rebuilt")) == 0


def test_an_unreadable_state_file_is_a_note_of_a_one_shot_poll_and_a_failure_of_the_list(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (config.parent / "state.sqlite").write_bytes(b"no database" * 1000)
    assert run(arguments(config, "status", "--output", "json")) == 0
    (domain,) = json.loads(capsys.readouterr().out)["domains"]
    assert [str(config.parent / "state.sqlite") in note for note in domain["notes"]] == [True]
    assert run(arguments(config, "check")) == 0
    assert str(config.parent / "state.sqlite") in capsys.readouterr().out
    assert run(arguments(config, "evidence", "list")) == 1
