"""Failure reasons by the type of asyncssh's and the system's exceptions."""

import errno
import os
import socket
from typing import Final

import asyncssh

from boks_exporter.errors import FailureReason, TransportError

_UNTRUSTED: Final = "; known_hosts has no key for it, or another: compare with the host's own before trusting it"


def while_connecting(error: Exception) -> TransportError:
    """Map a failure before the connection was usable."""
    match error:
        case socket.gaierror():
            reason = FailureReason.DNS
        case TimeoutError():
            reason = FailureReason.TIMEOUT
        case asyncssh.HostKeyNotVerifiable():
            reason = FailureReason.HOST_KEY
        case asyncssh.PermissionDenied() | asyncssh.IllegalUserName():
            reason = FailureReason.AUTH
        case _:
            reason = FailureReason.CONNECT
    hint = _UNTRUSTED if reason is FailureReason.HOST_KEY else ""
    return TransportError(reason, f"{_message(error)}{hint}")


def during_exchange(error: Exception) -> TransportError:
    """Map a failure on a usable connection."""
    return TransportError(FailureReason.CHANNEL, _message(error))


def _message(error: Exception) -> str:
    """Return the operating system's message; asyncio's own contains a Python tuple."""
    if isinstance(error, OSError) and error.strerror:
        if error.errno and error.errno in errno.errorcode and not isinstance(error, socket.gaierror):
            return os.strerror(error.errno).lower()
        return error.strerror.lower()
    return str(error) or type(error).__name__
