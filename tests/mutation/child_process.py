"""Child processes that end with the process that forked them, and are waited for within a limit."""

import contextlib
import ctypes
import os
import signal
import time
from pathlib import Path
from typing import Final

IDLE_SECONDS: Final = 30.0
"""A child that uses no processor for so long waits for what never comes."""
_PR_SET_PDEATHSIG: Final = 1


def forked() -> int:
    """Fork a process that leads a group of its own; it ends with this one, and its group where this one is told to."""
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        os.setsid()
        end_with(parent)
    else:
        signal.signal(signal.SIGTERM, lambda *_: (_end_group(child), os._exit(1)))
    return child


def end_with(parent: int) -> None:
    """End this process as soon as its parent ends, however that ends."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:
        os._exit(1)


def awaited(child: int, seconds: float) -> int | None:
    """Wait for a child's end, and end all that it started; None where its time was up, or where it only waits."""
    now = worked_at = time.monotonic()
    deadline, used, is_over = now + seconds, "", None
    while is_over is None and now < min(deadline, worked_at + IDLE_SECONDS):
        is_over = os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if is_over is None:
            time.sleep(0.003)
            now = time.monotonic()
            if now > worked_at + IDLE_SECONDS / 4 and used != (used := _processor_time(child)):
                worked_at = now
    _end_group(child)
    _, status = os.waitpid(child, 0)
    return status if is_over else None


def _processor_time(process: int) -> str:
    """Return what a process and its ended children have used, in the kernel's units."""
    after_name = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2]
    return " ".join(after_name.split()[11:15])


def _end_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
