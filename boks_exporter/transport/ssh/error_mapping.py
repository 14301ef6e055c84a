"""Failure reasons by the type of asyncssh's and the system's exceptions."""

import asyncio
import errno
import os
import re
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Final, TypeVar

import asyncssh
from asyncssh.packet import PacketDecodeError

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.transport.host_text import cleaned
from boks_exporter.transport.ssh.algorithms import SUPPORTED

_Result = TypeVar("_Result")
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})
_NO_MATCH: Final = re.compile(
    r"No matching (?P<kind>.+) algorithm found, sent .+ and received (?P<offered>.+)", re.DOTALL
)
_EXTENSIONS: Final = ("kex-strict-", "ext-info-")
_GROUP_OF_THE_HOST: Final = "group-exchange"
"""Proposed last: to check such a group takes long, and nothing else runs meanwhile."""
_SETTING: Final = {"key exchange": "kex", "server host key": "host_keys", "encryption": "ciphers", "MAC": "macs"}


def while_connecting(error: Exception, name: str) -> TransportError:
    """Map a failure before the connection was usable; `name` is the host in the settings."""
    if exhausted := resources(error):
        return exhausted
    match error:
        case socket.gaierror():
            reason = FailureReason.DNS
        case TimeoutError():
            reason = FailureReason.TIMEOUT
        case asyncssh.HostKeyNotVerifiable():
            reason = FailureReason.HOST_KEY
        case asyncssh.PermissionDenied():
            reason = FailureReason.AUTH
        case asyncssh.KeyExchangeFailed():
            return TransportError(FailureReason.CONNECT, _failed_key_exchange(error, name))
        case UnicodeDecodeError() | PacketDecodeError():
            return TransportError(FailureReason.CONNECT, f"the server does not speak SSH: {message_of(error)}")
        case ValueError() | asyncssh.IllegalUserName():
            reason = FailureReason.LOCAL
        case _:
            reason = FailureReason.CONNECT
    return TransportError(reason, message_of(error))


def skipped_keys(error: Exception, signatures: list[str], host: str) -> TransportError:
    """Describe a login for which no key could sign: `signatures` are those that the server would accept."""
    text = f"{message_of(error)}: no key was tried, since the server accepts no signature of theirs that is allowed"
    allow = f"host_algorithms: [{{hosts: [{host}], signatures: [+{signatures[-1]}]}}]"
    detail = f"{text}; use an Ed25519 or ECDSA key, or for this host alone add to the domain's transport: {allow}"
    return TransportError(FailureReason.AUTH, detail)


def during_exchange(error: Exception) -> TransportError:
    """Map a failure on a usable connection."""
    if isinstance(error, asyncssh.ChannelOpenError):
        detail = f"the host opens no session ({message_of(error)}): see its sshd's log, and MaxSessions in sshd_config"
        return TransportError(FailureReason.CHANNEL, detail)
    return resources(error) or TransportError(FailureReason.CHANNEL, message_of(error))


def local(error: Exception, place: object) -> TransportError:
    """Map a failure of a file or program on the exporter's own machine."""
    return resources(error) or TransportError(FailureReason.LOCAL, f"{place}: {message_of(error)}")


def resources(error: BaseException) -> TransportError | None:
    """Recognise the lack of descriptors or memory, also where a library made another error of it."""
    if isinstance(error, OSError) and error.errno in _EXHAUSTED:
        return TransportError(FailureReason.RESOURCES, f"the exporter's machine: {message_of(error)}")
    if isinstance(error, MemoryError):
        return TransportError(FailureReason.RESOURCES, "the exporter's machine: out of memory")
    if isinstance(error, ValueError | OSError | asyncssh.Error) and (lack := _no_descriptor()):
        return TransportError(FailureReason.RESOURCES, f"the exporter's machine: {message_of(lack)}")
    return None


def no_thread(error: RuntimeError) -> TransportError:
    """Describe a thread that could not start: the system's limit of tasks is reached."""
    return TransportError(FailureReason.RESOURCES, f"the exporter's machine: {error}")


def in_thread(executor: Executor | None, work: Callable[[], _Result]) -> "asyncio.Future[_Result]":
    """Run blocking work in a thread; raises TransportError where none can start."""
    try:
        return asyncio.get_running_loop().run_in_executor(executor, work)
    except RuntimeError as error:
        raise no_thread(error) from error


def end_of(error: Exception | None) -> Exception | None:
    """Return why a connection ended, as an error of SSH or of the system.

    Whatever asyncssh stumbled over, in packets that a host sent, ends the connection to this host and nothing else.
    """
    if error is None or isinstance(error, OSError | asyncssh.Error):
        return error
    return asyncssh.ConnectionLost(f"the host sent what is no SSH: {message_of(error)}")


@contextmanager
def lost_meanwhile(connection: asyncssh.SSHClientConnection | None) -> Iterator[None]:
    """Make a lost connection of asyncssh's own stumbling over one that was closed while a channel opened on it.

    What ended the connection, in packets that a host sent, may be an error of any kind.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError | asyncssh.Error) or connection is None or not connection.is_closed():
            raise
        raise asyncssh.ConnectionLost("the connection was closed while a channel opened on it") from error


def message_of(error: BaseException) -> str:
    """Return the operating system's message; asyncio's own contains a Python tuple."""
    if isinstance(error, OSError) and error.strerror:
        if error.errno and error.errno in errno.errorcode and not isinstance(error, socket.gaierror):
            return os.strerror(error.errno).lower()
        return error.strerror.lower()
    return cleaned(str(error)) or type(error).__name__


def _no_descriptor() -> OSError | None:
    """Try to open a file: user databases and resolvers hide that no descriptor is left."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error if error.errno in _EXHAUSTED else None
    return None


def _failed_key_exchange(error: Exception, name: str) -> str:
    match = _NO_MATCH.fullmatch(str(error))
    if match is None or match["kind"] not in _SETTING:
        return message_of(error)
    return no_common_algorithm(match["kind"], match["offered"], name)


def no_common_algorithm(what: str, names: str, host: str) -> str:
    """Name what the server offers, separated by commas, and the setting that allows it for this host."""
    # The names of extensions stand in the same list as the key exchanges.
    offered = [name for name in cleaned(names).split(",") if not name.startswith(_EXTENSIONS)]
    kind = _SETTING[what]
    text = f"no common {what} algorithm: the server offers {', '.join(offered)}"
    known = (algorithm for algorithm in offered if algorithm in SUPPORTED[kind])
    usable = min(known, key=lambda algorithm: _GROUP_OF_THE_HOST in algorithm, default=None)
    if usable is None:
        return f"{text}, and this exporter's SSH library has none of them; change the server's list"
    return (
        f"{text}; to allow one of them for this host alone, add to the domain's transport: "
        f"host_algorithms: [{{hosts: [{host}], {kind}: [+{usable}]}}]"
    )
