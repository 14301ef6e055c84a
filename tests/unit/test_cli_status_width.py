"""The status table at different widths, with short and long names."""

from typing import Any

import pytest

from boks_exporter.cli.status_rows import rows
from boks_exporter.cli.status_table import common_suffix, show
from boks_exporter.report import HostReport
from tests.unit.cli_reports import SEEN_AT, domain, host, report
from tests.unit.terminals import terminal

SIZES = [(width, length) for width in (60, 80, 100, 200) for length in (8, 40)]
STATES = ("ok", "unreachable", "diverged", "lagging", "down", "unknown")
DROPPED = ("LAST PACKET", "SITE", "ROLE", "SINCE")


def named(length: int, index: int, suffix: str = "") -> str:
    """Return a name of so many characters that differs from others at its end only."""
    end = f"{index}{suffix}"
    return "R" * (length - len(end)) + end


def fleet(length: int, suffix: str = "") -> list[HostReport]:
    more: dict[str, Any] = {"lag_sequences": 1234567, "lag_seconds": 3600.0 * 26, "site": "Utrecht-Noord"}
    more |= {"since_timestamp_seconds": SEEN_AT - 60, "since_is_exact": False}
    return [host(named(length, index, suffix), state, **more) for index, state in enumerate(STATES)]


def printed(monkeypatch: pytest.MonkeyPatch, width: int, hosts: list[HostReport]) -> list[str]:
    monkeypatch.setenv("NO_COLOR", "1")
    with terminal(monkeypatch, width) as lines:
        show(report(domain(*hosts)))
    return [line.rstrip() for line in lines]


@pytest.mark.parametrize(("width", "length"), SIZES)
def test_name_and_state_are_never_cut(monkeypatch: pytest.MonkeyPatch, width: int, length: int) -> None:
    """Every host is told from every other, with its state, its lag and its ahead, whatever the width."""
    lines = printed(monkeypatch, width, fleet(length))
    body = "\n".join(lines)

    for each in fleet(length):
        start = next(index for index, line in enumerate(lines) if each["host"] in line.split())
        row = " ".join(lines[start : start + 2])
        assert each["state"] in row.split()
        assert "1234567, 1 d 2 h" in row
    assert max(len(line) for line in lines if not line.startswith("next: ")) <= max(width, length)
    assert "…" not in body


@pytest.mark.parametrize(("width", "length"), [size for size in SIZES if size != (60, 40)])
def test_columns_are_dropped_in_order(monkeypatch: pytest.MonkeyPatch, width: int, length: int) -> None:
    """The last packet goes first, then the site, the role and the time; lag and ahead stay."""
    head = printed(monkeypatch, width, fleet(length))[1]
    kept = [name in head for name in DROPPED]
    assert kept == sorted(kept)
    assert [name for name in ("HOST", "STATE", "LAG", "AHEAD") if name not in head] == []


def test_every_column_is_shown_where_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """200 columns hold everything, the reasons included; 60 do not hold the last packet."""
    assert printed(monkeypatch, 200, fleet(8))[1].split("  ")[-1].strip() == "REASON"
    assert "LAST PACKET" not in printed(monkeypatch, 60, fleet(8))[1]


def test_a_name_that_does_not_fit_is_on_its_own_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its state and figures are below it."""
    lines = printed(monkeypatch, 60, [host("R" * 70, "down", lag_sequences=12)])

    assert lines[1:5] == ["R" * 70, "  ■ down  lag 12, 0 s  ahead 0", "master1", "  ✓ ok"]


def test_the_common_domain_is_omitted_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fully qualified names leave room for the other columns, and the omitted part is shown once."""
    hosts = [host(f"replica{index}.prod.example.net") for index in range(3)]
    whole = report(domain(*hosts))
    monkeypatch.setenv("NO_COLOR", "1")
    with terminal(monkeypatch, 80) as lines:
        show(whole)

    assert lines[2].startswith("✓ ok   master1  ")
    assert "host names without .prod.example.net" in [line.rstrip() for line in lines]


def test_a_pipe_gets_whole_names(capsys: pytest.CaptureFixture[str]) -> None:
    """Scripts compare names."""
    show(report(domain(host("a.example.net"), name="x", hosts=[host("a.example.net"), host("b.example.net")])))

    assert "a.example.net" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("hosts", "suffix"),
    [
        (["a.example.net", "b.example.net"], ".example.net"),
        (["a.x.example.net", "b.example.net"], ".example.net"),
        (["a.example.net", "b.example.net", "master1"], ".example.net"),
        (["a.example.net", "b.example.net", "a"], ""),
        (["a.example.net", "b.Example.net"], ".net"),
        (["a.example.net", "b"], ""),
        (["a.example.net", "b.example.org"], ""),
        (["example.net", "a.example.net"], ".net"),
        (["192.0.2.1", "10.0.2.1"], ""),
        (["2001:db8::1", "2001:db8::2"], ""),
        (["a.example.net"], ""),
        ([], ""),
    ],
)
def test_the_common_domain(hosts: list[str], suffix: str) -> None:
    """The first part of each name stays, and addresses have no domain."""
    assert common_suffix(hosts) == suffix


def tables(**faults: tuple[int, int]) -> dict[str, Any]:
    return {name: {"sequence": 1, "lag": lag, "ahead": ahead} for name, (lag, ahead) in faults.items()}


def test_all_faulty_tables_are_named() -> None:
    """Up to five, then a count; a single one is in the reason already."""
    many = {f"T{index}": (0, 1) for index in range(1, 9)}
    found = rows(
        domain(
            host("a", "ahead", reason="ahead in T1", tables=tables(**many)),
            host("b", "lagging", reason="behind in T7", tables=tables(T7=(9, 0), T8=(1, 0), T9=(0, 0))),
            host("c", "ahead", reason="ahead in T7", tables=tables(T7=(0, 1), T8=(0, 0))),
            host("d", "diverged", reason="lacks T3", missing_tables=["T3", "T4"], stamp_mismatch_tables=["T5", "T6"]),
            host("e", "ok", reason="fine", tables=tables(T7=(1, 0), T8=(1, 0))),
        )
    )
    assert [row.cells["REASON"] for row in found][:5] == [
        "lacks T3; missing: T3, T4; different stamp: T5, T6",
        "ahead in T1; ahead: T1, T2, T3, T4, T5 and 3 more",
        "ahead in T7",
        "behind in T7; behind: T7, T8",
        "fine",
    ]
