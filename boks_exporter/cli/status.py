"""`boks-exporter status`: every host of every domain, as a table, JSON or metrics; or single hosts with all tables."""

import json
import sys
from typing import TYPE_CHECKING, Any, Final

import click

from boks_exporter.cli import cli_exits, options
from boks_exporter.cli.options import DURATION
from boks_exporter.cli.streams import echo

if TYPE_CHECKING:
    from boks_exporter.cli.report_source import ReportQuery

_SHORTEST_POLL_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 30.0
_URL_SECONDS: Final = 5.0


@click.command(
    short_help="Show every host of every domain, or the tables of some.",
    epilog="""\b
Examples:
  boks-exporter status
  boks-exporter status replica1
  boks-exporter status --config.file FILE --domain prod
  boks-exporter status --url http://monitor:16500 --watch
  boks-exporter status --url https://monitor:16500/boks --username ops --password-file ~/.boks-password
  boks-exporter status --output json | jq '.domains[].hosts[] | select(.state != "ok")'
  boks-exporter status --output prom > /var/lib/node_exporter/boks.prom.new

Exit codes: 0 shown (in any state; use `check` for a verdict), 1 failed, with the reason, 2 wrong usage.""",
)
@click.argument("hosts", nargs=-1, metavar="[HOST]...")
@options.source
@options.timeout("60s")
@click.option(
    "--output",
    type=click.Choice(["table", "json", "prom"]),
    default="table",
    show_default=True,
    help="json is stable: keys are only added. prom is for node_exporter's textfile collector.",
)
@click.option("--watch", is_flag=True, help="Refresh the table on the terminal until it is interrupted.")
@click.option(
    "--interval",
    "interval_seconds",
    type=DURATION,
    help="With --watch: the time between refreshes; 5s with --url, 30s and at least 10s without.",
)
@click.pass_context
def status(
    ctx: click.Context,
    /,
    *,
    hosts: tuple[str, ...],
    output: str,
    watch: bool,
    interval_seconds: float | None,
    **given: Any,
) -> int:
    """Show every host: role, state, lag, ahead, last packet, and the reason for its state; the worst first.

    With HOST it shows all tables of these hosts, with the numbers of their master.

    It polls the hosts once, or reads from a running exporter with --url, which also has lag in seconds.

    A question mark is an unknown value. LAG and AHEAD are updates in the worst table, proven between two readings of
    the master. LAST PACKET is the time between the master's last packet to the host and the poll. SINCE, in UTC, is
    known to a running exporter, also through its state file; "before" is the time of its first poll. Colours and shapes
    are used on a terminal only; NO_COLOR switches the colours off. A narrow terminal shows the reasons below the table
    and drops LAST PACKET, SITE, ROLE and SINCE, in this order; the DNS domain that all hosts share is omitted.

    --watch marks hosts whose state, role or listed status changed with an asterisk. A file for the textfile collector
    must appear at once: write another file first and move it.
    """
    from boks_exporter.cli.report_source import ReportQuery

    query = ReportQuery.of(ctx, **given)
    _check(query, hosts, output, watch=watch, interval_seconds=interval_seconds)
    if output == "prom":
        return _metrics(query)
    if watch:
        return _watch(query, interval_seconds)
    return _show(query, hosts, output)


def _check(
    query: "ReportQuery", hosts: tuple[str, ...], output: str, *, watch: bool, interval_seconds: float | None
) -> None:
    """Raise UsageError for options that exclude each other."""
    fault = None
    if output == "prom" and (query.url is not None or hosts):
        fault = "--output prom polls all hosts: let Prometheus scrape a running exporter instead of --url, name no HOST"
    elif watch and (output != "table" or hosts):
        fault = "--watch shows the table of all hosts: leave out --output and HOST"
    elif watch and not sys.stdout.isatty():
        fault = "--watch needs a terminal; for a file or a pipe run `status` again and again"
    elif interval_seconds is not None and not watch:
        fault = "--interval: expected --watch as well: without it, it has no effect"
    elif interval_seconds is not None and query.url is None and interval_seconds < _SHORTEST_POLL_SECONDS:
        fault = (
            f"--interval: expected at least {_SHORTEST_POLL_SECONDS:g}s where every refresh polls all hosts; use --url"
        )
    if fault:
        raise click.UsageError(fault)


def _show(query: "ReportQuery", hosts: tuple[str, ...], output: str) -> int:
    from boks_exporter.cli.report_source import fetch
    from boks_exporter.cli.status_host import host_lines, restricted, unknown_hosts

    report = fetch(query).report
    if missing := unknown_hosts(report, hosts):
        known = ", ".join(each["host"] for domain in report["domains"] for each in domain["hosts"])
        raise click.UsageError(f"no host {', '.join(missing)}; expected one of {known or 'none'}")
    if output == "json":
        echo(json.dumps(restricted(report, hosts) if hosts else report, indent=2))
    elif not report["domains"]:
        echo("no domain has been polled yet")
    elif hosts:
        echo("\n".join(host_lines(report, hosts)).rstrip("\n"))
    else:
        from boks_exporter.cli.status_table import show

        show(report, query.next_commands)
    return cli_exits.DONE


def _watch(query: "ReportQuery", interval_seconds: float | None) -> int:
    from boks_exporter.cli.report_source import fetch
    from boks_exporter.cli.status_watch import StatusWatch

    usual = _POLL_SECONDS if query.url is None else _URL_SECONDS
    interval = usual if interval_seconds is None else interval_seconds
    StatusWatch(lambda: fetch(query).report, interval, query.next_commands).run()
    return cli_exits.DONE


def _metrics(query: "ReportQuery") -> int:
    from boks_exporter.app.build_info import exporter_info
    from boks_exporter.cli.report_source import poll_views
    from boks_exporter.exposition import render

    echo(render(poll_views(query), exporter_info()).classic.decode(), nl=False)
    return cli_exits.DONE
