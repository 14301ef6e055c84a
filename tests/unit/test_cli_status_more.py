"""`status HOST`, `status --output prom`, the order of the hosts and the next command."""

import json
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from boks_exporter.cli.root_command import run
from boks_exporter.cli.status_host import host_lines
from boks_exporter.cli.status_rows import hosts_worst_first, rows
from boks_exporter.exposition import status_report
from boks_exporter.report.next_commands import NextCommands
from tests.browser.situations import down
from tests.unit.cli_replays import published, with_sequence, write
from tests.unit.cli_reports import SEEN_AT, domain, host, master, report

STATES = ("ok", "loading", "lagging", "unlisted", "unknown", "unreachable", "diverged", "ahead", "down", "new-state")


def test_the_worst_is_first_and_equals_are_sorted_by_name() -> None:
    """What is fine comes last; a state of a newer exporter is not hidden behind it in front."""
    hosts = [host(f"{name}-{state}", state) for name in ("b", "A") for state in STATES]
    order = [each["state"] for each in hosts_worst_first(domain(hosts=hosts))]
    assert order[:2] == ["down", "down"]
    assert hosts_worst_first(domain(hosts=hosts))[0]["host"] == "A-down"
    assert order.index("lagging") > order.index("ahead") > order.index("down")
    assert order[-2:] == ["ok", "ok"]


@pytest.mark.parametrize(
    ("state", "hosts", "command"),
    [
        ("ok", [host()], None),
        ("degraded", [host("a", "lagging"), host("b", "down")], "boks-exporter diagnose b --url http://x"),
        ("degraded", [host("x; reboot", "ahead")], "boks-exporter diagnose 'x; reboot' --url http://x"),
        ("no_master", [host("a", "unknown")], "boks-exporter failover candidates"),
        ("several_masters", [host("a", "unknown")], "boks-exporter failover conflict"),
    ],
)
def test_the_next_command_explains_the_worst(state: str, hosts: list[Any], command: str | None) -> None:
    """The failover commands know no --url."""
    found = domain(hosts=[master(), *hosts], state=state)
    assert NextCommands((), ("--url", "http://x")).next_for_domain(found) == command


@pytest.mark.parametrize(
    ("since", "exact", "shown"),
    [
        (-60, True, "22:12"),
        (-60, False, "before 22:12"),
        (-259200, True, "11 Nov"),
        (-34560000, True, "2022-10-10"),
    ],
)
def test_since_when_a_state_holds_is_shown_where_it_is_known(since: int, *, exact: bool, shown: str) -> None:
    """A state that is older than the exporter's memory is not said to have begun with it."""
    known = host("a", since_timestamp_seconds=SEEN_AT + since, since_is_exact=exact)
    cells = {row.host: row.cells["SINCE"] for row in rows(domain(known, host("b")))}
    assert (cells["a"], cells["b"]) == (shown, "")


def test_an_exporter_reports_since_when_and_whether_it_saw_the_beginning() -> None:
    (found,) = status_report([down()])["domains"]
    since = {each["host"]: (each.get("since_timestamp_seconds"), each.get("since_is_exact")) for each in found["hosts"]}
    at = found["last_round_timestamp_seconds"]
    assert since["REPHOST"] == (at - 660, True)
    assert since["MASTER1"] == (at - 86400, False)


def test_changed_hosts_are_marked() -> None:
    cells = {row.host: row.cells["HOST"] for row in rows(domain(host("a"), host("b")), changed={"b"})}
    assert cells == {"master1": "master1", "a": "a", "b": "b *"}


def test_a_host_is_shown_with_all_its_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each table with its own and the master's number; the others' hosts are left out."""
    recording = published()
    recording["REPHOST2"]["sequence"] = with_sequence(recording["MASTER"]["sequence"], "T9", 7922)
    config = write(tmp_path, recording)
    assert run(["status", "REPHOST2", "--config.file", str(config)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("REPHOST2: ahead - ahead of the master by 3 updates in T9")
    table = [line.split() for line in lines[lines.index(next(line for line in lines if "SEQUENCE" in line)) :]]
    assert [row[:5] for row in table] == [
        ["TABLE", "SEQUENCE", "MASTER", "LAG", "AHEAD"],
        ["T7", "5053", "5053", "0", "0"],
        ["T9", "7922", "7919", "0", "3"],
        ["T15", "1865", "1865", "0", "0"],
    ]
    assert not any("REPHOST3" in line for line in lines)


def test_a_host_as_json_is_the_report_with_that_host_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = str(write(tmp_path, published()))
    assert run(["status", "REPHOST2", "--output", "json", "--config.file", config]) == 0
    (found,) = json.loads(capsys.readouterr().out)["domains"]
    assert [each["host"] for each in found["hosts"]] == ["REPHOST2"]


def test_missing_tables_and_unknown_numbers_are_no_zeros() -> None:
    """A table that the host lacks has no number, and without a master nothing is compared."""
    lacking = host(
        "a",
        "diverged",
        tables={"T7": {"sequence": 1, "lag": None, "ahead": None}},
        missing_tables=["T15"],
        stamp_mismatch_tables=["T7"],
    )
    lines = list(host_lines(report(domain(hosts=[lacking], masters=[])), ["a"]))
    assert [line.split() for line in lines if line.startswith("  T")][1:] == [
        ["T7", "1", "?", "?", "?", "other", "stamp", "host", "group", "to", "host"],
        ["T15", "?", "missing", "IP", "address", "to", "host"],
    ]


def test_the_metrics_are_those_of_the_exporter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A page for the textfile collector, without time stamps, which that refuses."""
    assert run(["status", "--output", "prom", "--config.file", str(write(tmp_path, published()))]) == 0
    families = {family.name: family for family in text_string_to_metric_families(capsys.readouterr().out)}
    states = families["boks_replica_state"].samples
    assert [sample.labels["host"] for sample in states if sample.value == 1 and sample.labels["state"] == "down"] == [
        "REPHOST"
    ]
    assert {sample.timestamp for family in families.values() for sample in family.samples} == {None}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["NONE"], "no host NONE"),
        (["--output", "prom", "REPHOST"], "--output prom"),
        (["--output", "prom", "--url", "http://127.0.0.1:1"], "--output prom"),
        (["--watch"], "needs a terminal"),
        (["--watch", "--output", "json"], "--watch"),
        (["--watch", "REPHOST"], "--watch"),
        (["--interval", "60s"], "--interval"),
    ],
)
def test_what_excludes_each_other_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    config = [] if "--url" in words else ["--config.file", str(write(tmp_path, published()))]
    assert run(["status", *words, *config]) == 2
    assert message in capsys.readouterr().err
