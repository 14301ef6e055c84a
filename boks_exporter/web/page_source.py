"""The web server's interface to the rest of the exporter."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from boks_exporter.model import Timestamp
from boks_exporter.web.published import Published


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSource:
    """Callbacks into the exporter; `reload` raises ConfigError if the file is invalid."""

    published: Callable[[], Published]
    is_alive: Callable[[], bool]
    reload: Callable[[], Awaitable[None]]
    now: Callable[[], Timestamp]
