"""`boks-exporter gate`: the script that runs on BoKS hosts, and how to install it."""

from typing import Any, Final

import click

from boks_exporter.cli import cli_exits
from boks_exporter.cli.gate_options import HOST_PATH, GateOptions, installation_options
from boks_exporter.cli.streams import echo
from boks_exporter.remote.installation import (
    authorized_keys_line,
    gate_conf,
    instructions,
    sent_sudoers_lines,
    sudoers_lines,
)

_PARTS: Final = ("authorized_keys", "boks-gate.conf", "sudoers", "sudoers-sent")


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click passes it so
    if wanted and not ctx.resilient_parsing:
        from boks_exporter.remote.gate import gate_version
        from boks_exporter.remote.request import PROTOCOL

        echo(f"gate {gate_version()}, protocol {PROTOCOL}")
        ctx.exit()


@click.group(
    invoke_without_command=True,
    short_help="Print the script for the BoKS hosts, or its installation.",
    epilog="""\b
Examples:
  boks-exporter gate > gate.sh
  boks-exporter gate --operator > operator-gate.sh
  boks-exporter gate installer --from 192.0.2.10 --public-key /etc/boks-exporter/id_boksmon.pub > install-gate.sh""",
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
    command of a key. `gate installer` prints a script that sets that up, `gate install` the steps to do by hand.
    """
    if ctx.invoked_subcommand is not None:
        return None
    from boks_exporter.remote.gate import GateKind, gate_text

    echo(gate_text(GateKind.OPERATOR if operator else GateKind.READING), nl=False)
    return cli_exits.DONE


@gate.command(
    epilog="""\b
Examples:
  boks-exporter gate install --from 192.0.2.10 --public-key id_boksmon.pub
  boks-exporter gate install --from 192.0.2.10 --public-key id_boksmon.pub --only authorized_keys
  boks-exporter gate install --operator --from 192.0.2.20 --public-key id_boksop.pub

Exit codes: 0 printed, 1 the key cannot be read or is no public key, 2 wrong usage."""
)
@installation_options
@click.option(
    "--only", type=click.Choice(_PARTS), help="Print only the content of this file; sudoers-sent is for gate: sent."
)
def install(*, only: str | None, **values: Any) -> int:
    """Print how to install the gate on a BoKS host, with the commands to type. Changes nothing."""
    options = GateOptions(**values)
    match only:
        case "boks-gate.conf":
            text = gate_conf(options.paths, operator=options.operator)
        case "sudoers":
            text = sudoers_lines(options.login, options.gate)
        case "sudoers-sent":
            text = sent_sudoers_lines(options.login, options.paths)
        case "authorized_keys":
            text = authorized_keys_line(options.key(), options.from_pattern, options.gate)
        case _:
            parts = (options.login, options.from_pattern, options.key(), options.gate, options.paths)
            text = instructions(*parts, operator=options.operator)
    echo(text, nl=False)
    return cli_exits.DONE


@gate.command(
    epilog="""\b
Examples:
  boks-exporter gate installer --from 192.0.2.10 --public-key id_boksmon.pub > install-gate.sh
  ssh root@HOST sh -s < install-gate.sh
  ssh root@HOST sh -s check < install-gate.sh
  ssh root@HOST sh -s undo < install-gate.sh

Exit codes: 0 printed, 1 the key cannot be read or is no public key, 2 wrong usage."""
)
@installation_options
@click.option(
    "--keys-file",
    type=HOST_PATH,
    metavar="PATH",
    help="Where sshd on the hosts reads this login's keys, if not in .ssh/authorized_keys in its home.",
)
def installer(*, keys_file: str | None, **values: Any) -> int:
    """Print a shell script that installs or upgrades the gate on a BoKS host.

    The script is run there as root, by any means. It makes the account where there is none, installs gate,
    configuration, key line and sudo rule, checks what it did, and takes everything back where a step fails.
    `check` shows what it would change, `undo` takes the last run back.
    """
    from boks_exporter.remote.gate import GateKind
    from boks_exporter.remote.installer import GateInstallation, installer_text

    options = GateOptions(**values)
    installation = GateInstallation(
        kind=GateKind.OPERATOR if options.operator else GateKind.READING,
        user=options.login,
        from_pattern=options.from_pattern,
        public_key=options.key(),
        gate_path=options.gate,
        keys_file=keys_file,
        paths=options.paths,
    )
    echo(installer_text(installation), nl=False)
    return cli_exits.DONE
