"""`boks-exporter rules` and `boks-exporter dashboards`: write bundled files to a directory."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from boks_exporter.cli import cli_exits
from boks_exporter.cli.streams import echo

if TYPE_CHECKING:
    from boks_exporter.bundled_files import ShippedFile

_DIRECTORY: Final = click.argument("directory", type=click.Path(path_type=Path), metavar="DIRECTORY")
_OVERWRITE: Final = click.option(
    "--overwrite", is_flag=True, help="Replace files that differ from the bundled ones; without it nothing is written."
)
_JOB: Final = re.compile(r"[A-Za-z0-9_.:/-]{1,200}", re.ASCII)
_PLAIN_URL: Final = re.compile(r"https?://[A-Za-z0-9\[][A-Za-z0-9._~:/?&=%+@\[\]-]+", re.ASCII)


def _base_url(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """Validate an address that is inserted into the rules."""
    if value is not None and not _PLAIN_URL.fullmatch(value):
        raise click.BadParameter(f"expected an address such as https://wiki.example.net/boks, found {value!r}")
    return value


def _job(_: click.Context, __: click.Parameter, value: str) -> str:
    """Validate a job label, which is inserted into expressions and texts."""
    if not _JOB.fullmatch(value):
        raise click.BadParameter(f"expected a job name of letters, digits and _ . : / -, found {value!r}")
    return value


@click.command(
    short_help="Write Prometheus rules, an Alertmanager example and the runbooks.",
    epilog="""\b
Examples:
  boks-exporter rules ./boks-rules
  boks-exporter rules --runbook-url https://wiki.example.net/boks/runbooks --job boks-prod ./boks-rules

Exit codes: 0 written or unchanged, 1 not written, with the reason, 2 wrong usage.""",
)
@click.option(
    "--runbook-url",
    metavar="BASE",
    callback=_base_url,
    help="URL below which you serve the runbooks, for the annotation runbook_url. Without it the alerts name the "
    "runbook's file instead, since a relative URL cannot be opened from Alertmanager.",
)
@click.option(
    "--runbook-base-url", "old_runbook_url", callback=_base_url, hidden=True, help="The old name of --runbook-url."
)
@click.option(
    "--job",
    default="boks",
    show_default=True,
    metavar="NAME",
    callback=_job,
    help="The job label of the exporters in Prometheus.",
)
@_OVERWRITE
@_DIRECTORY
def rules(*, directory: Path, runbook_url: str | None, old_runbook_url: str | None, job: str, overwrite: bool) -> int:
    """Write Prometheus's alert and recording rules, an example for Alertmanager, and the runbooks.

    Add the rules to rule_files of Prometheus. Unchanged files are not written again.
    """
    from boks_exporter import bundled_files

    return _write(bundled_files.rules(runbook_url or old_runbook_url, job), directory, overwrite=overwrite)


@click.command(
    short_help="Write Grafana dashboards and their provisioning.",
    epilog="""\b
Examples:
  boks-exporter dashboards ./boks-grafana

Exit codes: 0 written or unchanged, 1 not written, with the reason, 2 wrong usage.""",
)
@_OVERWRITE
@_DIRECTORY
def dashboards(*, directory: Path, overwrite: bool) -> int:
    """Write Grafana dashboards and the provisioning files for them and for Prometheus.

    README.md in the directory describes the installation. Unchanged files are not written again.
    """
    from boks_exporter import bundled_files

    return _write(bundled_files.dashboards(), directory, overwrite=overwrite)


def _write(files: tuple["ShippedFile", ...], directory: Path, *, overwrite: bool) -> int:
    from boks_exporter import bundled_files

    for outcome in bundled_files.write(files, directory, overwrite=overwrite):
        echo(f"{'wrote' if outcome.is_new else 'same '} {outcome.path}")
    return cli_exits.DONE
