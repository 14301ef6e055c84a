"""docs/performance.md: what a poll costs both sides, as measured."""

import os
import platform
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from bench.goals import Goal, at_least, at_most, goals_text, spread
from bench.light.polling_methods import (
    BARE,
    CHECK_BY_SSH,
    COLD,
    CONN_RUN,
    CONTROL_MASTER,
    EVERY_SECTION,
    GATE_1_ROUND,
    SHELL_LOOP,
    TRANSPORT,
    WHOLE_ROUND,
)
from bench.light.programs import Programs


@dataclass(frozen=True)
class Sample:
    """One cycle of one way: CPU milliseconds a poll on both sides, and lines that sshd logged a poll."""

    client: float
    host: float
    log_lines: float


Costs = Mapping[str, Sequence[Sample]]


@dataclass(frozen=True)
class Measured:
    """Everything that the page shows."""

    costs: Costs
    trips: Mapping[str, float]
    programs: Sequence[Programs]
    hosts: int
    tables: int
    processes: int
    """How many processes a host sees, all of which the section `processes` searches."""
    method: str
    """How CPU time is counted."""


_ROUNDS_OF_TEN_MINUTES: Final = 20
_RARE_OF_TEN_MINUTES: Final = 2
"""Rounds every 30 seconds, of which every tenth polls the rare sections of a host."""

_HEAD: Final = """## One poll, on both sides

Measured with `make bench` over OpenSSH's sshd on loopback, with the gates that are shipped and a `boksadm` that prints
{tables} rows and costs as little as starting a program can. The CPU time of both sides is counted
{method}. The ways are interleaved; each figure is the median of {cycles} cycles over
{hosts} hosts, with the smallest and the largest behind it. CPU milliseconds a poll. A host sees {processes} processes,
all of which the section `processes` searches.

Machine: {machine}; {load}. {versions}.

| way | CPU of the client | CPU of the host | lines in sshd's log |
|---|---|---|---|
"""
_EXPLAINED: Final = """
*A poll* is the mean over ten minutes: {often} rounds every 30 seconds, and {rare} that poll the rare sections as well:
{host:.2f} ms on the host, {client:.2f} ms in the exporter. A *whole round* includes parsing, comparison,
judging, and the master's second reading; its fixed cost is spread over {hosts} hosts. The rare sections are polled in
the warm-up, not in the cycles, except where all sections are polled. A ratio is that of each cycle, as its median with
the smallest and the largest. Programs are counted by strace in the loop, without BoKS's own;
the timer of the time limit is one of them.
"""


def page(measured: Measured) -> str:
    """Write the page."""
    costs = measured.costs
    text = _HEAD.format(
        tables=measured.tables,
        method=measured.method,
        cycles=len(costs[TRANSPORT]),
        hosts=measured.hosts,
        processes=measured.processes,
        machine=machine(),
        load=load(),
        versions=versions(),
    )
    for name, samples in costs.items():
        client, host = spread([each.client for each in samples]), spread([each.host for each in samples])
        text += f"| {name} | {client} | {host} | {median(each.log_lines for each in samples):.0f} |\n"
    explained = _EXPLAINED.format(
        often=_ROUNDS_OF_TEN_MINUTES - _RARE_OF_TEN_MINUTES,
        rare=_RARE_OF_TEN_MINUTES,
        host=median(_mean(costs, _host)),
        client=median(_mean(costs, _client)),
        hosts=measured.hosts,
    )
    return f"{text}\n{goals_text(_goals(measured))}\n{explained}"


def _goals(measured: Measured) -> list[Goal]:
    goals = [*_of_programs(measured.programs), *_of_the_host(measured.costs), *_of_the_client(measured.costs)]
    trips = measured.trips
    shown = "; ".join(f"{trips[name]:.1f} ({name})" for name in (TRANSPORT, CONN_RUN, CONTROL_MASTER))
    bound = f"the client sent {trips[TRANSPORT]:.1f} times after the host had, in a poll"
    return [*goals, Goal("round trips of a poll on a kept connection", shown, "1", trips[TRANSPORT] <= 1, bound)]


def _of_programs(programs: Sequence[Programs]) -> list[Goal]:
    if not programs:
        bound = "processes cannot be traced here"
        return [Goal("programs of a poll, without BoKS's own", "not measured", "at most 2", is_met=False, bound=bound)]
    means = {each.shell: _ten_minutes(each.often, each.rare) for each in programs}
    often = ", ".join(f"{each.often} ({each.shell})" for each in programs)
    mean = ", ".join(f"{value:.1f} ({shell})" for shell, value in means.items())
    most, rarest = max(programs, key=lambda each: each.often), max(programs, key=lambda each: each.rare)
    return [
        Goal(
            "programs of a poll, without BoKS's own",
            often,
            "at most 2",
            most.often <= 2,
            f"{most.shell} starts {most.often} for a round's three sections",
        ),
        Goal(
            "the same on average over ten minutes",
            mean,
            "at most 4",
            max(means.values()) <= 4,
            f"a poll of the rare sections starts {rarest.rare} under {rarest.shell}",
        ),
    ]


def _of_the_host(costs: Costs) -> list[Goal]:
    often, every, mean = (
        median(values)
        for values in (_of(costs, WHOLE_ROUND, _host), _of(costs, EVERY_SECTION, _host), _mean(costs, _host))
    )
    parts = (
        f"of {mean:.2f} ms a poll, {often:.2f} are a round and {mean - often:.2f} the rare sections, "
        f"whose poll takes {every:.2f} ms"
    )

    def bound(name: str) -> str:
        other = median(_of(costs, name, _host))
        return f"{parts}; {name}: {other:.2f} ms, so that a round alone is {_ratio(often, other)} times that"

    gate_1 = _of(costs, GATE_1_ROUND, _host)
    lines = [each.log_lines for each in costs[WHOLE_ROUND]]
    return [
        at_least(
            "host: a gate of protocol 1 with all sections every round, against a poll",
            _ratios(gate_1, _mean(costs, _host)),
            30,
            f"{parts}; protocol 1: {median(gate_1):.2f} ms, {_ratio(median(gate_1), often)} times a round alone",
        ),
        at_most(
            "host: a poll, against ssh over ControlMaster with the two plain commands",
            _ratios(_mean(costs, _host), _of(costs, CONTROL_MASTER, _host)),
            1,
            "",
            bound(CONTROL_MASTER),
        ),
        at_most(
            "host: a poll, against the two commands alone",
            _ratios(_mean(costs, _host), _of(costs, BARE, _host)),
            5,
            "",
            bound(BARE),
        ),
        at_most("lines in the logs for a poll on a kept channel", lines, 0, "", f"sshd logged {max(lines):.1f} a poll"),
    ]


def _of_the_client(costs: Costs) -> list[Goal]:
    transport, whole = median(_of(costs, TRANSPORT, _client)), median(_of(costs, WHOLE_ROUND, _client))
    mean = median(_mean(costs, _client))
    goals = []
    peers = (
        ("ssh over ControlMaster", CONTROL_MASTER, 25),
        ("asyncssh `conn.run` with default ciphers", CONN_RUN, 3.5),
    )
    cold = min((COLD, CHECK_BY_SSH, SHELL_LOOP), key=lambda name: median(_of(costs, name, _client)))
    for what, name, goal in (*peers, (f"the cheapest way that connects for each poll ({cold})", cold, 45)):
        other = _of(costs, name, _client)
        bound = (
            f"the transport takes {transport:.2f} ms and the peer {median(other):.2f} ms a poll; "
            f"the goal would need {median(other) / goal:.2f} ms"
        )
        goals.append(
            at_least(
                f"client: {what}, against the transport alone",
                _ratios(other, _of(costs, TRANSPORT, _client)),
                goal,
                bound,
            )
        )
    control_master = _of(costs, CONTROL_MASTER, _client)
    bound = (
        f"of {mean:.2f} ms a poll, {transport:.2f} are the transport, {whole - transport:.2f} parsing, comparing and "
        f"judging, and {mean - whole:.2f} the rare sections; "
        f"without these, ControlMaster takes {_ratio(median(control_master), whole)} times a poll"
    )
    what = "client: ssh over ControlMaster, against a poll with everything included"
    return [*goals, at_least(what, _ratios(control_master, _mean(costs, _client)), 15, bound)]


def _client(sample: Sample) -> float:
    return sample.client


def _host(sample: Sample) -> float:
    return sample.host


def _of(costs: Costs, name: str, side: Callable[[Sample], float]) -> list[float]:
    return [side(sample) for sample in costs[name]]


def _mean(costs: Costs, side: Callable[[Sample], float]) -> list[float]:
    """Return the cost of a poll over ten minutes, of each cycle."""
    pairs = zip(_of(costs, WHOLE_ROUND, side), _of(costs, EVERY_SECTION, side), strict=True)
    return [_ten_minutes(often, every) for often, every in pairs]


def _ten_minutes(often: float, every: float) -> float:
    rare = _RARE_OF_TEN_MINUTES * every
    return ((_ROUNDS_OF_TEN_MINUTES - _RARE_OF_TEN_MINUTES) * often + rare) / _ROUNDS_OF_TEN_MINUTES


def _ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Return the ratio of each cycle in which the smaller account has any time: ticks are coarse for a few hosts."""
    return [a / b for a, b in zip(above, below, strict=True) if b > 0]


def _ratio(above: float, below: float) -> str:
    return f"{above / below:.2f}" if below > 0 else "an unknown number of"


def machine() -> str:
    """Describe this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**3
    return f"{os.cpu_count()} cores, {memory} GiB, Linux {platform.release()} {platform.machine()}"


def load() -> str:
    """Describe what else the machine did, by its load at the end."""
    return f"load average of five minutes at the end {os.getloadavg()[1]:.1f}"


def versions() -> str:
    """Name the versions that matter."""
    ssh = subprocess.run(["ssh", "-V"], capture_output=True, text=True, check=True).stderr.split(",")[0]  # noqa: S607 - by PATH, as it is measured
    return f"Python {platform.python_version()}, {ssh}"
