"""What the web shows and may ask for; it knows neither the poll loop nor the configuration behind it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from boks_exporter.model import Timestamp
from boks_exporter.web.published import Published


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Questions to the rest of the exporter; `reload` raises ConfigError if the file cannot be used."""

    published: Callable[[], Published]
    is_alive: Callable[[], bool]
    reload: Callable[[], Awaitable[None]]
    now: Callable[[], Timestamp]
