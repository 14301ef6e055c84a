"""`diagnose`: the published incident and recorded faults, each to the right cause and command."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from boks_exporter.cli.root_command import run
from boks_exporter.simulator.domain import Fault
from tests.unit.cli_reports import domain as domain_report
from tests.unit.cli_reports import host as host_report
from tests.unit.cli_reports import report
from tests.unit.recorded_faults import HOST, MASTER, Break, attribute, broken, fault, log, record

ROOT = Path(__file__).parents[1]
CASES: list[tuple[str, str, Break, str, str]] = [
    (HOST, "daemons_stopped", fault(HOST, Fault.DOWN), "Boot -k", ""),
    (HOST, "process_missing", lambda d: d.lose_processes(HOST, "servm.r"), "Boot -k", "servm.r"),
    (HOST, "process_missing", lambda d: d.lose_processes(HOST, "boks_servc"), "Boot -k", "boks_servc"),
    (HOST, "master_process", lambda d: d.lose_processes(MASTER, "boks_drainmast"), "Boot -k", "boks_drainmast"),
    (HOST, "node_key", log(HOST, "boks_ftcd: Checksum mismatch"), "hostkey -g -h REPHOST3", "Checksum mismatch"),
    (HOST, "node_key", log(MASTER, "Cannot encrypt message to host"), "hostkey -g -h REPHOST3", "Cannot encrypt"),
    (
        HOST,
        "bridge_refuses",
        attribute(HOST, bridge="192.0.2.77", is_deaf=True),
        "BRIDGE_ACCEPT_MASTER_IPS",
        "127.0.0.2",
    ),
    (HOST, "ahead", fault(HOST, Fault.AHEAD, by=5), "failover rebuild REPHOST3", "ahead"),
    (HOST, "not_defined", fault(HOST, Fault.UNLISTED), "failover add-replica REPHOST3", ""),
    (HOST, "role", lambda d: d.run(HOST, ("convert", "-v", "client")), "failover add-replica REPHOST3", "client"),
    (HOST, "disk_full", attribute(HOST, free_kilobytes=12), "df -Pk", "full"),
    (HOST, "settings_differ", attribute(HOST, shm_size_kilobytes=8000), "SHM_SIZE=16000", "8000"),
    (HOST, "methods_differ", attribute(HOST, method_conf=b"other\n"), "method.conf", "agents are refused"),
    (HOST, "no_master", fault(MASTER, Fault.MASTER_DEAD), "failover candidates", "no host is master"),
    (HOST, "several_masters", fault("REPHOST5", Fault.TWO_MASTERS), "failover conflict", "REPHOST5"),
    (HOST, "host_unreachable", fault(HOST, Fault.UNREACHABLE), "doctor REPHOST3", "timeout"),
    (HOST, "master_port", lambda d: d.network.partition([HOST], [MASTER]), "bcastaddr", "6500 timeout"),
    (HOST, "loading", fault(HOST, Fault.LOADING), "status", "loading"),
    (HOST, "not_compared", fault(HOST, Fault.GARBAGE), "boksdiag sequence", "REPHOST3"),
    (HOST, "not_compared", fault(MASTER, Fault.HANGING), "boksdiag sequence", "MASTER1"),
    (MASTER, "not_compared", fault(MASTER, Fault.GARBAGE), "boksdiag sequence", "MASTER1"),
    (MASTER, "master_process", lambda d: d.lose_processes(MASTER, "boks_master"), "Boot -k", "boks_master"),
]


def diagnosed(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    code = run(["diagnose", *arguments, "--output", "json"])
    out, err = capsys.readouterr()
    assert err == ""
    found = json.loads(out)
    assert isinstance(found, dict)
    return code, found


@pytest.mark.parametrize(
    ("host", "cause", "fault", "command", "because"), CASES, ids=[f"{case[1]}-{at}" for at, case in enumerate(CASES)]
)
def test_a_recorded_fault_is_diagnosed_to_its_cause(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], host: str, cause: str, fault: Break, command: str, because: str
) -> None:
    """The first cause is the one that was put there, with the command for it and all ten steps in order."""
    config = record(broken(fault), tmp_path)
    code, found = diagnosed([host, "--config.file", str(config)], capsys)
    assert code == 10
    first = found["cause"]
    assert first["name"] == cause, found["other_causes"]
    assert command in first["command"]
    assert because in first["cause"] + first["because"]
    assert [step["number"] for step in found["steps"]] == list(range(1, 11))
    parts = [step[key] for step in found["steps"] for key in ("looked_at", "found", "means", "source", "next")]
    assert "" not in parts


@pytest.mark.parametrize("kind", [Fault.SLOW, Fault.DIVERGED])
def test_updates_of_unknown_age_are_not_shown_to_be_fine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: Fault
) -> None:
    """A single poll proves how many are missing, and not whether they are under way or an hour old."""
    config = record(broken(fault(HOST, kind)), tmp_path)
    code, found = diagnosed([HOST, "--config.file", str(config)], capsys)
    assert (code, found["cause"]) == (11, None)
    assert 1 in found["unknown_steps"]
    assert "diagnose" in found["steps"][0]["next"]


@pytest.mark.parametrize("host", [HOST, MASTER])
def test_a_healthy_host_has_no_cause(tmp_path: Path, capsys: pytest.CaptureFixture[str], host: str) -> None:
    """Everything was read, and nothing is wrong: exit code 0."""
    config = record(broken(), tmp_path)
    code, found = diagnosed([host, "--config.file", str(config)], capsys)
    assert (code, found["cause"], found["other_causes"], found["unknown_steps"]) == (0, None, [], [])


@pytest.mark.parametrize(
    ("section", "step", "missing"),
    [
        ("processes", 4, "processes"),
        ("ports", 6, "ports"),
        ("checksums", 9, "method.conf"),
        ("memory", 9, "shared memory"),
        ("diskspace", 9, "disk space"),
        ("errlog", 2, "errlog"),
    ],
)
def test_what_was_not_read_is_not_fine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], section: str, step: int, missing: str
) -> None:
    """A section that a recording or an older gate lacks makes its step unknown, and the exit code says so."""
    config = record(broken(), tmp_path)
    (tmp_path / "bank" / HOST / f"{section}.txt").unlink()
    code, found = diagnosed([HOST, "--config.file", str(config)], capsys)
    assert (code, found["cause"], found["unknown_steps"]) == (11, None, [step])
    assert missing in found["steps"][step - 1]["found"]


def published(folder: str, tmp_path: Path) -> Path:
    rounds = ROOT / "scenarios" / folder / "round-1"
    hosts = "".join(f"      - name: {path.name}\n" for path in sorted(rounds.iterdir()))
    config = tmp_path / "config.yaml"
    config.write_text(
        f"domains:\n  - name: bank\n    transport: {{kind: replay, directory: {rounds}}}\n    hosts:\n{hosts}"
    )
    return config


def test_the_published_incident_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every status is OK, and the replica's stale files make it ahead; what was not recorded is not claimed."""
    config = published("ahead-published-incident", tmp_path)
    code, found = diagnosed(["REPHOST3", "--config.file", str(config)], capsys)
    assert (code, found["cause"]["name"]) == (10, "ahead")
    assert "K1262" in found["cause"]["source"]
    assert found["cause"]["command"] == f"boks-exporter failover rebuild REPHOST3 --config.file {config}"
    assert {2, 4, 5, 6, 8} <= set(found["unknown_steps"])


@pytest.mark.parametrize(
    ("folder", "host", "cause"),
    [
        ("down-published-listing", "REPHOST", "down"),
        ("lagging-by-thousands-in-a-single-look", "REP1", "lagging"),
        ("diverged-in-a-single-look", "REP1", "diverged"),
    ],
)
def test_the_verdict_alone_names_a_cause(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], folder: str, host: str, cause: str
) -> None:
    """Recordings of list and numbers, without processes, logs or ports."""
    config = published(folder, tmp_path)
    code, found = diagnosed([host, "--config.file", str(config)], capsys)
    assert (code, found["cause"]["name"]) == (10, cause)


def test_the_text_has_every_step_and_ends_with_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = record(broken(fault(HOST, Fault.AHEAD, by=5)), tmp_path)
    assert run(["diagnose", HOST, "--config.file", str(config)]) == 10
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{HOST} (bank): ahead - ")
    assert sum("looked at:" in line for line in lines) == 10
    assert lines[-1].split(maxsplit=2)[2] == f"boks-exporter failover rebuild {HOST} --config.file {config}"


@pytest.mark.parametrize(("words", "message"), [(["NONE"], "no host NONE"), ([], "HOST"), ([HOST, "-x"], "-x")])
def test_an_unknown_host_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    config = record(broken(), tmp_path)
    assert run(["diagnose", *words, "--config.file", str(config)]) == 2
    assert message in capsys.readouterr().err


class _Exporter(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        listed = host_report("replica1", "unlisted", reported_status=None, reported_status_word=None)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(report(domain_report(listed, host_report("replica2")))).encode())

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


def test_a_running_exporter_has_the_verdict_and_what_it_lacks_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """With --url the cause follows from the verdict; processes, logs and ports are unknown, which is no fault."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Exporter) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        bad, found = diagnosed(["replica1", "--url", url], capsys)
        good, other = diagnosed(["replica2", "--url", url], capsys)
        server.shutdown()
    assert (bad, found["cause"]["name"]) == (10, "not_defined")
    assert (good, other["cause"]) == (11, None)
    assert "without --url" in other["steps"][3]["found"]
