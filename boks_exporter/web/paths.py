"""Under which paths things are served, by Prometheus's rules for prefixes."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

_STATUS: Final = "/api/v1/status"
_PLAIN: Final = re.compile(r"[^\s{}?#]*")
"""Braces would be a pattern to the router, and a browser cuts a path at the others."""
_OWN: Final = (_STATUS, "/-/healthy", "/-/ready", "/-/reload")


@dataclass(frozen=True, slots=True)
class Paths:
    """Absolute paths without a slash at the end; `prefix` is empty where there is none."""

    prefix: str = ""
    telemetry: str = "/metrics"
    status: str = _STATUS

    @property
    def landing(self) -> str:
        """Tell where the first page is."""
        return f"{self.prefix}/"

    def listed(self) -> str:
        """List what can be read, for whoever took a wrong path."""
        own = ("/", self.telemetry, self.status, "/-/healthy", "/-/ready")
        return ", ".join(self.prefix + path for path in own)


def paths_of(telemetry_path: str, external_url: str | None, route_prefix: str | None) -> Paths:
    """Work the paths out of checked values; without a route prefix the external URL's path is one."""
    given = route_prefix or urlsplit(external_url or "").path
    trimmed = given.strip("/")
    return Paths(prefix=f"/{trimmed}" if trimmed else "", telemetry=telemetry_path)


def checked_telemetry_path(path: str) -> str:
    """Give a path at which metrics can be served back; raises ValueError with what was expected."""
    if not path.startswith("/") or path == "/" or not _PLAIN.fullmatch(path):
        message = f"expected a path such as /metrics, found {path!r}"
        raise ValueError(message)
    if path in _OWN:
        message = f"{path} is served already; take another path"
        raise ValueError(message)
    return path


def checked_external_url(url: str) -> str:
    """Give an address that browsers can open back, or nothing; raises ValueError with what was expected."""
    if url and not _is_address(url):
        message = f"expected a URL such as https://monitor.example.com/boks/, found {url!r}"
        raise ValueError(message)
    return url


def checked_route_prefix(prefix: str) -> str:
    """Give what all paths can begin with back, or nothing; raises ValueError with what was expected."""
    if not _PLAIN.fullmatch(prefix):
        message = f"expected a path such as /boks, found {prefix!r}"
        raise ValueError(message)
    return prefix


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and _is_plain(parts)
    except ValueError:
        return False  # brackets without an address in them, or a port beyond 65535


def _is_plain(parts: SplitResult) -> bool:
    return not (parts.query or parts.fragment) and bool(_PLAIN.fullmatch(parts.path))
