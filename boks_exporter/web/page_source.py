"""The web server's interface to the rest of the exporter."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boks_exporter.model import Timestamp
from boks_exporter.web.published import Published


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSource:
    """Callbacks into the exporter; `reload` raises ConfigError if the file is invalid."""

    published: Callable[[], Published]
    is_alive: Callable[[], bool]
    reload: Callable[[], Awaitable[None]]
    now: Callable[[], Timestamp]
    config_file: Path
    """Named in the commands that pages show."""
    configuration: Callable[[], str]
    """The settings in force as text, without secrets."""
    poll_now: Callable[[str, str], Awaitable[str | None]]
    """Poll a host of a domain once and return everything as text; None where it is not known."""
    runbooks: Callable[[], Mapping[str, str]]
    """The runbooks in Markdown by name."""
    status_schema: Callable[[], Mapping[str, Any]]
    """The JSON schema of the status report."""
