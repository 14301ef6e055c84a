"""The block of docs/performance.md about many hosts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from bench.fleet.ratios import HOSTS, Pair
from bench.fleet.run import INTERVAL_SECONDS, Figures
from bench.goals import Goal, at_least, at_most, goals_text, spread, times
from bench.light.page import load, machine, versions

_MILLISECONDS: Final = 1000.0
_LINEAR_PERCENT: Final = 15


@dataclass(frozen=True)
class Peers:
    """What is measured in addition to the fleets."""

    rendering: Sequence[Pair]
    """The page of 1,000 hosts after a round with changes, ours and prometheus_client's, in each cycle."""
    check: Sequence[Pair]
    """`check --url`, and Python with three modules, in each cycle."""


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


def block(fleets: Sequence[Figures], peers: Peers) -> str:
    """Write the tables."""
    text = _HEAD.format(interval=INTERVAL_SECONDS, machine=machine(), versions=versions(), load=load())
    text += "".join(_ROW.format(each, cpu=spread(each.cpu_milliseconds)) for each in fleets)
    by_hosts = {each.hosts: each for each in fleets}
    return f"{text}\n{goals_text(_goals(by_hosts, peers))}\n\n{_growth_text(by_hosts[100], by_hosts[1000])}"


def _growth(few: Figures, many: Figures) -> float:
    """Return by how many percent a host of many costs more than one of few."""
    return (median(many.cpu_milliseconds) / median(few.cpu_milliseconds) - 1) * 100


def _growth_text(few: Figures, many: Figures) -> str:
    growth = _growth(few, many)
    text = (
        "*Growth* is read as: a host must not cost more, the more there are. "
        f"A host of {many.hosts:,} costs {abs(growth):.0f} % {'more' if growth > 0 else 'less'} than one of {few.hosts}"
    )
    is_less = growth < -_LINEAR_PERCENT
    return f"{text}, which is not linear within {_LINEAR_PERCENT} % in both directions." if is_less else f"{text}."


def _goals(by_hosts: Mapping[int, Figures], peers: Peers) -> list[Goal]:
    few, some, many = by_hosts[100], by_hosts[300], by_hosts[1000]
    return [
        *_of_cpu(few, some, many, peers),
        *_of_times(some, many),
        *_of_size(by_hosts[50], some, many),
        *_of_peers(peers),
    ]


def _of_cpu(few: Figures, some: Figures, many: Figures, peers: Peers) -> list[Goal]:
    each, of_few = median(many.cpu_milliseconds), median(few.cpu_milliseconds)
    page = median(pair.ours for pair in peers.rendering) * _MILLISECONDS / HOSTS
    growth = _growth(few, many)
    slope = (each * many.hosts - of_few * few.hosts) / (many.hosts - few.hosts)
    fixed = (of_few - slope) * few.hosts
    expected = (fixed + slope * some.hosts) / some.hosts
    bound = (
        f"a round takes {slope:.2f} ms for each host more and {fixed:.0f} ms for itself, which its hosts share; "
        f"by this line a host of {some.hosts} would take {expected:.2f} ms, measured were "
        f"{median(some.cpu_milliseconds):.2f} ms"
    )
    rest = f"of {each:.2f} ms, {page:.2f} are the text of the page, and the rest SSH, facts, verdicts, gzip and answers"
    return [
        at_most("CPU of a host and round, 1,000 hosts", many.cpu_milliseconds, 0.8, " ms", rest),
        Goal(
            "growth a host from 100 to 1,000 hosts",
            f"{growth:+.0f} %",
            f"at most +{_LINEAR_PERCENT} %",
            growth <= _LINEAR_PERCENT,
            bound,
        ),
    ]


def _of_times(some: Figures, many: Figures) -> list[Goal]:
    own = f"{many.lag_cpu_milliseconds:.0f} ms of CPU were the longest that all threads of the exporter took meanwhile"
    answers = f"the event loop was late by up to {many.lag_milliseconds:.0f} ms, of which {own}"
    return [
        Goal(
            "`/metrics` during rounds, gzip, p99, 300 and 1,000 hosts",
            f"{some.p99_milliseconds:.0f} and {many.p99_milliseconds:.0f} ms",
            "100 and 250 ms",
            some.p99_milliseconds <= 100 and many.p99_milliseconds <= 250,
            answers,
        ),
        Goal(
            "lag of the event loop, 1,000 hosts",
            f"{many.lag_milliseconds:.0f} ms",
            "100 ms",
            many.lag_milliseconds <= 100,
            f"{own}; what is more was waiting for a processor",
        ),
    ]


def _of_size(least: Figures, some: Figures, many: Figures) -> list[Goal]:
    each = (many.megabytes - least.megabytes) / (many.hosts - least.hosts)
    libraries = f"{least.megabytes - each * least.hosts:.0f} MB without hosts, and {each * 1000:.0f} kB a host"
    started = (many.first_picture_seconds - least.first_picture_seconds) / (many.hosts - least.hosts)
    if started <= 0:
        logins = "more hosts took no longer: the start of the program decides, and what else the machine did"
    else:
        logins = (
            f"{least.first_picture_seconds - started * least.hosts:.1f} s for the start of the program and "
            f"{started * _MILLISECONDS:.0f} ms for the login and the first poll of each host, by both fleets"
        )
    return [
        Goal(
            "memory, 300 and 1,000 hosts",
            f"{some.megabytes:.0f} and {many.megabytes:.0f} MB",
            "120 and 220 MB",
            some.megabytes <= 120 and many.megabytes <= 220,
            libraries,
        ),
        Goal(
            "first picture of 50 and 1,000 hosts",
            f"{least.first_picture_seconds:.1f} and {many.first_picture_seconds:.0f} s",
            "3 and 60 s",
            least.first_picture_seconds <= 3 and many.first_picture_seconds <= 60,
            logins,
        ),
    ]


def _of_peers(peers: Peers) -> list[Goal]:
    ours, theirs = (median(getattr(pair, side) for pair in peers.rendering) for side in ("ours", "peer"))
    check, python = (median(getattr(pair, side) for pair in peers.check) for side in ("ours", "peer"))
    factors = [pair.ours / pair.peer for pair in peers.check]
    return [
        at_least(
            "rendering after a round with changes, against prometheus_client, 1,000 hosts",
            [pair.peer / pair.ours for pair in peers.rendering],
            20,
            f"{ours * _MILLISECONDS:.0f} ms for both formats, prometheus_client's {theirs * _MILLISECONDS:.0f} ms",
        ),
        Goal(
            "CPU of `check --url`, against `python -c 'import http.client, json, argparse'`",
            times(factors),
            "2.5-fold",
            median(factors) <= 2.5,
            f"{check * _MILLISECONDS:.0f} ms, the interpreter with three modules {python * _MILLISECONDS:.0f} ms",
        ),
    ]
