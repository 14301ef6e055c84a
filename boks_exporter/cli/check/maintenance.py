"""Maintenance windows in the evaluation of a report: the text that mentions them, and the severity they allow."""

from enum import StrEnum

from boks_exporter.cli.check.severity import Severity, rank
from boks_exporter.report import DomainReport, WindowReport
from boks_exporter.text.formatting import utc_clock

_UNKNOWN = "maintenance is unknown: the failover journal cannot be read"


class MaintenanceEffect(StrEnum):
    """How findings about a host under maintenance count: as OK, at most as WARNING, or unchanged."""

    OK = "ok"
    WARN = "warn"
    IGNORE = "ignore"


class DomainMaintenance:
    """The active windows of a domain, and their effect."""

    def __init__(self, domain: DomainReport, now: float, effect: MaintenanceEffect) -> None:
        windows = domain["maintenance"]
        self._is_unknown = windows is None
        self._effect = effect
        self._active: dict[str, WindowReport] = {}
        for window in windows or ():
            host = window["host"].casefold()
            longest = self._active.get(host, window)["until_timestamp_seconds"]
            if window["started_timestamp_seconds"] <= now < window["until_timestamp_seconds"] >= longest:
                self._active[host] = window

    def covers(self, host: str) -> bool:
        """Return whether the host is under maintenance."""
        return host.casefold() in self._active

    def note(self, host: str) -> str:
        """Format the host's window for a finding that is not OK; empty without one."""
        if window := self._active.get(host.casefold()):
            until = utc_clock(window["until_timestamp_seconds"])
            return f" (under maintenance until {until}, {window['owner']}: {window['reason']})"
        softens = self._effect is not MaintenanceEffect.IGNORE
        return f" ({_UNKNOWN})" if self._is_unknown and softens else ""

    def soften(self, severity: Severity) -> Severity:
        """Return the severity of a finding about a host under maintenance."""
        match self._effect:
            case MaintenanceEffect.OK:
                return Severity.OK
            case MaintenanceEffect.WARN:
                return min(severity, Severity.WARNING, key=rank)
        return severity
