"""`boks-exporter gate`: the script that runs on BoKS hosts, and how to install it."""

from pathlib import Path
from typing import Final

import click

from boks_exporter.cli import cli_exits
from boks_exporter.cli.options import FILE
from boks_exporter.cli.param_types import WHOLE_SECONDS, Checked
from boks_exporter.cli.streams import say
from boks_exporter.errors import InstallationError
from boks_exporter.remote.installation import (
    DEFAULT_GATE_PATH,
    DEFAULT_OPERATOR,
    DEFAULT_OPERATOR_GATE_PATH,
    DEFAULT_USER,
    authorized_keys_line,
    checked_key,
    checked_path,
    checked_source,
    checked_user,
    gate_conf,
    instructions,
    operator_instructions,
    sent_sudoers_lines,
    sudoers_lines,
)
from boks_exporter.remote.settings import Prefix, RemotePaths

_DEFAULTS: Final = RemotePaths()
_HOST_PATH: Final = Checked("path", checked_path)
_PARTS: Final = ("authorized_keys", "boks-gate.conf", "sudoers", "sudoers-sent")


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click passes it so
    if wanted and not ctx.resilient_parsing:
        from boks_exporter.remote.gate import gate_version
        from boks_exporter.remote.request import PROTOCOL

        say(f"gate {gate_version()}, protocol {PROTOCOL}")
        ctx.exit()


@click.group(
    invoke_without_command=True,
    short_help="Print the script for the BoKS hosts, or its installation.",
    epilog="""\b
Examples:
  boks-exporter gate > gate.sh
  boks-exporter gate --operator > operator-gate.sh
  boks-exporter gate install --from 192.0.2.10 --public-key /etc/boks-exporter/id_boksmon.pub""",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show version and protocol.",
)
@click.option("--operator", is_flag=True, help="Print the operator gate, which can change a host, for failover.")
@click.pass_context
def gate(ctx: click.Context, /, *, operator: bool) -> int | None:
    """Print the gate: the script that answers on BoKS hosts.

    It answers a fixed vocabulary of reading requests, needs nothing but a POSIX sh, and is meant as the forced
    command of a key. `gate install` prints how to set that up, step by step.
    """
    if ctx.invoked_subcommand is not None:
        return None
    from boks_exporter.remote.gate import GateKind, gate_text

    say(gate_text(GateKind.OPERATOR if operator else GateKind.READING), nl=False)
    return cli_exits.DONE


@gate.command(
    epilog="""\b
Examples:
  boks-exporter gate install --from 192.0.2.10 --public-key id_boksmon.pub
  boks-exporter gate install --from 192.0.2.10 --public-key id_boksmon.pub --only authorized_keys
  boks-exporter gate install --operator --from 192.0.2.20 --public-key id_boksop.pub

Exit codes: 0 printed, 1 the key cannot be read or is no public key, 2 wrong usage."""
)
@click.option(
    "--operator",
    is_flag=True,
    help="Print what lets an operator's key change the host, for failover; other login, other key.",
)
@click.option(
    "--user",
    type=Checked("name", checked_user),
    metavar="NAME",
    help=f"The login on the BoKS hosts: {DEFAULT_USER}, or {DEFAULT_OPERATOR} with --operator.",
)
@click.option(
    "--from",
    "from_pattern",
    type=Checked("addresses", checked_source),
    required=True,
    metavar="ADDRESSES",
    help="Where the exporter connects from, such as 192.0.2.10 or 192.0.2.0/28; several with commas.",
)
@click.option("--public-key", type=FILE, required=True, metavar="FILE", help="The exporter's public key (.pub).")
@click.option(
    "--gate-path",
    type=_HOST_PATH,
    metavar="PATH",
    help=f"Where the gate will be: {DEFAULT_GATE_PATH}, or {DEFAULT_OPERATOR_GATE_PATH} with --operator.",
)
@click.option(
    "--prefix",
    type=click.Choice([prefix.value for prefix in Prefix]),
    default=Prefix.SUDO.value,
    show_default=True,
    help="How it becomes root: none (the login is root), sudo, or BoKS's suexec.",
)
@click.option(
    "--boks-etc", type=_HOST_PATH, default=_DEFAULTS.boks_etc, show_default=True, metavar="PATH", help="Where ENV is."
)
@click.option(
    "--boks-var", type=_HOST_PATH, default=_DEFAULTS.boks_var, show_default=True, metavar="PATH", help="Where data are."
)
@click.option(
    "--boksadm",
    type=_HOST_PATH,
    default=_DEFAULTS.boksadm,
    show_default=True,
    metavar="PATH",
    help="The program boksadm.",
)
@click.option(
    "--section-timeout",
    type=WHOLE_SECONDS,
    default=f"{_DEFAULTS.section_timeout_seconds}s",
    show_default=True,
    help="Time limit of each command, in whole seconds.",
)
@click.option(
    "--only", type=click.Choice(_PARTS), help="Print only what stands in this file; sudoers-sent is for gate: sent."
)
def install(  # noqa: PLR0913 - one for each thing that differs between installations
    *,
    operator: bool,
    user: str | None,
    from_pattern: str,
    public_key: Path,
    gate_path: str | None,
    prefix: str,
    boks_etc: str,
    boks_var: str,
    boksadm: str,
    section_timeout: float,
    only: str | None,
) -> int:
    """Print how to install the gate on a BoKS host, with the commands to type. Changes nothing."""
    paths = RemotePaths(
        boks_etc=boks_etc,
        boks_var=boks_var,
        boksadm=boksadm,
        prefix=Prefix(prefix),
        section_timeout_seconds=int(section_timeout),
    )
    login = user or (DEFAULT_OPERATOR if operator else DEFAULT_USER)
    path = gate_path or (DEFAULT_OPERATOR_GATE_PATH if operator else DEFAULT_GATE_PATH)
    steps = operator_instructions if operator else instructions
    match only:
        case "boks-gate.conf":
            text = gate_conf(paths, operator=operator)
        case "sudoers":
            text = sudoers_lines(login, path)
        case "sudoers-sent":
            text = sent_sudoers_lines(login, paths)
        case "authorized_keys":
            text = authorized_keys_line(_key(public_key), from_pattern, path)
        case _:
            text = steps(login, from_pattern, _key(public_key), path, paths)
    say(text, nl=False)
    return cli_exits.DONE


def _key(file: Path) -> str:
    try:
        return checked_key(file.read_text(encoding="utf-8"))
    except InstallationError as error:
        message = f"--public-key {file}: {error}"
        raise click.ClickException(message) from error
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        message = f"--public-key {file} cannot be read: {reason}"
        raise click.ClickException(message) from error
