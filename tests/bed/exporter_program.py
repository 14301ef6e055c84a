"""boks-exporter with a clock that can be wrong, and a count of its tasks on request.

    python tests/bed/exporter_program.py DIRECTORY serve --config.file=...

`clock` in the directory holds the seconds by which `time.time()` is wrong, and may change. SIGUSR1 writes the number of
asyncio's tasks into `tasks`. Nothing else is different. libfaketime, which would change the clock from outside, makes
`time.sleep` fail in this Python.
"""

import asyncio
import gc
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

_DIRECTORY = Path(sys.argv.pop(1))
_true_time = time.time


def _wrong_time() -> float:
    wrong_by = 0.0
    with suppress(OSError, ValueError):
        wrong_by = float((_DIRECTORY / "clock").read_text(encoding="ascii"))
    return _true_time() + wrong_by


def _count_tasks(*_: object) -> None:
    tasks = sum(isinstance(each, asyncio.Task) and not each.done() for each in gc.get_objects())
    new = _DIRECTORY / "tasks.new"
    new.write_text(f"{tasks}\n", encoding="ascii")
    new.replace(_DIRECTORY / "tasks")


if __name__ == "__main__":
    time.time = _wrong_time
    from boks_exporter.cli import main

    signal.signal(signal.SIGUSR1, _count_tasks)
    main()
