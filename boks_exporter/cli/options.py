"""Options that several commands have."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from boks_exporter.cli.param_types import DURATION

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_CONFIG: Final = "/etc/boks-exporter/config.yaml"
CONFIG_VARIABLE: Final = "BOKS_EXPORTER_CONFIG_FILE"

FILE = click.Path(dir_okay=True, path_type=Path)
"""Whether it is there and can be read is said by whoever reads it, in one and the same way."""

config_file = click.option(
    "--config.file",
    "config_file",
    type=FILE,
    envvar=CONFIG_VARIABLE,
    default=DEFAULT_CONFIG,
    show_default=True,
    show_envvar=True,
    metavar="FILE",
    help="The configuration.",
)


def source(command: Command) -> Command:
    """Add the options that say where a report comes from: one look of our own, or a running exporter."""
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
        help="Ask a running exporter instead of the hosts, such as http://monitor:16500 (with its route prefix).",
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
        help="With --url: a file with the password in its first line. Without it: $BOKS_EXPORTER_PASSWORD.",
    ),
    click.option(
        "--ca-file", type=FILE, metavar="FILE", help="With --url: certificates to trust instead of the system's."
    ),
    click.option("--client-certificate", type=FILE, metavar="FILE", help="With --url: our own certificate."),
    click.option(
        "--client-key", type=FILE, metavar="FILE", help="With --url: the key to it, if it is not in the same file."
    ),
    click.option(
        "--insecure-ignore-certificate",
        is_flag=True,
        help="With --url: do not verify the exporter's certificate.",
    ),
)


def insist_on_domains(wanted: Collection[str], known: Collection[str], where: str) -> None:
    """Refuse names of domains that are not there, and name those that are."""
    if missing := [name for name in wanted if name not in known]:
        message = f"--domain: no domain {', '.join(missing)} in {where}; there are: {', '.join(known) or 'none'}"
        raise click.UsageError(message)


def output(human: str, told: str) -> Callable[[Command], Command]:
    """Add the choice between a form for people and JSON."""
    return click.option("--output", type=click.Choice([human, "json"]), default=human, show_default=True, help=told)


def timeout(default: str) -> Callable[[Command], Command]:
    """Add the deadline of the whole command."""
    return click.option(
        "-t",
        "--timeout",
        "timeout_seconds",
        type=DURATION,
        default=default,
        show_default=True,
        help="Deadline of the whole command; 10 and 10s are the same.",
    )
