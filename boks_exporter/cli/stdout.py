"""Write to standard output, where somebody may have stopped reading or the disk may be full."""

import errno
import os
from typing import IO, Any

import click

from boks_exporter.cli import cli_exits


class UnsaidError(click.ClickException):
    """Standard output cannot be written; a reader that has gone away needs no message."""

    exit_code = cli_exits.FAILED

    def __init__(self, error: OSError) -> None:
        self.is_quiet = error.errno == errno.EPIPE
        super().__init__(f"cannot write to standard output: {error.strerror}")

    def show(self, file: IO[Any] | None = None) -> None:
        """Tell it on standard error."""
        if not self.is_quiet:
            super().show(file)


def say(text: str, *, nl: bool = True, color: bool | None = None) -> None:
    """Print; raises UnsaidError once, and what is left in buffers is dropped then."""
    try:
        click.echo(text, nl=nl, color=color)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise UnsaidError(error) from error
