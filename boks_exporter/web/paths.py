"""URL paths, with Prometheus's rules for prefixes."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

_STATUS: Final = "/api/v1/status"
_PLAIN: Final = re.compile(r"[^\s{}?#]*")
"""The router reads braces as a pattern, and a browser cuts a path at the other characters."""
_OWN: Final = (_STATUS, "/-/healthy", "/-/ready", "/-/reload")


@dataclass(frozen=True, slots=True)
class Paths:
    """Absolute paths without a trailing slash; `prefix` may be empty."""

    prefix: str = ""
    telemetry: str = "/metrics"
    status: str = _STATUS

    @property
    def landing(self) -> str:
        return f"{self.prefix}/"

    def listed(self) -> str:
        """List the readable paths, for 404 answers."""
        pages = ("/", "/topology", "/events", "/runbooks/", "/config")
        api = (self.status, "/api/v1/events", "/api/v1/openapi.json")
        own = (*pages, self.telemetry, *api, "/-/healthy", "/-/ready")
        return ", ".join(self.prefix + path for path in own)


def paths_of(telemetry_path: str, external_url: str | None, route_prefix: str | None) -> Paths:
    """Build the paths from validated values; the route prefix defaults to the external URL's path."""
    given = route_prefix or urlsplit(external_url or "").path
    trimmed = given.strip("/")
    return Paths(prefix=f"/{trimmed}" if trimmed else "", telemetry=telemetry_path)


def checked_telemetry_path(path: str) -> str:
    """Validate --web.telemetry-path; raises ValueError."""
    if not path.startswith("/") or path == "/" or not _PLAIN.fullmatch(path):
        raise ValueError(f"expected a path such as /metrics, found {path!r}")
    if path in _OWN:
        raise ValueError(f"{path} is already in use; choose another path")
    return path


def checked_external_url(url: str) -> str:
    """Validate --web.external-url, which may be empty; raises ValueError."""
    if url and not _is_address(url):
        raise ValueError(f"expected a URL such as https://monitor.example.com/boks/, found {url!r}")
    return url


def checked_route_prefix(prefix: str) -> str:
    """Validate --web.route-prefix, which may be empty; raises ValueError."""
    if not _PLAIN.fullmatch(prefix):
        raise ValueError(f"expected a path such as /boks, found {prefix!r}")
    return prefix


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and _is_plain(parts)
    except ValueError:
        return False  # brackets without an address in them, or a port beyond 65535


def _is_plain(parts: SplitResult) -> bool:
    return not (parts.query or parts.fragment) and bool(_PLAIN.fullmatch(parts.path))
