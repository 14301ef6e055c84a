"""Conversion of every failure to UNKNOWN with one line on standard output, before the deadline."""

import os
import threading
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise
from types import TracebackType
from typing import Final, Self

import click

from boks_exporter.cli.check.severity import Severity, unknown
from boks_exporter.cli.streams import OutputError, echo
from boks_exporter.errors import BoksExporterError, ConfigError

GRACE_SECONDS: Final = 0.5
"""How long an orderly exit may take after the deadline; then the process kills itself."""


def as_plugin(arguments: Sequence[str], run: Callable[[Sequence[str]], int], command: str = "check") -> int:
    """Run a command line and convert every failure to UNKNOWN."""
    wants_json = is_json(arguments)
    try:
        return run(arguments)
    except click.UsageError as error:
        message = error.format_message().rstrip(".")
        text = f"usage: {message}{'' if message.endswith('?') else '.'} See: boks-exporter {command} --help"
    except OutputError as error:
        error.show()
        return Severity.UNKNOWN
    except click.ClickException as error:
        text = error.format_message()
    except click.Abort:
        text = "interrupted"
    except SystemExit:
        text = "standard output was closed"
    except ConfigError as error:
        text = _of_configuration(error)
    except BoksExporterError as error:
        text = str(error)
    except Exception as error:  # noqa: BLE001 - a bug is UNKNOWN to the monitoring system; its traceback is printed
        traceback.print_exc()
        text = f"this is a bug in boks-exporter, see standard error: {type(error).__name__}: {error}"
    return print_result(unknown(text, wants_json=wants_json), Severity.UNKNOWN)


def print_result(text: str, state: int) -> int:
    """Print the plugin's output and return its exit code.

    If it cannot be written, that is UNKNOWN, with a line on standard error; without a reader it stays the result.
    """
    try:
        echo(text)
    except OutputError as error:
        error.show()
        return state if error.is_quiet else Severity.UNKNOWN
    return state


def is_json(arguments: Sequence[str]) -> bool:
    """Return whether JSON is requested, from arguments that may be unparsable."""
    words = list(arguments)
    return "--output=json" in words or ("--output", "json") in pairwise(words)


def _of_configuration(error: ConfigError) -> str:
    """Show the first fault and the number of the others."""
    rest = len(error.problems) - 1
    more = f" (and {rest} more fault{'s' if rest > 1 else ''}: config check)" if rest else ""
    return f"configuration: {error.problems[0]}{more}"


class Watchdog:
    """Exit with UNKNOWN if the command does not end before the deadline.

    A name server that does not answer blocks a thread that cannot be cancelled; the monitoring system would then
    kill the plugin without a result.
    """

    def __init__(self, seconds: float, *, wants_json: bool) -> None:
        self._line = unknown(f"timed out after {seconds:g} s", wants_json=wants_json)
        self._timer = threading.Timer(seconds + GRACE_SECONDS, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        with suppress(OSError):  # the exit code is the result, even without a reader
            os.write(1, f"{self._line}\n".encode(errors="backslashreplace"))
        os._exit(Severity.UNKNOWN)
