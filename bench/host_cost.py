"""Measure what a poll costs the polled host and the poller, over real sshd, against the ways of today.

Run `python bench/host_cost.py` as root; `--write` writes docs/performance.md. Both sides run in control groups of their
own where these can be made, so every process that a poll starts is counted. Cycles of all ways are interleaved; figures
are medians.
"""

import argparse
import asyncio
from contextlib import AsyncExitStack
from typing import Final

from bench.light.cpu_accounts import cpu_account
from bench.light.hosts import TABLES, running_hosts
from bench.light.page import Measured, Sample, page
from bench.light.polling_methods import polling_methods
from bench.light.programs import programs_of_polls, strace_is_usable
from bench.light.round_trips import round_trips
from bench.performance_page import write_block

_WARM_UP: Final = 2
_MILLISECONDS: Final = 1000.0
_CLEAN_UP_SECONDS: Final = 0.2
"""What a poll leaves to be cleaned up on the hosts belongs to it."""


async def measure(count: int, cycles: int) -> Measured:
    """Poll all hosts in every way, cycle by cycle, and count round trips and programs."""
    programs = programs_of_polls() if strace_is_usable() else []
    client = cpu_account("client", children_end=True)
    costs: dict[str, list[Sample]] = {}
    try:
        async with AsyncExitStack() as opened:
            hosts = await opened.enter_async_context(running_hosts(count))
            trips = await round_trips(hosts, client)
            running = {
                name: await opened.enter_async_context(make()) for name, make in polling_methods(hosts, client).items()
            }
            for _ in range(_WARM_UP):
                for way in running.values():
                    await way.round_of_polls()
            processes = hosts.processes
            for _ in range(cycles):
                for name, way in running.items():
                    before = client.seconds(), hosts.cpu.seconds(), hosts.log_lines
                    await way.round_of_polls()
                    await asyncio.sleep(_CLEAN_UP_SECONDS)
                    after = client.seconds(), hosts.cpu.seconds(), hosts.log_lines
                    used = [(b - a) / count for a, b in zip(before, after, strict=True)]
                    sample = Sample(used[0] * _MILLISECONDS, used[1] * _MILLISECONDS, used[2])
                    costs.setdefault(name, []).append(sample)
    finally:
        client.close()
    return Measured(costs, trips, programs, count, TABLES, processes, client.method)


def main() -> None:
    """Print the page, or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=50)
    parser.add_argument("--cycles", type=int, default=5)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    text = page(asyncio.run(measure(arguments.hosts, arguments.cycles)))
    print(text)
    if arguments.write:
        write_block("host-cost", text)


if __name__ == "__main__":
    main()
