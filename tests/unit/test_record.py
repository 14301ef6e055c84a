"""Recording a domain: what is written, that it replays to the same verdicts, and the page about what was read."""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from boks_exporter.app.one_shot import poll_once
from boks_exporter.cli.root_command import run
from boks_exporter.config import load
from boks_exporter.errors import FailureReason, RecordingError, TransportError
from boks_exporter.model import Host
from boks_exporter.recording.files import write_replies
from boks_exporter.recording.record_domains import record
from boks_exporter.recording.record_domains import write as write_recordings
from boks_exporter.remote.request import EVERY_GATE, READING
from boks_exporter.transport.base import RawReply
from boks_exporter.transport.replay import RecordedHost, ReplayTransport, round_name
from tests.nonempty import nonempty
from tests.unit.cli_replays import PUBLISHED_SEQUENCE, healthy, published, with_sequence, write


def states(config: Path) -> list[tuple[str, list[str]]]:
    """Judge a configuration's domains once: the domain's state and its hosts' states in their order."""
    views = asyncio.run(poll_once(load(config)))
    return [(view.health.state, [verdict.state for verdict in view.health.hosts]) for view in views]


def texts(directory: Path) -> str:
    return "\n".join(
        [str(path.relative_to(directory)) for path in directory.rglob("*")]
        + [path.read_text(errors="replace") for path in directory.rglob("*") if path.is_file()]
    )


@pytest.mark.parametrize("is_scrubbed", [False, True], ids=["raw", "scrubbed"])
def test_every_kind_of_verdict_survives(is_scrubbed: bool, tmp_path: Path) -> None:
    """Ahead behind the second reading, down, unreachable, and tables that cannot be read."""
    recording: dict[str, dict[str, str]] = published()
    recording["MASTER"]["sequence.after"] = PUBLISHED_SEQUENCE
    recording["REPHOST2"]["sequence"] = with_sequence(PUBLISHED_SEQUENCE, "T7", 5060)
    recording["REPHOST3"]["sequence"] = PUBLISHED_SEQUENCE.replace("7919 (7919)", "1919 (1919) LOCKED")
    recording["REPHOST4"] = {"error": "auth"}
    recording["REPHOST5"]["sequence"] = "boksdiag: cannot attach shared memory\n"
    config = write(tmp_path, recording)
    options = ["--scrub"] if is_scrubbed else []

    assert run(["record", "--config.file", str(config), *options, str(tmp_path / "out")]) == 0

    before = states(config)
    assert states(tmp_path / "out" / "replay.yaml") == before
    assert set(before[0][1]) == {"ok", "ahead", "down", "unknown", "unreachable"}


def test_an_existing_directory_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A recording never mixes with another."""
    config = write(tmp_path, healthy())
    (tmp_path / "out").mkdir()
    assert run(["record", "--config.file", str(config), str(tmp_path / "out")]) == 1
    assert "expected a new directory" in capsys.readouterr().err
    assert list((tmp_path / "out").iterdir()) == []


def test_a_history_is_played_back_by_its_own_clock(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A one-shot poll of a history judges with all that its rounds prove: a lag has an age."""
    config = _history(tmp_path, [_lagging_for(number) for number in range(11)])

    assert run(["status", "--config.file", str(config), "--output", "json"]) == 0

    (domain,) = json.loads(capsys.readouterr().out)["domains"]
    late: dict[str, Any] = next(host for host in domain["hosts"] if host["host"] == "REPHOST3")
    assert late["state"] == "lagging"
    assert 240 <= late["lag_seconds"] <= 330
    assert abs(domain["last_round_timestamp_seconds"] - BEGAN - 300) < 10


class RunningClock:
    """A clock that moves by a hundredth of a second each time it is read, and does not wait."""

    def __init__(self) -> None:
        self.seconds = 1_795_423_212.0

    def now(self) -> float:
        self.seconds += 0.01
        return self.seconds

    monotonic = now

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


BEGAN = 1_795_423_212.0


def _history(directory: Path, rounds: Sequence[Mapping[str, Mapping[str, str]]]) -> Path:
    """Write a history of rounds, half a minute apart; returns its configuration."""
    for number, recording in enumerate(rounds):
        for name, files in recording.items():
            place = directory / "prod" / round_name(BEGAN + 30 * number) / name
            place.mkdir(parents=True)
            for file, text in files.items():
                (place / f"{file}.txt").write_text(text, encoding="utf-8")
    config = directory / "config.yaml"
    hosts = "".join(f"      - name: {name}\n" for name in rounds[0])
    config.write_text(
        f"domains:\n  - name: prod\n    transport: {{kind: replay, directory: prod}}\n    hosts:\n{hosts}"
    )
    return config


def test_a_second_master_that_falls_silent_in_a_history_is_still_one(tmp_path: Path) -> None:
    """The round in which it does not answer is judged with what the earlier ones proved."""
    both = healthy()
    both["REPHOST3"] = dict(both["MASTER"])
    silent = both | {"REPHOST3": {"error": "timeout"}}
    assert states(_history(tmp_path, [both, both, silent]))[0][0] == "several_masters"


def _lagging_for(rounds: int) -> dict[str, dict[str, str]]:
    """The master writes once after the first round, and one replica never gets it."""
    recording = healthy()
    written = with_sequence(PUBLISHED_SEQUENCE, "T7", 5054 if rounds else 5053)
    for name, files in recording.items():
        if name != "REPHOST3":
            files["sequence"] = written
    return recording


def test_a_recorded_history_has_a_directory_for_each_round(tmp_path: Path) -> None:
    """And replays to the verdicts of its last round."""
    config = write(tmp_path, published())
    recordings = asyncio.run(record(load(config), (), 30.0, 60.0, RunningClock()))
    write_recordings(recordings, tmp_path / "out", is_scrubbed=False)
    rounds = [path.name for path in (tmp_path / "out" / "prod").iterdir()]
    assert len(rounds) == 3
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ", name) for name in nonempty(rounds))
    assert states(tmp_path / "out" / "replay.yaml") == states(config)


def test_a_history_of_which_one_round_would_replay_to_other_verdicts_is_not_written(tmp_path: Path) -> None:
    """It is compared round by round, as a recording of one round is."""
    (recording,) = asyncio.run(record(load(write(tmp_path, healthy())), (), 30.0, 60.0, RunningClock()))
    host = recording.rounds[1][1]["REPHOST3"]
    assert host.reply
    host.reply = replace(host.reply, stdout=host.reply.stdout.replace(b"5053 (5053)", b"5099 (5099)"))
    with pytest.raises(RecordingError, match="REPHOST3"):
        write_recordings([recording], tmp_path / "out", is_scrubbed=True)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("options", [("--every", "1s"), ("--for", "1m"), ("--every", "0.1s", "--for", "1m")])
def test_a_history_needs_an_interval_and_an_end(options: tuple[str, ...], tmp_path: Path) -> None:
    """Rounds are named by the second."""
    config = write(tmp_path, healthy())
    assert run(["record", "--config.file", str(config), *options, str(tmp_path / "out")]) == 2
    assert not (tmp_path / "out").exists()


def test_fit_shows_each_host_and_each_form_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Faults with their reason, forms once with their hosts, and what to send."""
    recording = published()
    recording["REPHOST5"]["sequence"] = "boksdiag: cannot attach shared memory\n"
    recording["REPHOST4"] = {"error": "auth"}

    assert run(["fit", "--config.file", str(write(tmp_path, recording))]) == 0

    page = capsys.readouterr().out
    lines = {name: next(line for line in page.splitlines() if f"  {name}" in line) for name in recording}
    assert "3 tables + 4 unread" in lines["MASTER"]
    assert "5 rows" in lines["MASTER"]
    assert "auth" in lines["REPHOST4"]
    assert "NOT READ  sequence" in page
    assert page.count("UNREAD  ") == 1
    assert "record --scrub" in page


def test_fit_reports_that_everything_was_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is to be sent then."""
    recording = healthy()
    for files in recording.values():
        files["sequence"] = files["sequence"].replace("...\n", "")
    assert run(["fit", "--config.file", str(write(tmp_path, recording))]) == 0
    page = capsys.readouterr().out
    assert "every line was read" in page
    assert "record --scrub" not in page


def test_fit_shows_what_could_not_be_read_in_any_round(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = {"MASTER": {"role": "BOKSINIT=master"}, "REPHOST5": {"role": "BOKSINIT=server"}}
    odd = good | {"REPHOST5": {"role": "BOKSINIT=server", "sequence": "T7 5053?\n"}}
    assert run(["fit", "--config.file", str(_history(tmp_path, [odd, good]))]) == 0
    page = capsys.readouterr().out
    assert "NOT READ  sequence of REPHOST5" in page
    assert "every line was read" not in page
    assert "record --scrub" in page


def test_fit_does_not_report_that_all_was_read_of_a_host_that_never_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = {"MASTER": {"role": "BOKSINIT=master"}, "REPHOST5": {"error": "auth"}}
    assert run(["fit", "--config.file", str(write(tmp_path, recording))]) == 0
    page = capsys.readouterr().out
    assert "Everything" not in page
    assert "Nothing was read of REPHOST5" in page


async def test_every_reading_of_a_round_is_replayed_in_its_order(tmp_path: Path) -> None:
    """A later reading of the master must not close the bracket of a host that was read before an earlier one."""
    host, replies = Host("M", "192.0.2.1"), [b"=boks-gate/1 one", b"=boks-gate/1 two", b"=boks-gate/1 three"]
    kept = RecordedHost(
        RawReply(replies[0], b"", 0), None, [RawReply(replies[1], b"", 0), RawReply(replies[2], b"", 0)]
    )
    write_replies(tmp_path, {"M": kept})
    transport = ReplayTransport(tmp_path)
    for _ in range(2):
        found = [await transport.ask(host, request) for request in (EVERY_GATE, READING, READING, READING)]
        assert [each.stdout for each in found] == [*replies, replies[2]]


async def test_a_failed_reading_is_replayed_as_one(tmp_path: Path) -> None:
    """The bracket stays open as it was."""
    write_replies(tmp_path, {"M": RecordedHost(RawReply(b"=boks-gate/1", b"", 0), None, [FailureReason.TIMEOUT])})
    transport = ReplayTransport(tmp_path)
    await transport.ask(Host("M", "192.0.2.1"), EVERY_GATE)
    with pytest.raises(TransportError) as failed:
        await transport.ask(Host("M", "192.0.2.1"), READING)
    assert failed.value.reason is FailureReason.TIMEOUT
