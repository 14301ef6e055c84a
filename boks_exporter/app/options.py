"""The daemon's settings from the command line."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

DEFAULT_LISTEN: Final = ":16500"
"""BoKS's own base port 6500 plus 10000, outside the range of registered exporters."""


class LogFormat(StrEnum):
    """The format of log lines."""

    LOGFMT = "logfmt"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """Settings of the daemon; `listen_addresses` are `host:port`, `:port` or `[::]:port`."""

    config_file: Path
    listen_addresses: tuple[str, ...] = (DEFAULT_LISTEN,)
    web_config_file: Path | None = None
    telemetry_path: str = "/metrics"
    external_url: str | None = None
    route_prefix: str | None = None
    enable_lifecycle: bool = False
    log_level: str = "info"
    log_format: LogFormat = LogFormat.LOGFMT
