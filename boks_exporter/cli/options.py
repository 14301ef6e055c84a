"""Options shared by several commands."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from boks_exporter.cli.param_types import DURATION

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_CONFIG: Final = "/etc/boks-exporter/config.yaml"
CONFIG_VARIABLE: Final = "BOKS_EXPORTER_CONFIG_FILE"

FILE = click.Path(dir_okay=True, path_type=Path)
"""The code that reads the file reports whether it exists and is readable."""

config_file = click.option(
    "--config.file",
    "config_file",
    type=FILE,
    envvar=CONFIG_VARIABLE,
    default=DEFAULT_CONFIG,
    show_default=True,
    show_envvar=True,
    metavar="FILE",
    help="The configuration file.",
)


def source(command: Command) -> Command:
    """Add the options for the source of a report: a one-shot poll, or a running exporter."""
    for option in reversed(_SOURCE):
        command = option(command)
    return command


_SOURCE: Final = (
    config_file,
    click.option(
        "--url",
        envvar="BOKS_EXPORTER_URL",
        show_envvar=True,
        metavar="URL",
        help="Read from a running exporter instead of polling, such as http://monitor:16500 (with its route prefix).",
    ),
    click.option("--domain", "domains", multiple=True, metavar="NAME", help="Only this domain. May be repeated."),
    click.option(
        "--username",
        envvar="BOKS_EXPORTER_USERNAME",
        show_envvar=True,
        metavar="NAME",
        help="With --url: the user for basic authentication.",
    ),
    click.option(
        "--password-file",
        type=FILE,
        envvar="BOKS_EXPORTER_PASSWORD_FILE",
        show_envvar=True,
        metavar="FILE",
        help="With --url: a file with the password in its first line. Default: $BOKS_EXPORTER_PASSWORD.",
    ),
    click.option(
        "--ca-file", type=FILE, metavar="FILE", help="With --url: certificates to trust instead of the system's."
    ),
    click.option("--client-certificate", type=FILE, metavar="FILE", help="With --url: the client certificate."),
    click.option("--client-key", type=FILE, metavar="FILE", help="With --url: its key, if it is not in the same file."),
    click.option(
        "--insecure-ignore-certificate", is_flag=True, help="With --url: do not verify the exporter's certificate."
    ),
)


def validate_domains(wanted: Collection[str], known: Collection[str], where: str) -> None:
    """Raise UsageError for unknown domain names, with the known ones."""
    if missing := [name for name in wanted if name not in known]:
        message = f"--domain: no domain {', '.join(missing)} in {where}; expected one of: {', '.join(known) or 'none'}"
        raise click.UsageError(message)


def output(description: str) -> Callable[[Command], Command]:
    """Add the choice between text and JSON."""
    return click.option(
        "--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help=description
    )


def timeout(default: str) -> Callable[[Command], Command]:
    """Add the deadline of the command."""
    return click.option(
        "-t",
        "--timeout",
        "timeout_seconds",
        type=DURATION,
        default=default,
        show_default=True,
        help="Deadline of the whole command; a bare number is in seconds.",
    )
