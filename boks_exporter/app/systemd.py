"""Tell systemd how the service is doing (sd_notify), where systemd asked for it."""

import os
import socket
import time
from typing import Final

import structlog

from boks_exporter.model import Seconds

_log = structlog.get_logger(__name__)

_MICROSECONDS: Final = 1_000_000
_PATIENCE_SECONDS: Final = 1.0
"""How long a full queue of systemd's may hold the service up."""


class Notifier:
    """Send state lines to `$NOTIFY_SOCKET`; without one every call does nothing."""

    def __init__(self, address: str | None) -> None:
        """Take the socket's address; a leading `@` is systemd's way of writing an abstract one."""
        self._has_failed = False
        self._address = "\0" + address[1:] if address and address.startswith("@") else address

    @classmethod
    def from_environment(cls) -> "Notifier":
        """Use what systemd put into the environment."""
        return cls(os.environ.get("NOTIFY_SOCKET"))

    def ready(self, status: str) -> None:
        """Say that the service is up."""
        self._send("READY=1", f"STATUS={status}")

    def status(self, status: str) -> None:
        """Say in one sentence how things are; `systemctl status` shows it."""
        self._send(f"STATUS={status}")

    def reloading(self) -> None:
        """Say that a reload began; `ready` ends it."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """Say that the service is going down."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """Feed the watchdog."""
        self._send("WATCHDOG=1")

    def _send(self, *lines: str) -> None:
        """Send one datagram; a socket that is gone must not end the service, so it is logged once."""
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
    """Tell how often the watchdog wants to be fed: twice in the time that systemd allows; None if it does not watch."""
    limit = os.environ.get("WATCHDOG_USEC", "")
    mine = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return int(limit) / _MICROSECONDS / 2 if limit.isdigit() and int(limit) and mine else None
