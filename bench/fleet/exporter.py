"""The daemon as `boks-exporter serve` runs it, and next to it a task that measures how late the event loop is.

Argument: the configuration file. Prints one line of JSON for each line on standard input; from the line `watch` on,
the event loop is watched, which takes CPU time of its own.
"""

import asyncio
import json
import resource
import sys
import time
from pathlib import Path
from typing import Final

from boks_exporter.app.checked_config import examine_all
from boks_exporter.app.event_loop import (
    make_runner,
    raise_descriptor_limit,
    share_interpreter,
    spare_collections,
    spare_memory,
)
from boks_exporter.app.logs import configure
from boks_exporter.app.options import LogFormat, ServeOptions
from boks_exporter.app.serve import run_until
from boks_exporter.config import Settings
from boks_exporter.observe import SystemClock

_TICK: Final = 0.005


class Lag:
    """How late a task came at worst, and the most CPU time that all threads of the process took until it came."""

    def __init__(self) -> None:
        self.worst = self.worst_cpu = 0.0

    async def watch(self) -> None:
        """Sleep again and again."""
        while True:
            due, cpu = time.monotonic() + _TICK, time.process_time()
            await asyncio.sleep(_TICK)
            self.worst = max(self.worst, time.monotonic() - due)
            self.worst_cpu = max(self.worst_cpu, time.process_time() - cpu)


def figures(lag: Lag) -> dict[str, float]:
    """Return the CPU seconds, the resident megabytes now, and the loop's lag in milliseconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    megabytes = pages * resource.getpagesize() / 1e6
    return {
        "cpu": used.ru_utime + used.ru_stime,
        "megabytes": megabytes,
        "lag": lag.worst * 1e3,
        "lag_cpu": lag.worst_cpu * 1e3,
    }


async def main(file: Path, settings: Settings) -> None:
    """Run until standard input ends."""
    stop, lag = asyncio.Event(), Lag()

    async def answer() -> None:
        watching = None
        while line := await asyncio.to_thread(sys.stdin.readline):
            if line == "watch\n" and watching is None:
                watching = asyncio.create_task(lag.watch())
            sys.stdout.write(json.dumps(figures(lag)) + "\n")
            sys.stdout.flush()
        if watching:
            watching.cancel()
        stop.set()

    options = ServeOptions(config_file=file, listen_addresses=("127.0.0.1:0",))
    async with asyncio.TaskGroup() as group:
        group.create_task(answer())

        def started(addresses: tuple[str, ...]) -> None:
            sys.stdout.write(f"{addresses[0]}\n")
            sys.stdout.flush()

        await run_until(stop, options, settings, SystemClock(), lambda: settings, started)


if __name__ == "__main__":
    configure("critical", LogFormat.LOGFMT)
    raise_descriptor_limit()
    share_interpreter()
    spare_memory()
    configured = examine_all(Path(sys.argv[1])).settings
    spare_collections()
    with make_runner() as runner:
        runner.run(main(Path(sys.argv[1]), configured))
