"""Options shared by several commands, and their types."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from boks_exporter.errors import InstallationError
from boks_exporter.text.harmless import harmless
from boks_exporter.text.units import duration

_LONGEST_SECTION: Final = 3600.0


class Duration(click.ParamType[float]):
    """A duration such as `30s`; a bare number is in seconds, as in other monitoring plugins."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        try:
            seconds = duration(f"{value}s" if str(value).isdecimal() else value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if seconds <= 0:
            self.fail("expected a duration longer than 0s", param, ctx)
        return seconds


class WholeSeconds(Duration):
    """A duration in whole seconds, as in the gate's configuration."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds = super().convert(value, param, ctx)
        if not seconds.is_integer() or seconds > _LONGEST_SECTION:
            self.fail(f"expected whole seconds between 1s and 1h, found {value!r}", param, ctx)
        return seconds


class Checked(click.ParamType[Any]):
    """A text with a parse function, whose ValueError becomes the message."""

    def __init__(self, name: str, read: Callable[[str], object]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return self._read(value) if isinstance(value, str) else value
        except (ValueError, InstallationError) as error:
            self.fail(str(error), param, ctx)


def _listen_address(value: str) -> str:
    from boks_exporter.web.listen import host_and_port

    host_and_port(value)
    return value


def _http_url(value: str) -> str:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(value)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or parts.username or parts.query or parts.fragment:
        raise ValueError(f"expected a URL such as http://prometheus:9090, without user and password, found {value!r}")
    return value


def _not_empty(value: str) -> str:
    if not harmless(_utf8(value)).strip():
        raise ValueError("expected a text, found none")
    return value


def _utf8(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"expected a text in UTF-8, found {value!a}") from None
    return value


DURATION = Duration()
WHOLE_SECONDS = WholeSeconds()
LISTEN_ADDRESS = Checked("address", _listen_address)
HTTP_URL = Checked("url", _http_url)
WORDS = Checked("text", _not_empty)
UTF8 = Checked("text", _utf8)


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
