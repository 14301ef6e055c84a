"""Which reason a failure of asyncssh or of the network has, decided by its type alone."""

import errno
import os
import socket
from typing import Final

import asyncssh

from boks_exporter.errors import FailureReason, TransportError

_UNTRUSTED: Final = "; known_hosts has no key for it, or another: compare with the host's own before trusting it"


def while_connecting(error: Exception) -> TransportError:
    """Name the reason of a failure before the connection was usable."""
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
    return TransportError(reason, f"{_said(error)}{hint}")


def while_asking(error: Exception) -> TransportError:
    """Name the reason of a failure on a connection that was usable."""
    return TransportError(FailureReason.CHANNEL, _said(error))


def _said(error: Exception) -> str:
    """Quote the error for people, in the operating system's words; asyncio puts a Python tuple into its own."""
    if isinstance(error, OSError) and error.strerror:
        if error.errno and error.errno in errno.errorcode and not isinstance(error, socket.gaierror):
            return os.strerror(error.errno).lower()
        return error.strerror.lower()
    return str(error) or type(error).__name__
