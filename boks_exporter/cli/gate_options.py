"""Options of the commands that print the installation of a gate."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from boks_exporter.cli.options import FILE, WHOLE_SECONDS, Checked
from boks_exporter.errors import InstallationError
from boks_exporter.remote.installation import (
    DEFAULT_GATE_PATH,
    DEFAULT_OPERATOR,
    DEFAULT_OPERATOR_GATE_PATH,
    DEFAULT_USER,
    checked_key,
    checked_path,
    checked_source,
    checked_user,
)
from boks_exporter.remote.settings import Prefix, RemotePaths

Command = TypeVar("Command", bound=Callable[..., Any])

HOST_PATH: Final = Checked("path", checked_path)
_DEFAULTS: Final = RemotePaths()


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOptions:
    """The values of `installation_options`."""

    operator: bool
    user: str | None
    from_pattern: str
    public_key: Path
    gate_path: str | None
    prefix: str
    boks_etc: str
    boks_var: str
    boksadm: str
    section_timeout: float

    @property
    def login(self) -> str:
        return self.user or (DEFAULT_OPERATOR if self.operator else DEFAULT_USER)

    @property
    def gate(self) -> str:
        return self.gate_path or (DEFAULT_OPERATOR_GATE_PATH if self.operator else DEFAULT_GATE_PATH)

    @property
    def paths(self) -> RemotePaths:
        return RemotePaths(
            boks_etc=self.boks_etc,
            boks_var=self.boks_var,
            boksadm=self.boksadm,
            prefix=Prefix(self.prefix),
            section_timeout_seconds=int(self.section_timeout),
        )

    def key(self) -> str:
        """Read the public key."""
        try:
            return checked_key(self.public_key.read_text(encoding="utf-8"))
        except InstallationError as error:
            raise click.ClickException(f"--public-key {self.public_key}: {error}") from error
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            raise click.ClickException(f"--public-key {self.public_key} cannot be read: {reason}") from error


def installation_options(command: Command) -> Command:
    """Add what differs between installations."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS: Final = (
    click.option(
        "--operator",
        is_flag=True,
        help="Print what lets an operator's key change the host, for failover; other login, other key.",
    ),
    click.option(
        "--user",
        type=Checked("name", checked_user),
        metavar="NAME",
        help=f"The login on the BoKS hosts: {DEFAULT_USER}, or {DEFAULT_OPERATOR} with --operator.",
    ),
    click.option(
        "--from",
        "from_pattern",
        type=Checked("addresses", checked_source),
        required=True,
        metavar="ADDRESSES",
        help="Where the exporter connects from, such as 192.0.2.10 or 192.0.2.0/28; several with commas.",
    ),
    click.option("--public-key", type=FILE, required=True, metavar="FILE", help="The exporter's public key (.pub)."),
    click.option(
        "--gate-path",
        type=HOST_PATH,
        metavar="PATH",
        help=f"Where the gate will be: {DEFAULT_GATE_PATH}, or {DEFAULT_OPERATOR_GATE_PATH} with --operator.",
    ),
    click.option(
        "--prefix",
        type=click.Choice([prefix.value for prefix in Prefix]),
        default=Prefix.SUDO.value,
        show_default=True,
        help="How it becomes root: none (the login is root), sudo, or BoKS's suexec.",
    ),
    click.option(
        "--boks-etc",
        type=HOST_PATH,
        default=_DEFAULTS.boks_etc,
        show_default=True,
        metavar="PATH",
        help="Where ENV is.",
    ),
    click.option(
        "--boks-var",
        type=HOST_PATH,
        default=_DEFAULTS.boks_var,
        show_default=True,
        metavar="PATH",
        help="Where data are.",
    ),
    click.option(
        "--boksadm",
        type=HOST_PATH,
        default=_DEFAULTS.boksadm,
        show_default=True,
        metavar="PATH",
        help="The program boksadm.",
    ),
    click.option(
        "--section-timeout",
        type=WHOLE_SECONDS,
        default=f"{_DEFAULTS.section_timeout_seconds}s",
        show_default=True,
        help="Time limit of each command, in whole seconds.",
    ),
)
