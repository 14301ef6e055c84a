"""The root command: dispatch, and conversion of expected errors to messages and exit codes."""

import getpass
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Final, NoReturn

import click
from click.exceptions import NoSuchCommand

from boks_exporter.cli import cli_exits
from boks_exporter.cli.streams import escape_unencodable_characters, output_error, prepare_streams
from boks_exporter.errors import BoksExporterError, ConfigError

_COMMANDS: Final = {
    "init": "boks_exporter.cli.init:init",
    "serve": "boks_exporter.cli.serve:serve",
    "status": "boks_exporter.cli.status:status",
    "diagnose": "boks_exporter.cli.diagnose:diagnose",
    "events": "boks_exporter.cli.events:events",
    "check": "boks_exporter.cli.check.command:check",
    "config": "boks_exporter.cli.config:config",
    "failover": "boks_exporter.cli.failover.commands:failover",
    "maintenance": "boks_exporter.cli.maintenance:maintenance",
    "evidence": "boks_exporter.cli.evidence:evidence",
    "record": "boks_exporter.cli.record:record",
    "fit": "boks_exporter.cli.record:fit",
    "doctor": "boks_exporter.cli.doctor:doctor",
    "gate": "boks_exporter.cli.gate:gate",
    "rules": "boks_exporter.cli.shipped:rules",
    "dashboards": "boks_exporter.cli.shipped:dashboards",
    "demo": "boks_exporter.cli.demo:demo",
    "version": "boks_exporter.cli.version:version",
}
"""Commands, imported on use: a plugin that runs every minute must start quickly."""

_PLUGINS: Final = ("check", "failover check")
_WITH_JSON_ERRORS: Final = ("failover ", "maintenance ")
_FALLBACK_USER: Final = "boks-exporter"


class Commands(click.Group):
    """The commands, in the order in which a new user needs them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the same for all
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), name)
        return command if isinstance(command, click.Command) else None


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Start with:
  boks-exporter demo                              a simulated domain
  boks-exporter config check FILE                 report every fault of a configuration
  boks-exporter status --config.file FILE         poll every host once
  boks-exporter serve --config.file FILE          the daemon, on port 16500

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted. `check` has those of a monitoring
plugin: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.""",
)
@click.version_option(package_name="boks-exporter", message="%(prog)s %(version)s")
def program() -> None:
    """Monitor the replication of BoKS domains: metrics for Prometheus, a status table, a monitoring plugin."""


def main() -> NoReturn:
    """Run the command line of this process and exit."""
    prepare_streams()
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command line; returns its exit code."""
    escape_unencodable_characters()
    _ensure_user_identity()
    if plugin := _plugin(arguments):
        from boks_exporter.cli.check.unknown_on_error import as_plugin

        return as_plugin(arguments, _run, plugin)
    try:
        return _run(arguments)
    except click.ClickException as raised:
        error = _with_similar(raised)
        error.show()
        _show_as_json(arguments, error.format_message(), error.exit_code, getattr(raised, "next", []))
        return error.exit_code
    except click.Abort:
        return cli_exits.INTERRUPTED
    except ConfigError as error:
        click.echo(error, err=True)
        _show_as_json(arguments, str(error), cli_exits.FAILED)
        return cli_exits.FAILED
    except BoksExporterError as error:
        click.echo(f"Error: {error}", err=True)
        _show_as_json(arguments, str(error), cli_exits.FAILED)
        return cli_exits.FAILED


def _with_similar(error: click.ClickException) -> click.ClickException:
    """Name similar commands, also of a group that is not loaded, and of a name in capitals."""
    if isinstance(error, NoSuchCommand) and error.ctx and isinstance(error.ctx.command, click.Group):
        names = error.ctx.command.list_commands(error.ctx)
        return NoSuchCommand(error.command_name.lower(), error.message, names, error.ctx)
    return error


def _plugin(arguments: Sequence[str]) -> str | None:
    """Return the monitoring plugin that is called, if one is."""
    words = [word for word in arguments if not word.startswith("-")]
    return next((name for name in _PLUGINS if words[: len(name.split())] == name.split()), None)


def _show_as_json(arguments: Sequence[str], message: str, code: int, ways: Sequence[str] = ()) -> None:
    """Print an error of a failover command as JSON as well, where JSON is what a script reads."""
    words = " ".join(arguments).replace("--output=", "--output ")
    if words.startswith(_WITH_JSON_ERRORS) and "--output json" in words:
        with suppress(OSError):  # the reader of a pipe may be gone, which is an error of its own
            click.echo(json.dumps({"exit_code": code, "error": message, "next": ways}))


def _run(arguments: Sequence[str]) -> int:
    """Run a command line; what click itself cannot print, such as help, is an OutputError like any other output."""
    try:
        code = program.main(list(arguments), prog_name="boks-exporter", standalone_mode=False)
    except (OSError, SystemExit) as error:  # click exits if the reader of a pipe is gone
        if failed := output_error():
            raise failed from error
        raise
    return code if isinstance(code, int) else cli_exits.DONE


def _ensure_user_identity() -> None:
    """Set HOME and LOGNAME for an account without them: the SSH library requires both.

    Examples are numeric users of containers and, without nss-systemd, systemd's dynamic users.
    """
    try:
        Path.home()
    except RuntimeError:
        os.environ["HOME"] = "/"
    try:
        # Also where there is a name: it could not be looked up while no file descriptor is left.
        os.environ.setdefault("LOGNAME", getpass.getuser())
    except (KeyError, OSError):
        os.environ["LOGNAME"] = _FALLBACK_USER
