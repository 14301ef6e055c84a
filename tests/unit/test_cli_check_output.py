"""The plugin's output: a short line, the details, performance data."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boks_exporter.cli.check.evaluate import Criteria, FigureRanges, Perfdata, judge
from boks_exporter.cli.check.plugin_output import as_json, as_text
from boks_exporter.cli.check.ranges import read_range
from boks_exporter.report import DomainReport
from tests.nonempty import nonempty
from tests.unit.cli_reports import SEEN_AT, domain, host, report
from tests.unit.hypothesis_budget import tried

DATUM = re.compile(r"'((?:[^'=]|'')+)'=(U|-?[0-9.]+)(s?);([-@~:0-9.]*);([-@~:0-9.]*);([0-9]*);([0-9]*)")

MORE = "boks-exporter status --config.file '/a b/c.yaml' --domain prod"


def printed(*domains: DomainReport, **asked: Any) -> str:
    whole = report(*domains)
    criteria = Criteria(now=SEEN_AT, **asked)
    return as_text(whole, judge(whole, criteria), criteria, MORE)


def test_a_healthy_domain_is_one_line_and_its_hosts() -> None:
    """Totals are after the first line, figures on request after the last, and hosts that are ok share a line."""
    whole = domain(host("a"), host("b", lag_sequences=2, lag_seconds=1.5))
    assert printed(whole) == printed(whole, perfdata=Perfdata.ALL).rpartition(" | ")[0]
    assert printed(whole, perfdata=Perfdata.ALL) == (
        "BOKS OK - master1 is master, 2 replicas are ok"
        " | 'prod/masters'=1;;;0; 'prod/replicas'=2;;;0; 'prod/replicas_ok'=2;;;0;2\n"
        "[OK] prod: master1 is master, 2 replicas are ok\n"
        "[OK] prod: master1, a, b"
        " | 'prod/a/lag'=0;;;0; 'prod/a/lag_seconds'=0s;;;0; 'prod/a/ahead'=0;;;0;"
        " 'prod/b/lag'=2;;;0; 'prod/b/lag_seconds'=1.5s;;;0; 'prod/b/ahead'=0;;;0;"
    )


def test_the_worst_comes_first() -> None:
    """The line names what counts; each finding has a line of its own, by severity."""
    whole = domain(host("a", "lagging"), host("b", "down"), host("c", "unknown"), state="degraded", reason="b is down")

    assert [line.partition(" | ")[0] for line in printed(whole).splitlines()] == [
        "BOKS CRITICAL - b is DOWN: the reason why it is down",
        "[CRITICAL] prod: b is DOWN: the reason why it is down",
        "[WARNING] prod: a is LAGGING: the reason why it is lagging",
        "[UNKNOWN] prod: c is UNKNOWN: the reason why it is unknown",
        "[OK] prod: master1",
    ]


def test_the_line_stays_short() -> None:
    """Of many findings three are named, and the others counted."""
    line = printed(domain(*(host(name, "down") for name in "abcde"), state="degraded")).partition(" | ")[0]

    assert line == "BOKS CRITICAL - a is DOWN; b is DOWN; c is DOWN; and 2 more"
    long = printed(domain(host("a", "down", reason="x" * 1000), state="degraded")).partition(" | ")[0]
    assert len(long) < 300


def test_several_domains_are_named() -> None:
    """With more than one domain the line says of which it speaks."""
    line = printed(domain(name="one"), domain(host("b", "down"), name="two", state="degraded")).partition(" | ")[0]

    assert line == "BOKS CRITICAL - two: b is DOWN: the reason why it is down"


def test_ranges_are_in_the_performance_data() -> None:
    """A graph can draw the limits as they were given; min is 0, an unknown figure is U."""
    asked = {"lag": FigureRanges(read_range("10"), read_range("@5:7")), "ahead": FigureRanges(None, read_range("0:0"))}

    assert printed(domain(host("a", lag_sequences=None)), limits=asked, perfdata=Perfdata.ALL).endswith(
        " | 'prod/a/lag'=U;10;@5:7;0; 'prod/a/lag_seconds'=0s;;;0; 'prod/a/ahead'=0;;0:0;0;"
    )


def test_a_check_of_one_host_has_no_totals() -> None:
    """Its figures alone are drawn."""
    assert printed(domain(host("a"), host("b")), hosts=("a",)) == (
        "BOKS OK - a is ok: listed as OK, nothing ahead\n"
        "[OK] prod: a | 'prod/a/lag'=0;;;0; 'prod/a/lag_seconds'=0s;;;0; 'prod/a/ahead'=0;;;0;"
    )


def large(count: int, **changed: Any) -> DomainReport:
    """Build a domain of so many replicas with long names; every third one has a fault with a long reason."""
    hosts = [
        host(
            f"replica{index}.some.long.domain.example.net",
            ("down", "ok", "ok")[index % 3],
            reason="the master lists it as DOWN, and it does not answer: " + "x" * 300,
        )
        for index in range(count)
    ]
    return domain(*hosts, state="degraded", reason="many are down", **changed)


@pytest.mark.parametrize("count", [1, 3, 40, 400, 2000])
def test_the_output_stays_below_4_kb(count: int) -> None:
    """Nagios would cut it, performance data first; the totals and the worst are in it, and every datum is complete."""
    text = printed(large(count))

    assert len(text.encode()) < 4096
    assert f"'prod/replicas'={count};;;0;" in text.splitlines()[0]
    assert "[CRITICAL] prod: replica0.some.long.domain.example.net is DOWN" in text
    data = [line.partition(" | ")[2] for line in (text.splitlines()[0], text.splitlines()[-1])]
    assert all(re.fullmatch(f"{DATUM.pattern}( {DATUM.pattern})*", part) for part in nonempty(data))
    assert "'prod/replica0.some.long.domain.example.net/lag'" in data[1]
    assert "'prod/replica1.some.long.domain.example.net/lag'" not in data[1]
    assert (f"more lines: {MORE}" in text) is (count >= 40)


def test_all_performance_data_may_exceed_the_limit() -> None:
    """On request it has the values of every replica, and no more text than otherwise."""
    text = printed(large(400), perfdata=Perfdata.ALL)

    assert text.count("/lag'=") == 400
    assert len("".join(line.partition(" | ")[0] for line in text.splitlines()).encode()) < 4096


@tried(20)
@given(st.integers(0, 30), st.integers(1, 60), st.text(max_size=60))
def test_the_output_stays_below_4_kb_with_any_names(hosts: int, domains: int, name: str) -> None:
    """Many domains, many hosts, and names of any characters."""
    whole = [domain(*(host(f"{name}{i}", "down") for i in range(hosts)), name=f"{name}{d}") for d in range(domains)]

    assert len(printed(*whole).encode()) < 4096


@given(st.text(), st.text())
def test_texts_of_hosts_cannot_forge_performance_data(name: str, reason: str) -> None:
    """Whatever a host says, there are two pipes, three lines, and data that can be read."""
    sick = host(name, "down", reason=reason)

    lines = printed(domain(sick, host("b"), name=name, state="degraded")).split("\n")

    assert len(lines) == 3
    assert [line.count("|") for line in lines] == [1, 0, 1]
    for line in (lines[0], lines[2]):
        assert re.fullmatch(f"{DATUM.pattern}( {DATUM.pattern})*", line.partition(" | ")[2])


def test_json_has_the_judgement_next_to_the_report() -> None:
    """Programs get the same report as from `status`, and what the plugin made of it."""
    whole = report(domain(host("a", "ahead"), state="degraded"))
    criteria = Criteria(now=SEEN_AT)

    found = json.loads(as_json(whole, judge(whole, criteria)))

    assert found.pop("check") == {
        "state": "CRITICAL",
        "exit_code": 2,
        "summary": "a is AHEAD: the reason why it is ahead",
        "findings": [
            {"state": "CRITICAL", "domain": "prod", "host": "a", "text": "a is AHEAD: the reason why it is ahead"},
            {"state": "OK", "domain": "prod", "host": "master1", "text": "master1 is ok: is the master"},
        ],
    }
    assert found == whole
