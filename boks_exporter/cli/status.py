"""`boks-exporter status`: every host of every domain, as a table or JSON."""

import json
from typing import Any

import click

from boks_exporter.cli import cli_exits, options
from boks_exporter.cli.streams import say


@click.command(
    short_help="Show every host of every domain.",
    epilog="""\b
Examples:
  boks-exporter status
  boks-exporter status --config.file FILE --domain prod
  boks-exporter status --url http://monitor:16500
  boks-exporter status --url https://monitor:16500/boks --username ops --password-file ~/.boks-password
  boks-exporter status --output json | jq '.domains[].hosts[] | select(.state != "ok")'

Exit codes: 0 shown (in any state; use `check` for a verdict), 1 failed, with the reason, 2 wrong usage.""",
)
@options.source
@options.timeout("60s")
@options.output("table", "json is stable: keys are only added.")
@click.pass_context
def status(ctx: click.Context, /, *, output: str, **given: Any) -> int:
    """Show every host: role, state, lag, ahead, last packet, and the reason for its state.

    It polls the hosts once, or reads from a running exporter with --url, which also has lag in seconds.

    A question mark is an unknown value. LAG and AHEAD are updates in the worst table, proven between two readings of
    the master. LAST PACKET is the time between the master's last packet to the host and the poll. Colours are used on
    a terminal only, unless NO_COLOR is set. A narrow terminal shows the reasons below the table and drops LAST PACKET,
    SITE and ROLE, in this order; the DNS domain that all hosts share is omitted.
    """
    from boks_exporter.cli.report_source import ReportQuery, fetch

    report = fetch(ReportQuery.of(ctx, **given)).report
    if output == "json":
        say(json.dumps(report, indent=2))
    elif not report["domains"]:
        say("no domain has been polled yet")
    else:
        from boks_exporter.cli.status_table import show

        show(report)
    return cli_exits.DONE
