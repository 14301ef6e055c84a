"""The block of docs/performance.md about many hosts."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from bench.fleet.run import INTERVAL_SECONDS, Figures
from bench.light.page import machine, spread, versions


@dataclass(frozen=True)
class Ratios:
    """What is measured beside the fleets."""

    rendering: Sequence[float]
    """prometheus_client's time for the page of 1,000 hosts after a round with changes, by ours, in each cycle."""
    check: Sequence[float]
    """The CPU time of `check --url`, by that of Python with three modules, in each cycle."""


_HEAD: Final = """## Many hosts

Measured with the daemon itself and a real SSH server on loopback, in a process of its own and with canned replies of
protocol 2, 30 tables a host, of which one changes every five seconds; a round every {interval} seconds. Everything is
included: SSH, parsing, comparing, judging, rendering, compressing, and answering a client that scrapes `/metrics` once
a round. CPU is the median of the rounds, with the smallest and the largest behind it. The times of answers and the lag
of the event loop are measured after that, while a client scrapes `/metrics` in gzip five times a second.

Machine: {machine}; {load}. {versions}.

| hosts | CPU a host and round | `/metrics` p99 | event loop late by at most | memory | first picture | page |
|---|---|---|---|---|---|---|
"""
_ROW: Final = (
    "| {0.hosts:,} | {cpu} ms | {0.p99_milliseconds:.0f} ms of {0.scrapes} | "
    "{0.lag_milliseconds:.0f} ms | {0.megabytes:.0f} MB | {0.first_picture_seconds:.1f} s | "
    "{0.page_megabytes:.1f} MB |\n"
)
_GOALS: Final = """
| what | measured | goal |
|---|---|---|
{rows}
"""


def block(fleets: Sequence[Figures], ratios: Ratios, load: str) -> str:
    """Write the tables."""
    text = _HEAD.format(interval=INTERVAL_SECONDS, machine=machine(), versions=versions(), load=load)
    text += "".join(_ROW.format(each, cpu=spread(each.cpu_milliseconds)) for each in fleets)
    rows = [f"| {what} | {measured} | {goal} |" for what, measured, goal in _compared(fleets, ratios)]
    return text + _GOALS.format(rows="\n".join(rows)).rstrip()


def _compared(fleets: Sequence[Figures], ratios: Ratios) -> list[tuple[str, str, str]]:
    by_hosts = {each.hosts: each for each in fleets}
    few, some, many = by_hosts[100], by_hosts[300], by_hosts[1000]
    return [
        ("CPU of a host and round, 1,000 hosts", f"{median(many.cpu_milliseconds):.2f} ms", "0.8 ms"),
        (
            "growth a host from 100 to 1,000 hosts",
            f"{(median(many.cpu_milliseconds) / median(few.cpu_milliseconds) - 1) * 100:+.0f} %",
            "within 15 %",
        ),
        (
            "`/metrics` during rounds, gzip, p99, 300 and 1,000 hosts",
            f"{some.p99_milliseconds:.0f} and {many.p99_milliseconds:.0f} ms",
            "100 and 250 ms",
        ),
        ("lag of the event loop, 1,000 hosts", f"{many.lag_milliseconds:.0f} ms", "100 ms"),
        ("memory, 300 and 1,000 hosts", f"{some.megabytes:.0f} and {many.megabytes:.0f} MB", "120 and 220 MB"),
        (
            "first picture of 50 and 1,000 hosts",
            f"{by_hosts[50].first_picture_seconds:.1f} and {many.first_picture_seconds:.0f} s",
            "3 and 60 s",
        ),
        (
            "rendering after a round with changes, against prometheus_client, 1,000 hosts",
            _times(ratios.rendering, 0),
            "20-fold",
        ),
        (
            "CPU of `check --url`, against `python -c 'import http.client, json, argparse'`",
            _times(ratios.check, 1),
            "2.5-fold",
        ),
    ]


def _times(ratios: Sequence[float], digits: int) -> str:
    low, high = min(ratios), max(ratios)
    return f"{median(ratios):.{digits}f}-fold ({low:.{digits}f} to {high:.{digits}f})"
