"""The exception tree.

BoksExporterError
├── ParseError        text from a host in which no rule recognises anything
├── TransportError    a host could not be asked, or did not answer as asked (carries a FailureReason)
├── ConfigError       the configuration cannot be used (carries every problem at once)
├── ListenError       an address cannot be listened on
├── InstallationError something cannot be pasted on a host as it is
└── ShippedFilesError the shipped files cannot be written where they shall be

A host that fails is not an exception beyond `observe`: there a TransportError or ParseError becomes a value of the
round. What concerns one part alone is derived there from the same root, such as TlsError of the web. Anything outside
this tree is a bug and ends the program loudly.
"""

from dataclasses import dataclass
from enum import StrEnum


class FailureReason(StrEnum):
    """Why a look at a host failed; the closed set behind `boks_host_poll_failures_total{reason}`."""

    DNS = "dns"
    CONNECT = "connect"
    TIMEOUT = "timeout"
    HOST_KEY = "host_key"
    AUTH = "auth"
    CHANNEL = "channel"
    EXIT_STATUS = "exit_status"
    PARSE = "parse"
    TOO_LARGE = "too_large"
    CANCELLED = "cancelled"
    LOCAL = "local"
    """A file or program of the exporter's own machine: a key, known_hosts, the agent, the OpenSSH configuration."""
    RESOURCES = "resources"
    """The exporter has no file descriptor or no memory left."""
    BUSY = "busy"
    """The gate refused because too many polls of the host were in progress."""


class BoksExporterError(Exception):
    """The root of everything that this program raises on purpose."""


class ParseError(BoksExporterError):
    """Nothing in the text could be recognised; line and column count from 1."""

    def __init__(self, *, line: int, column: int, expected: str, found: str) -> None:
        self.line = line
        self.column = column
        self.expected = expected
        self.found = found
        super().__init__(f"line {line}, column {column}: expected {expected}, found {found}")


class TransportError(BoksExporterError):
    """A host could not be asked; `reason` is decided by what happened, never by searching a message."""

    def __init__(self, reason: FailureReason, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}")


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a configuration: where it is, what was expected and found, and what to do."""

    file: str
    line: int | None
    path: str
    message: str

    def __str__(self) -> str:
        """Read like a compiler's message, so that editors can jump to it."""
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"


class ConfigError(BoksExporterError):
    """The configuration cannot be used; `problems` names all faults, not the first."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class ListenError(BoksExporterError):
    """An address cannot be listened on; `reason` says why, and what to do where that is known."""

    def __init__(self, address: str, reason: str) -> None:
        self.address = address
        self.reason = reason
        super().__init__(f"cannot listen on {address}: {reason}")


class InstallationError(BoksExporterError):
    """A key, path, name or pattern cannot stand in a file on a host: what was expected and what was found."""


class ShippedFilesError(BoksExporterError):
    """Rules or dashboards cannot be written, or would replace what somebody has changed."""
