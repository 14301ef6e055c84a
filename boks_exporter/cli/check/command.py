"""`boks-exporter check`: a monitoring plugin."""

from typing import Any

import click

from boks_exporter.cli import options
from boks_exporter.cli.check.ranges import read_range
from boks_exporter.cli.options import DURATION, Checked

RANGE = Checked("range", read_range)


@click.command(
    short_help="Check the domains as a monitoring plugin.",
    epilog="""\b
Ranges have the syntax of monitoring plugins: [@][start:][end]
  10       alert below 0 and above 10        10:20    alert outside of 10 to 20
  10:      alert below 10                    @10:20   alert inside of 10 to 20
  ~:10     alert above 10 only

\b
Examples:
  boks-exporter check --url http://monitor:16500
  boks-exporter check --url http://monitor:16500 --domain prod --host replica1
  boks-exporter check --config.file /etc/boks-exporter/config.yaml -t 30
  boks-exporter check --url http://monitor:16500 --warning-lag 100 --critical-lag 1000 \\
      --warning-lag-seconds 120 --critical-lag-seconds 900

Exit codes: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. Wrong usage, a faulty configuration, an exporter
that does not answer, a timeout and an interruption are UNKNOWN too, with the reason in the first line.""",
)
@options.source
@click.option("--host", "hosts", multiple=True, metavar="NAME", help="Only this host. May be repeated.")
@click.option("--warning-lag", type=RANGE, help="Updates behind the master.")
@click.option("--critical-lag", type=RANGE, help="Updates behind the master.")
@click.option("--warning-lag-seconds", type=RANGE, help="Age of the oldest missing update; needs --url.")
@click.option("--critical-lag-seconds", type=RANGE, help="Age of the oldest missing update; needs --url.")
@click.option("--warning-ahead", type=RANGE, help="Updates ahead of the master.")
@click.option("--critical-ahead", type=RANGE, help="Updates ahead of the master.")
@click.option(
    "--max-age",
    "max_age_seconds",
    type=DURATION,
    default="5m",
    show_default=True,
    help="An older report of a running exporter is UNKNOWN.",
)
@click.option(
    "--maintenance",
    type=click.Choice(["ok", "warn", "ignore"]),
    default="ignore",
    show_default=True,
    help="How a fault of a host under maintenance counts: as OK, at most as WARNING, or as without the window.",
)
@click.option(
    "--perfdata",
    type=click.Choice(["summary", "all"]),
    default="summary",
    show_default=True,
    help="Performance data of hosts with a fault, in at most 4 kB of output, or of all hosts without a limit.",
)
@options.timeout("10s")
@options.output("text is the format of monitoring plugins.")
@click.pass_context
def check(
    ctx: click.Context,
    /,
    *,
    output: str,
    hosts: tuple[str, ...],
    max_age_seconds: float,
    maintenance: str,
    perfdata: str,
    **given: Any,
) -> int:
    """Check the domains as a monitoring plugin.

    Prints one short line, a line per finding, and performance data, and exits with 0, 1, 2 or 3.

    The verdicts decide. CRITICAL: no master, several masters, a replica that is down, ahead or diverged, a site
    whose replicas are all proven unhealthy. WARNING: a replica that is lagging, loading, unlisted or unreachable,
    and one that the master lists but the exporter does not poll. UNKNOWN: a host of which too little is known, an
    old report. The worst result counts: CRITICAL, then WARNING, then UNKNOWN.

    Ranges add findings and never remove one; the limits of the verdicts are `thresholds` in the configuration.
    With --host only those hosts count, not the domain as a whole. A host under maintenance is shown as such.

    It polls the hosts once, or reads from a running exporter with --url, which is faster, polls no host, and has
    lag in seconds. One host that does not answer takes at most 40 % of --timeout.
    """
    from boks_exporter.cli.check.evaluate import FIGURES, Criteria, FigureRanges, Perfdata, judge
    from boks_exporter.cli.check.maintenance import MaintenanceEffect
    from boks_exporter.cli.check.plugin_output import as_json, as_text
    from boks_exporter.cli.check.unknown_on_error import Watchdog, print_result
    from boks_exporter.cli.report_source import ReportQuery, fetch

    limits = {each: FigureRanges(given.pop(f"warning_{each}"), given.pop(f"critical_{each}")) for each in FIGURES}
    query = ReportQuery.of(ctx, **given)
    with Watchdog(query.timeout_seconds, wants_json=output == "json"):
        sourced = fetch(query)
    criteria = Criteria(
        limits=limits,
        hosts=hosts,
        max_age_seconds=max_age_seconds,
        perfdata=Perfdata(perfdata),
        maintenance=MaintenanceEffect(maintenance),
        now=sourced.now,
    )
    result = judge(sourced.report, criteria)
    more = query.next_commands.run("status")
    is_json = output == "json"
    text = as_json(sourced.report, result) if is_json else as_text(sourced.report, result, criteria, more)
    return print_result(text, result.severity)
