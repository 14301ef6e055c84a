"""Standard output, which may be closed or full."""

import errno
import os
from typing import IO, Any

import click

from boks_exporter.cli import cli_exits


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


def say(text: str, *, nl: bool = True, color: bool | None = None) -> None:
    """Print; raises OutputError once and discards what is left in buffers."""
    try:
        click.echo(text, nl=nl, color=color)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise OutputError(error) from error
