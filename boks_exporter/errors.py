"""The exception tree.

BoksExporterError
├── ParseError        no rule recognises anything in a host's text
├── TransportError    a host could not be polled, or its reply is unusable (carries a FailureReason)
├── ConfigError       the configuration is invalid (carries every problem, not only the first)
├── ListenError       an address cannot be listened on
├── RecordingError    a recording cannot be written
├── InstallationError a value cannot be written into a file on a host
└── ShippedFilesError the bundled files cannot be written to the directory

`observe` turns a TransportError or ParseError into a value of the round: above it, a failing host is no exception.
Errors of one package are defined in that package with the same root, such as TlsError in `web`. Any other exception
is a bug and ends the program with a traceback.
"""

from dataclasses import dataclass
from enum import StrEnum


class FailureReason(StrEnum):
    """Why polling a host failed; the closed set behind `boks_host_poll_failures_total{reason}`."""

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
    """The root of all expected errors."""


class ParseError(BoksExporterError):
    """Nothing in the text was recognised; line and column count from 1."""

    def __init__(self, *, line: int, column: int, expected: str, found: str) -> None:
        self.line = line
        self.column = column
        self.expected = expected
        self.found = found
        super().__init__(f"line {line}, column {column}: expected {expected}, found {found}")


class TransportError(BoksExporterError):
    """A host could not be polled; `reason` follows from the exception type, never from its message."""

    def __init__(self, reason: FailureReason, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}")


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a configuration: its place, what was expected, what was found, and what to do."""

    file: str
    line: int | None
    path: str
    message: str

    def __str__(self) -> str:
        """Format like a compiler's message, so that editors can jump to the line."""
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"


class ConfigError(BoksExporterError):
    """The configuration is invalid; `problems` holds all faults, not only the first."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class ListenError(BoksExporterError):
    """An address cannot be listened on; `reason` includes the remedy where one is known."""

    def __init__(self, address: str, reason: str) -> None:
        self.address = address
        self.reason = reason
        super().__init__(f"cannot listen on {address}: {reason}")


class RecordingError(BoksExporterError):
    """A recording cannot be written, or would not replay to the same verdicts."""


class InstallationError(BoksExporterError):
    """A key, path, name or pattern is not valid in a file on a host; states what was expected and found."""


class ShippedFilesError(BoksExporterError):
    """Rules or dashboards cannot be written, or would replace files that were changed locally."""
