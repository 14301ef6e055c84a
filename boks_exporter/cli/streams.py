"""Standard output and standard error, which may be closed or full."""

import errno
import io
import os
import sys
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, Final, TextIO

import click

from boks_exporter.cli import cli_exits

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_INPUT, _OUTPUT, _ERRORS = 0, 1, 2
_MODES: Final = {_INPUT: os.O_RDONLY, _OUTPUT: os.O_RDONLY, _ERRORS: os.O_WRONLY}
"""How a closed stream is opened on /dev/null: writing to standard output must fail, writing errors must not."""


class OutputError(click.ClickException):
    """Standard output cannot be written; a closed pipe needs no message."""

    exit_code = cli_exits.FAILED

    def __init__(self, error: OSError) -> None:
        self.is_quiet = error.errno == errno.EPIPE
        super().__init__(f"cannot write to standard output: {error.strerror}")

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message on standard error."""
        if not self.is_quiet:
            super().show(file)


def echo(text: str, *, nl: bool = True, color: bool | None = None) -> None:
    """Print; raises OutputError once and discards what is left in buffers."""
    try:
        click.echo(text, nl=nl, color=color)
    except OSError as error:
        raise _output_error(error) from error


class _Output(io.FileIO):
    """Standard output that remembers its last error, since click and the buffers above it may not show it."""

    last_error: OSError | None = None

    def write(self, data: "ReadableBuffer", /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            _Output.last_error = error
            raise


def output_error() -> OutputError | None:
    """Return the error of standard output if it could not be written, and discard what is left in buffers."""
    return _output_error(_Output.last_error) if _Output.last_error else None


def _output_error(error: OSError) -> OutputError:
    os.dup2(os.open(os.devnull, os.O_WRONLY), _OUTPUT)
    return OutputError(error)


class _Errors(io.TextIOWrapper):
    """Standard error that loses what cannot be written: the exit code is the result without it."""

    def write(self, text: str, /) -> int:
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


def prepare_streams() -> None:
    """Prepare the streams of this process: none is closed, and errors are printed as far as possible.

    A file or connection that is opened later would otherwise get the number of a closed stream, and its content.
    """
    for number, mode in _MODES.items():
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)
    sys.stdin = sys.stdin or io.TextIOWrapper(io.BufferedReader(io.FileIO(_INPUT, closefd=False)))
    output = io.BufferedWriter(_Output(_OUTPUT, "w", closefd=False))
    sys.stdout = io.TextIOWrapper(output, encoding=_encoding(sys.stdout), line_buffering=os.isatty(_OUTPUT))
    errors = io.BufferedWriter(io.FileIO(_ERRORS, "w", closefd=False))
    sys.stderr = _Errors(errors, encoding=_encoding(sys.stderr), line_buffering=True)
    escape_unencodable_characters()


def _encoding(stream: TextIO | None) -> str:
    return (stream.encoding if stream else None) or "utf-8"


def escape_unencodable_characters() -> None:
    """Print characters outside the terminal's character set as escapes: names and reasons come from the hosts."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
