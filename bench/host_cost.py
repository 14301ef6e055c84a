"""Measure what a poll costs the polled host and the poller, over real sshd, against the ways of today.

Run `python bench/host_cost.py [HOSTS [CYCLES]]` as root. Both sides run in control groups of their own, so every
process that a poll starts is counted. Cycles of all ways are interleaved; figures are medians.
"""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from statistics import median

from bench.light.cpu_accounts import CpuAccount
from bench.light.hosts import running_hosts
from bench.light.ways import ways

_HOSTS = 20
_CYCLES = 5
_WARM_UP = 2
_MILLISECONDS = 1000.0


async def main(count: int, cycles: int) -> None:
    """Print the table."""
    client = CpuAccount("client")
    costs: dict[str, list[tuple[float, float, float]]] = {}
    try:
        async with AsyncExitStack() as opened:
            hosts = await opened.enter_async_context(running_hosts(count))
            running = {name: await opened.enter_async_context(make()) for name, make in ways(hosts, client).items()}
            for _ in range(_WARM_UP):
                for way in running.values():
                    await way.round_of_polls()
            for _ in range(cycles):
                for name, way in running.items():
                    before = client.seconds(), hosts.cpu.seconds(), hosts.log_lines
                    await way.round_of_polls()
                    await asyncio.sleep(0.2)  # what a poll leaves to be cleaned up belongs to it
                    after = client.seconds(), hosts.cpu.seconds(), hosts.log_lines
                    used = [(b - a) / count for a, b in zip(before, after, strict=True)]
                    costs.setdefault(name, []).append((used[0] * _MILLISECONDS, used[1] * _MILLISECONDS, used[2]))
    finally:
        client.close()
    print(f"{count} hosts, {cycles} interleaved cycles, medians a poll (smallest to largest)")
    for name, rows in costs.items():
        client_ms, host_ms, lines = zip(*rows, strict=True)
        print(f"{name:36} client {_spread(client_ms)}  host {_spread(host_ms)}  log lines {median(lines):.1f}")


def _spread(values: Sequence[float]) -> str:
    return f"{median(values):7.2f} ms ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    asyncio.run(main(*(int(word) for word in sys.argv[1:3]), *((_HOSTS, _CYCLES)[len(sys.argv) - 1 :])))
