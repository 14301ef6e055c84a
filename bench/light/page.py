"""docs/performance.md: what a poll costs both sides, as measured."""

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from bench.light.ways import CONTROL_MASTER, GATE_1_ROUND, TRANSPORT, WHOLE_ROUND


@dataclass(frozen=True)
class Sample:
    """One cycle of one way: CPU milliseconds a poll on both sides, and lines that sshd logged a poll."""

    client: float
    host: float
    log_lines: float


Costs = Mapping[str, Sequence[Sample]]

_HEAD: Final = """# What a poll costs

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
| host: a gate of protocol 1 with all sections every round, against a whole round today | {gate_1:.0f}-fold | 30-fold |
| host: a whole round, against ssh over ControlMaster with the two plain commands | {control_master:.2f} | at most 1.0 |
| client: ssh over ControlMaster, against the transport alone | {client_control_master:.0f}-fold | 25-fold |
| client: ssh over ControlMaster, against a whole round | {client_round:.1f}-fold | 15-fold |
| client: asyncssh `conn.run` with default ciphers, against the transport alone | {conn_run:.1f}-fold | 3.5-fold |
| client: a connection for each poll, against the transport alone | {cold:.0f}-fold | 45-fold |

A *whole round* includes parsing, comparison, judging, and the master's second reading; its fixed cost is spread over
{hosts} hosts. The sections that are polled every five minutes are in the warm-up, not in the cycles, except for the
gate of protocol 1, which polls all of them every time.
"""


def page(costs: Costs, hosts: int, tables: int) -> str:
    """Write the page."""
    cycles = len(next(iter(costs.values())))
    text = _HEAD.format(tables=tables, cycles=cycles, hosts=hosts, machine=_machine(), versions=_versions())
    for name, samples in costs.items():
        client, host = _spread([each.client for each in samples]), _spread([each.host for each in samples])
        text += f"| {name} | {client} | {host} | {median(each.log_lines for each in samples):.0f} |\n"
    client = {name: median(each.client for each in samples) for name, samples in costs.items()}
    host = {name: median(each.host for each in samples) for name, samples in costs.items()}
    cold = min(value for name, value in client.items() if name in {"ssh, a connection for each poll", "check_by_ssh"})
    return text + _RATIOS.format(
        gate_1=host[GATE_1_ROUND] / host[WHOLE_ROUND],
        control_master=host[WHOLE_ROUND] / host[CONTROL_MASTER],
        client_control_master=client[CONTROL_MASTER] / client[TRANSPORT],
        client_round=client[CONTROL_MASTER] / client[WHOLE_ROUND],
        conn_run=client["asyncssh conn.run, default ciphers"] / client[TRANSPORT],
        cold=cold / client[TRANSPORT],
        hosts=hosts,
    )


def _spread(values: Sequence[float]) -> str:
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**3
    return f"{os.cpu_count()} cores, {memory} GiB, Linux {platform.release()} {platform.machine()}"


def _versions() -> str:
    ssh = subprocess.run(["ssh", "-V"], capture_output=True, text=True, check=True).stderr.split(",")[0]  # noqa: S607 - by PATH, as it is measured
    return f"Python {platform.python_version()}, {ssh}"
