"""docs/performance.md: what a poll costs both sides, as measured."""

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from bench.light.ways import CONN_RUN, CONTROL_MASTER, EVERY_SECTION, GATE_1_ROUND, TRANSPORT, WHOLE_ROUND


@dataclass(frozen=True)
class Sample:
    """One cycle of one way: CPU milliseconds a poll on both sides, and lines that sshd logged a poll."""

    client: float
    host: float
    log_lines: float


Costs = Mapping[str, Sequence[Sample]]

_ROUNDS_OF_TEN_MINUTES: Final = 20
_RARE_OF_TEN_MINUTES: Final = 2
"""Rounds every 30 seconds, of which every tenth polls the rare sections of a host."""

_HEAD: Final = """## One poll, on both sides

Measured with `make bench` over OpenSSH's sshd on loopback, with the gates that are shipped and a `boksadm` that prints
{tables} rows and costs as little as starting a program can. Both sides run in control groups of their own, so that
every process that a poll starts is counted. The ways are interleaved; each figure is the median of {cycles} cycles over
{hosts} hosts, with the smallest and the largest behind it. CPU milliseconds a poll.

Machine: {machine}. {versions}.

| way | CPU of the client | CPU of the host | lines in sshd's log |
|---|---|---|---|
"""
_RATIOS: Final = """
| ratio of medians | measured | goal |
|---|---|---|
| host: a gate of protocol 1 with all sections every round, against a poll today | {gate_1:.0f}-fold | 30-fold |
| host: a poll, against ssh over ControlMaster with the two plain commands | {control_master:.2f} | at most 1.0 |
| client: ssh over ControlMaster, against the transport alone | {client_control_master:.0f}-fold | 25-fold |
| client: ssh over ControlMaster, against a poll with everything included | {client_round:.1f}-fold | 15-fold |
| client: asyncssh `conn.run` with default ciphers, against the transport alone | {conn_run:.1f}-fold | 3.5-fold |
| client: a connection for each poll, against the transport alone | {cold:.0f}-fold | 45-fold |
| round trips of a poll on a kept connection; of asyncssh `conn.run`; of ssh over ControlMaster | {trips} | 1 |

*A poll* is the mean over ten minutes: 18 rounds every 30 seconds, and two that poll the rare sections as well:
{mean_host:.2f} ms on the host, {mean_client:.2f} ms in the exporter. A *whole round* includes parsing, comparison,
judging, and the master's second reading; its fixed cost is spread over {hosts} hosts. The rare sections are polled in
the warm-up, not in the cycles, except where all sections are polled.
"""


def page(costs: Costs, trips: Mapping[str, float], hosts: int, tables: int) -> str:
    """Write the page."""
    cycles = len(next(iter(costs.values())))
    text = _HEAD.format(tables=tables, cycles=cycles, hosts=hosts, machine=machine(), versions=versions())
    for name, samples in costs.items():
        client, host = spread([each.client for each in samples]), spread([each.host for each in samples])
        text += f"| {name} | {client} | {host} | {median(each.log_lines for each in samples):.0f} |\n"
    client = {name: median(each.client for each in samples) for name, samples in costs.items()}
    host = {name: median(each.host for each in samples) for name, samples in costs.items()}
    cold = min(value for name, value in client.items() if name in {"ssh, a connection for each poll", "check_by_ssh"})
    mean_host, mean_client = _mean(host), _mean(client)
    return text + _RATIOS.format(
        mean_host=mean_host,
        mean_client=mean_client,
        gate_1=host[GATE_1_ROUND] / mean_host,
        control_master=mean_host / host[CONTROL_MASTER],
        client_control_master=client[CONTROL_MASTER] / client[TRANSPORT],
        client_round=client[CONTROL_MASTER] / mean_client,
        conn_run=client[CONN_RUN] / client[TRANSPORT],
        cold=cold / client[TRANSPORT],
        trips="; ".join(f"{trips[name]:.1f}" for name in (TRANSPORT, CONN_RUN, CONTROL_MASTER)),
        hosts=hosts,
    )


def _mean(costs: Mapping[str, float]) -> float:
    """Return the cost of a poll over ten minutes."""
    often = _ROUNDS_OF_TEN_MINUTES - _RARE_OF_TEN_MINUTES
    rare = _RARE_OF_TEN_MINUTES * costs[EVERY_SECTION]
    return (often * costs[WHOLE_ROUND] + rare) / _ROUNDS_OF_TEN_MINUTES


def spread(values: Sequence[float]) -> str:
    """Write the median with the smallest and the largest value."""
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def machine() -> str:
    """Describe this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**3
    return f"{os.cpu_count()} cores, {memory} GiB, Linux {platform.release()} {platform.machine()}"


def versions() -> str:
    """Name the versions that matter."""
    ssh = subprocess.run(["ssh", "-V"], capture_output=True, text=True, check=True).stderr.split(",")[0]  # noqa: S607 - by PATH, as it is measured
    return f"Python {platform.python_version()}, {ssh}"
