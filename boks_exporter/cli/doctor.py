"""`boks-exporter doctor`: everything that must hold, and what to type where it does not."""

import json
import sys
from typing import TYPE_CHECKING, Any, Final

import click

from boks_exporter.cli import cli_exits, options
from boks_exporter.cli.options import FILE, HTTP_URL, LISTEN_ADDRESS
from boks_exporter.cli.streams import echo
from boks_exporter.text.harmless import harmless

if TYPE_CHECKING:
    from boks_exporter.doctor.check import Check
    from boks_exporter.doctor.doctor import DoctorOptions

_COLOURS: Final = {"ok": "green", "warning": "yellow", "failed": "red", "skipped": None}


@click.command(
    epilog="""\b
Examples:
  boks-exporter doctor
  boks-exporter doctor replica1
  boks-exporter doctor --prometheus http://prometheus:9090 --alertmanager http://alertmanager:9093
  boks-exporter doctor --output json | jq '.checks[] | select(.result == "failed")'

Exit codes: 0 nothing failed, 1 something failed, or the configuration cannot be used, 2 wrong usage."""
)
@click.argument("hosts", nargs=-1, metavar="[HOST]...")
@options.config_file
@click.option("--domain", "domains", multiple=True, metavar="NAME", help="Only this domain. May be repeated.")
@click.option(
    "--web.config.file",
    "web_config_file",
    type=FILE,
    envvar="BOKS_EXPORTER_WEB_CONFIG_FILE",
    show_envvar=True,
    metavar="FILE",
    help="The web configuration file that the daemon will use.",
)
@click.option(
    "--web.listen-address",
    "listen_addresses",
    type=LISTEN_ADDRESS,
    multiple=True,
    default=(":16500",),
    show_default=True,
    metavar="ADDRESS",
    help="Where the daemon will listen. May be repeated.",
)
@click.option(
    "--prometheus",
    type=HTTP_URL,
    metavar="URL",
    help="Also check that this Prometheus scrapes the exporter and has its rules.",
)
@click.option(
    "--alertmanager",
    type=HTTP_URL,
    metavar="URL",
    help="Also check that this Alertmanager routes the exporter's alerts.",
)
@click.option("--job", default="boks", show_default=True, metavar="NAME", help="The exporter's job in Prometheus.")
@options.output("json has one object per check.")
def doctor(*, output: str, **given: Any) -> int:
    """Check everything that the exporter needs, one line each, with what to type where a check fails.

    On this machine: the configuration with its keys and permissions, the web configuration, the port, the state file
    and the journal. Of every host, or of HOST alone: name, port, algorithms, host key, login, forced command, sudo
    rule, gate version, boksadm, each section, unread lines, clock and role. Hosts that only the master's list names
    are checked too where the configuration says discover, or where HOST names one.

    It runs the code that the exporter runs. Run it as the exporter's user. A user and password for Prometheus and
    Alertmanager come from ~/.netrc.
    """
    from boks_exporter.app.logs import configure
    from boks_exporter.app.options import LogFormat
    from boks_exporter.doctor.doctor import DoctorOptions

    configure("critical", LogFormat.LOGFMT)
    is_good = run_doctor(DoctorOptions(**given), is_text=output == "text")
    return cli_exits.DONE if is_good else cli_exits.FAILED


def run_doctor(given: "DoctorOptions", *, is_text: bool = True) -> bool:
    """Run all checks and print them; returns whether nothing failed."""
    import asyncio

    from boks_exporter.doctor.check import is_passed

    checks = asyncio.run(_run(given, is_text=is_text))
    is_good = is_passed(checks)
    if is_text:
        echo(", ".join(f"{sum(each.result == result for each in checks)} {result}" for result in _COLOURS))
    else:
        found = [
            {"about": each.about, "check": each.name, "result": each.result, "found": each.found, "remedy": each.remedy}
            for each in checks
        ]
        echo(json.dumps({"is_passed": is_good, "checks": found}, indent=2))
    return is_good


async def _run(given: "DoctorOptions", *, is_text: bool) -> "list[Check]":
    from boks_exporter.doctor.doctor import all_checks

    checks = []
    progress = is_text and sys.stderr.isatty()
    _show_progress("checking ...", on=progress)
    async for check in all_checks(given):
        _show_progress("", on=progress)
        checks.append(check)
        if is_text:
            _show(check)
        _show_progress(f"checked {harmless(check.about)}: {harmless(check.name)} ...", on=progress)
    _show_progress("", on=progress)
    return checks


def _show(check: "Check") -> None:
    """Print one check: result, subject, name and what was found; below it what to type."""
    result = click.style(f"{check.result:<8}", fg=_COLOURS[check.result])
    echo(f"{result} {harmless(check.about):<14} {harmless(check.name):<17} {harmless(check.found)}")
    if check.remedy:
        echo(f"{'':8} {'':14} {'-> type':<17} {harmless(check.remedy)}")


def _show_progress(text: str, *, on: bool) -> None:
    if on:
        click.echo(f"\r\x1b[K{text[:79]}", err=True, nl=False)
