"""Event loops and limits of the daemon's process."""

import asyncio
import ctypes
import gc
import resource
import sys
from contextlib import suppress
from typing import Final

_DESCRIPTORS: Final = 65536
"""More than the connections of any number of hosts and clients; the soft limit is 1024 on many systems."""

_SWITCH_SECONDS: Final = 0.001
"""How long one thread may keep the interpreter while another one waits: the web server's must not wait for long."""
_COLLECTIONS: Final = (3_000, 0, 20_000)
"""Thresholds of the garbage collector. With the defaults and the lasting objects of 1,000 hosts, a quarter of a round's
time was spent in searching them for cycles. The middle generation is searched every second time: what a collection has
to search stays small, and it stops all threads for 5 ms instead of 20 to 60."""

_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
"""Parameters of GNU's mallopt."""
_OWN_PAGES_BYTES: Final = 262_144
"""From this size on, memory is mapped for itself and returned when it is freed. By default the limit rises with the
first page of ten megabytes, and each thread that renders keeps a heap of its own: a tenth of the memory of 1,000 hosts.
"""


def make_runner() -> asyncio.Runner:
    """Use uvloop where it is installed; asyncio's own loop is slower."""
    try:
        import uvloop
    except ImportError:
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


def raise_descriptor_limit() -> int:
    """Raise the soft limit of file descriptors as far as allowed; returns the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        return most
    return soft


def share_interpreter() -> None:
    """Make threads switch often enough for scrapes to be answered while the poll loop is busy."""
    sys.setswitchinterval(_SWITCH_SECONDS)


def spare_collections() -> None:
    """Search for cycles rarely, and never among what has been loaded by now."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTIONS)


def spare_memory() -> None:
    """Return the memory of old pages to the system; a C library other than GNU's has no such settings."""
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_THRESHOLD, _OWN_PAGES_BYTES)
        library.mallopt(_M_ARENA_MAX, 1)
