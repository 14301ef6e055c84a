"""`boks-exporter config`: check a configuration, or print its schema."""

import json
from dataclasses import replace
from pathlib import Path

import click

from boks_exporter.cli import cli_exits
from boks_exporter.cli.options import FILE, config_file
from boks_exporter.cli.streams import echo


@click.group()
def config() -> None:
    """Check a configuration, or print its schema."""


@config.command(
    epilog="""\b
Examples:
  boks-exporter config check
  boks-exporter config check --config.file ./config.yaml --syntax-only
  boks-exporter config check ./config.yaml --strict

Exit codes: 0 no fault, 1 faults, 2 wrong usage. Faults and warnings are printed one per line on
standard error; with --strict a warning is a fault."""
)
@click.argument("file", type=FILE, required=False)
@config_file
@click.option(
    "--syntax-only", is_flag=True, help="Do not check the files that it names, such as keys, and resolve no names."
)
@click.option("--strict", is_flag=True, help="Count warnings as faults.")
def check(*, file: Path | None, config_file: Path, syntax_only: bool, strict: bool) -> int:
    """Report every fault of FILE: line, key, what was expected and what was found.

    Without faults it reports warnings about settings that are valid but work badly together, such as limits
    shorter than a round.

    Names of hosts are resolved: two hosts of a domain at one address and port are one machine, which is a fault.

    FILE may be given as an argument or, as to every other command, as an option. Run it as the exporter's user:
    whether a key can be read depends on the user.
    """
    from boks_exporter.app.checked_config import examine_all
    from boks_exporter.errors import ConfigError

    file = file or config_file
    try:
        found = examine_all(file, check_files=not syntax_only, resolve_names=not syntax_only)
    except ConfigError as error:
        for problem in error.problems:
            click.echo(problem, err=True)
        click.echo(_count(len(error.problems), "fault"), err=True)
        return cli_exits.FAILED
    for problem in found.warnings:
        click.echo(replace(problem, message=f"warning: {problem.message}"), err=True)
    warned = f", {_count(len(found.warnings), 'warning')}" if found.warnings else ""
    domains = found.settings.domains
    hosts = sum(len(domain.hosts) for domain in domains)
    echo(f"{file}: no fault{warned}; {_count(len(domains), 'domain')}, {_count(hosts, 'host')}")
    return cli_exits.FAILED if strict and found.warnings else cli_exits.DONE


@config.command(
    epilog="""\b
Example, for an editor with a YAML language server:
  boks-exporter config schema > boks-exporter.schema.json
  # and as the first line of the configuration:
  # yaml-language-server: $schema=boks-exporter.schema.json"""
)
def schema() -> int:
    """Print the JSON Schema of the configuration, for completion and checks in editors."""
    from boks_exporter.config import json_schema

    echo(json.dumps(json_schema(), indent=2))
    return cli_exits.DONE


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
