"""One run of the bed, inside its namespaces: prints what happened as JSON.

python -m tests.bed.inside DIRECTORY OPTIONS
"""

import asyncio
import json
import os
import sys
import time
import traceback
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boks_exporter.model import Seconds
from tests.bed.bed import Bed
from tests.bed.catalogue import BACKOFF, KINDS
from tests.bed.observations import Occurrence
from tests.bed.options import Options
from tests.bed.run_bed import judged, run_episodes
from tests.bed.schedule import episodes

if TYPE_CHECKING:
    from tests.bed.soak import Soak


async def run(directory: Path, options: Options) -> dict[str, Any]:
    """Run episodes on a bed, and judge what was observed."""
    kinds = {name: KINDS[name] for name in options.kinds or KINDS}
    async with Bed(directory, options.interval, options.seed, BACKOFF) as bed, AsyncExitStack() as opened:
        soak = await opened.enter_async_context(_soak(bed, options.seconds)) if options.soak else None
        began = time.monotonic()
        occurrences: list[Occurrence] = []
        planned = episodes(kinds, options.seed, options.together)
        async for episode in run_episodes(bed, planned, began + options.seconds, options.episodes):
            occurrences += episode
            if soak:
                await soak.endurance.sample()
        result = judged(bed, occurrences)
        broken = [*result.broken, *(soak.broken(occurrences) if soak else ())]
        return {
            "seconds": time.monotonic() - began,
            "faults": [{"name": each.name, "hosts": each.hosts, "at": each.began - began} for each in occurrences],
            "broken": [asdict(each) | {"at": each.at - began} for each in broken],
            "slowest": result.slowest,
            "pages": len(bed.observations),
            "log": bed.exporter.log.read_text(encoding="utf-8"),
        } | (soak.figures() if soak else {})


def _soak(bed: Bed, seconds: Seconds) -> "AbstractAsyncContextManager[Soak]":
    """Make what only a soak has; without it, the programs that it needs take no time to load."""
    from tests.bed.soak import Soak

    return Soak(bed, seconds).running()


def main() -> None:
    """End at once whatever happens: all that is left ends with the namespaces."""
    try:
        found = asyncio.run(run(Path(sys.argv[1]), Options(**json.loads(sys.argv[2]))))
        sys.stdout.write(json.dumps(found) + "\n")
    except BaseException:  # noqa: BLE001 - whatever it is, it is printed, and the exit status says so
        traceback.print_exc()
        os._exit(1)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
