"""Service notifications to systemd (sd_notify)."""

import os
import socket
import time
from collections.abc import Iterable
from typing import Final

from boks_exporter.exposition import DomainView
from boks_exporter.health import DomainState
from boks_exporter.loggers import structlog
from boks_exporter.model import Seconds

_log = structlog.get_logger(__name__)

_MICROSECONDS: Final = 1_000_000
_PATIENCE_SECONDS: Final = 1.0
"""How long a send waits for a full queue."""


class Notifier:
    """Send state lines to `$NOTIFY_SOCKET`; without one every call does nothing."""

    def __init__(self, address: str | None) -> None:
        """Store the socket's address; a leading `@` means an abstract socket."""
        self._has_failed = False
        self._address = "\0" + address[1:] if address and address.startswith("@") else address

    @classmethod
    def from_environment(cls) -> "Notifier":
        """Read the address from the environment."""
        return cls(os.environ.get("NOTIFY_SOCKET"))

    def ready(self, status: str) -> None:
        self._send("READY=1", f"STATUS={status}")

    def status(self, status: str) -> None:
        """Send the line that `systemctl status` shows."""
        self._send(f"STATUS={status}")

    def reloading(self) -> None:
        """Announce a reload; `ready` ends it."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def alive(self) -> None:
        """Reset the watchdog."""
        self._send("WATCHDOG=1")

    def _send(self, *lines: str) -> None:
        """Send one datagram; a missing socket must not end the service, so it is logged once."""
        if self._address is None:
            return
        message = "\n".join(line.replace("\n", " ") for line in lines).encode("utf-8", "replace")
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.settimeout(_PATIENCE_SECONDS)
                sender.sendto(message, self._address)
        except OSError as error:
            if not self._has_failed:
                _log.warning("systemd_not_told", reason=str(error))
            self._has_failed = True


def watchdog_interval() -> Seconds | None:
    """Return the interval of watchdog resets, half of systemd's limit; None without a watchdog."""
    limit = os.environ.get("WATCHDOG_USEC", "")
    mine = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return int(limit) / _MICROSECONDS / 2 if limit.isdigit() and int(limit) and mine else None


def status_line(views: Iterable[DomainView]) -> str:
    """Summarise the fleet in one line: domains that are not ok first, each with its reason."""
    states = [(view.snapshot.domain, view.health) for view in views]
    if not states:
        return "Waiting for the first round"
    failing = [
        f"{domain} is {health.state.replace('_', ' ')}: {health.reason}"
        for domain, health in states
        if health.state is not DomainState.OK
    ]
    ok = [domain for domain, health in states if health.state is DomainState.OK]
    return "; ".join([*failing, *([f"{', '.join(ok)} ok"] if ok else [])])
