"""What the command line decides about a run, beyond the configuration file."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from boks_exporter.model import Seconds

DEFAULT_LISTEN: Final = ":16500"
"""BoKS's own base port 6500 plus 10000, outside the range that exporters share out among themselves."""


class LogFormat(StrEnum):
    """How log lines look."""

    LOGFMT = "logfmt"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """How to run the daemon; `listen_addresses` are `host:port`, `:port` or `[::]:port`."""

    config_file: Path
    listen_addresses: tuple[str, ...] = (DEFAULT_LISTEN,)
    web_config_file: Path | None = None
    telemetry_path: str = "/metrics"
    external_url: str | None = None
    route_prefix: str | None = None
    enable_lifecycle: bool = False
    log_level: str = "info"
    log_format: LogFormat = LogFormat.LOGFMT


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """How to run the demo; without `duration_seconds` it runs until it is interrupted."""

    listen: str = "127.0.0.1:16500"
    scenario: str = "tour"
    seed: int = 1
    duration_seconds: Seconds | None = None
