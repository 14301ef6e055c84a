"""Under which paths things are served, by Prometheus's rules for prefixes."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from boks_exporter.errors import ConfigError, Problem

_STATUS: Final = "/api/v1/status"
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
    """Work the paths out; without a route prefix the external URL's path is one. Raises ConfigError."""
    problems = [*_telemetry_faults(telemetry_path), *_url_faults(external_url)]
    if problems:
        raise ConfigError(tuple(problems))
    given = route_prefix or urlsplit(external_url or "").path
    trimmed = given.strip("/")
    return Paths(prefix=f"/{trimmed}" if trimmed else "", telemetry=telemetry_path)


def _telemetry_faults(path: str) -> list[Problem]:
    flag = "--web.telemetry-path"
    if not path.startswith("/") or path == "/" or set(path) & set("{}?#"):
        return [Problem(flag, None, "", f"expected a path such as /metrics, found {path!r}")]
    if path in _OWN:
        return [Problem(flag, None, "", f"{path} is served already; take another path")]
    return []


def _url_faults(url: str | None) -> list[Problem]:
    if not url:
        return []
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        message = f"expected a URL such as https://monitor.example.com/boks/, found {url!r}"
        return [Problem("--web.external-url", None, "", message)]
    return []
