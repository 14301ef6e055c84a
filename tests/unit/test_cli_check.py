"""`boks-exporter check` on recorded domains, from the command line to the exit code."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from boks_exporter.cli.root_command import run
from tests.unit.cli_replays import PUBLISHED_SEQUENCE, healthy, published, with_sequence, write

Check = Callable[..., tuple[int, str]]


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Check:
    for variable in ("BOKS_EXPORTER_URL", "BOKS_EXPORTER_CONFIG_FILE"):
        monkeypatch.delenv(variable, raising=False)

    def check(*arguments: str | Path) -> tuple[int, str]:
        code = run(["check", *map(str, arguments)])
        return code, capsys.readouterr().out

    return check


def test_the_published_outputs_name_rephost_as_down(check: Check, tmp_path: Path) -> None:
    """The published list and sequence are critical because of REPHOST, and the figures are those of the outputs."""
    code, text = check("--config.file", write(tmp_path, published()))

    assert code == 2
    first, *details = text.splitlines()
    assert first == (
        "BOKS CRITICAL - REPHOST is DOWN: the master lists it as DOWN, though it answers;"
        " last packet 2 min 59 s before"
        " | 'prod/masters'=1;;;0; 'prod/replicas'=5;;;0; 'prod/replicas_ok'=4;;;0;5"
    )
    assert details[-2] == "[OK] prod: MASTER, REPHOST5, REPHOST4, REPHOST3, REPHOST2"
    assert details[-1] == (
        "[OK] prod: cannot read '...' (sequence of MASTER, REPHOST5, REPHOST4 and 3 more)"
        " | 'prod/REPHOST/lag'=0;;;0; 'prod/REPHOST/lag_seconds'=0s;;;0; 'prod/REPHOST/ahead'=0;;;0;"
    )


def test_all_figures_are_printed_on_request(check: Check, tmp_path: Path) -> None:
    """Graphs of every replica need --perfdata all; hosts with a fault come first."""
    code, text = check("--config.file", write(tmp_path, published()), "--perfdata", "all")

    assert code == 2
    names = ("REPHOST", "REPHOST5", "REPHOST4", "REPHOST3", "REPHOST2")
    assert text.rpartition(" | ")[2].rstrip("\n").split(" ") == [
        f"'prod/{name}/{figure}'={value};;;0;"
        for name in names
        for figure, value in (("lag", "0"), ("lag_seconds", "0s"), ("ahead", "0"))
    ]


def test_the_masters_outputs_alone_name_rephost_as_down(check: Check, tmp_path: Path) -> None:
    """With nothing recorded of the replicas the master's list still tells which one is down; figures are unknown."""
    config = write(tmp_path, {"MASTER": published()["MASTER"]}, more="    discover: true\n")

    code, text = check("--config.file", config)

    assert code == 2
    assert text.startswith("BOKS CRITICAL - REPHOST is DOWN: cannot be polled (connect)")
    assert "'prod/REPHOST/lag'=U;;;0; 'prod/REPHOST/lag_seconds'=U;;;0; 'prod/REPHOST/ahead'=U;;;0;" in text


def test_a_replica_beyond_both_readings_is_ahead(check: Check, tmp_path: Path) -> None:
    """Two updates more than the master has even afterwards cannot be explained by timing."""
    recording = healthy()
    recording["REPHOST3"]["sequence"] = with_sequence(PUBLISHED_SEQUENCE, "T7", 5055)
    recording["MASTER"]["sequence.after"] = PUBLISHED_SEQUENCE

    code, text = check("--config.file", write(tmp_path, recording))

    assert code == 2
    assert text.startswith(
        "BOKS CRITICAL - REPHOST3 is AHEAD: ahead of the master by 2 updates in T7 (host group to host) | "
    )
    assert "'prod/REPHOST3/ahead'=2;;;0;" in text


def test_a_replica_within_the_readings_is_not_ahead(check: Check, tmp_path: Path) -> None:
    """The same two updates mean nothing when the master has them at its second reading."""
    recording = healthy()
    recording["REPHOST3"]["sequence"] = with_sequence(PUBLISHED_SEQUENCE, "T7", 5055)
    recording["MASTER"]["sequence.after"] = with_sequence(PUBLISHED_SEQUENCE, "T7", 5055)

    code, text = check("--config.file", write(tmp_path, recording), "--perfdata=all")

    assert code == 0
    assert text.startswith("BOKS OK - MASTER is master, 5 replicas are ok | ")
    assert "'prod/REPHOST3/ahead'=0;;;0;" in text


def test_ranges_judge_the_figures(check: Check, tmp_path: Path) -> None:
    """A replica twelve updates behind is fine by verdict, and critical if the command line says so."""
    recording = healthy()
    recording["REPHOST2"]["sequence"] = with_sequence(PUBLISHED_SEQUENCE, "T9", 7907)
    config = write(tmp_path, recording)

    assert check("--config.file", config)[0] == 0
    code, text = check("--config.file", config, "--warning-lag", "5", "--critical-lag", "10")

    assert code == 2
    assert text.startswith("BOKS CRITICAL - REPHOST2 lag is 12, expected within 10 | ")
    assert "'prod/REPHOST2/lag'=12;5;10;0;" in text


def test_one_host_can_be_asked_for(check: Check, tmp_path: Path) -> None:
    """A service per host sees its own host only."""
    config = write(tmp_path, published())

    assert check("--config.file", config, "--host", "REPHOST5")[0] == 0
    assert check("--config.file", config, "--host", "rephost")[0] == 2
    code, text = check("--config.file", config, "--host", "REPHOST6")
    assert code == 3
    assert text.startswith("BOKS UNKNOWN - no host REPHOST6 in the report")


def test_json_is_the_report_with_the_judgement(check: Check, tmp_path: Path) -> None:
    """Programs read the state instead of the line."""
    code, text = check("--config.file", write(tmp_path, published()), "--output", "json")

    found = json.loads(text)
    assert code == found["check"]["exit_code"] == 2
    assert found["check"]["state"] == "CRITICAL"
    assert [host["state"] for host in found["domains"][0]["hosts"]] == ["ok", "ok", "ok", "ok", "ok", "down"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--foo"], "usage: No such option '--foo'. See: boks-exporter check --help"),
        (["--hst=r1"], "usage: No such option '--hst'. Did you mean '--host'? See: boks-exporter check --help"),
        (["--warning-lag", "20:10"], "usage: Invalid value for '--warning-lag': expected a range whose start"),
        (
            ["-t", "0"],
            "usage: Invalid value for '-t' / '--timeout': expected a duration longer than 0s",
        ),
        (["--output", "xml"], "usage: Invalid value for '--output': 'xml' is not one of 'text', 'json'."),
        (["word"], "usage: Got unexpected extra argument (word)."),
        (["--config.file", "/nonexistent.yaml"], "configuration: /nonexistent.yaml: cannot be read: No such file"),
        (["--url", "ftp://x"], "usage: --url: expected a URL such as http://monitor:16500, found 'ftp://x'"),
        (["--url", "http://u:p@x"], "usage: --url: expected a URL without user and password"),
        (["--url", "http://127.0.0.1:1"], "http://127.0.0.1:1: connection refused"),
        (["--url", "http://x", "--config.file", "y"], "usage: --config.file and --url exclude each other"),
    ],
)
def test_whatever_goes_wrong_is_unknown(check: Check, arguments: list[str], line: str) -> None:
    """Wrong usage is 3, never 2: a slip in a command line must not page as CRITICAL."""
    code, text = check(*arguments)

    assert code == 3
    assert text.startswith(f"BOKS UNKNOWN - {line}")
    assert text.count("\n") == 1


def test_a_faulty_configuration_names_its_first_fault(check: Check, tmp_path: Path) -> None:
    """The line has room for one; how to see the others is next to it."""
    config = tmp_path / "config.yaml"
    config.write_text("poll: {interval: 5}\nmetrics: {tables: some}\n", encoding="utf-8")

    code, text = check("--config.file", config)

    assert code == 3
    assert text == (
        f"BOKS UNKNOWN - configuration: {config}:1: domains: is missing (and 2 more faults: config check)\n"
    )


def test_an_unknown_domain_names_those_that_there_are(check: Check, tmp_path: Path) -> None:
    """A misspelt name is told together with the right ones."""
    config = write(tmp_path, healthy())

    said = f"--domain: no domain test in {config}; expected one of: prod. See: boks-exporter check --help"
    assert check("--config.file", config, "--domain", "test") == (3, f"BOKS UNKNOWN - usage: {said}\n")


def test_failures_are_json_where_json_was_asked_for(check: Check) -> None:
    """A program that parses the output can parse that of a failure, too."""
    code, text = check("--output", "json", "--config.file", "/nonexistent.yaml")

    found = json.loads(text)
    assert code == found["check"]["exit_code"] == 3
    assert found["domains"] == []


def test_a_bug_is_unknown_and_keeps_its_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The monitoring system gets its line, and standard error the traceback."""

    def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("boks_exporter.cli.report_source.fetch", broken)

    code = run(["check", "--url", "http://127.0.0.1:1"])

    out, err = capsys.readouterr()
    assert code == 3
    assert out == "BOKS UNKNOWN - this is a bug in boks-exporter, see standard error: ZeroDivisionError: \n"
    assert "Traceback" in err


def test_a_host_that_hangs_leaves_time_for_the_others(
    check: Check, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One exchange gets at most 40 % of the deadline, however long the configuration would wait."""
    seen: list[float] = []

    async def poll_once(settings: Any, _: object) -> tuple[()]:
        seen.append(settings.poll.timeout_seconds)
        return ()

    monkeypatch.setattr("boks_exporter.app.one_shot.poll_once", poll_once)
    config = write(tmp_path, healthy())

    check("--config.file", config, "-t", "10")
    check("--config.file", config, "-t", "5m")

    assert seen == [4.0, 20.0]


def test_a_poll_that_takes_too_long_is_unknown(check: Check, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The deadline ends the look, and says what helps."""

    async def poll_once(*_: object) -> tuple[()]:
        raise TimeoutError

    monkeypatch.setattr("boks_exporter.app.one_shot.poll_once", poll_once)

    assert check("--config.file", write(tmp_path, healthy())) == (
        3,
        "BOKS UNKNOWN - polling took longer than 10 s; raise --timeout, or read from a running exporter with --url\n",
    )


def test_a_deadline_ends_the_plugin_where_nothing_can_be_printed() -> None:
    """The exit code is the result, also when standard output is full."""
    program = (
        "import time\n"
        "from boks_exporter.cli.check.unknown_on_error import GRACE_SECONDS, Watchdog\n"
        "with Watchdog(-GRACE_SECONDS, wants_json=False):\n"
        "    time.sleep(60)\n"
    )
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run([sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE)
    assert (ended.returncode, ended.stderr) == (3, b"")
