"""`boks-exporter maintenance`: manage maintenance windows."""

import json
from typing import Any

import click

from boks_exporter.cli import cli_exits
from boks_exporter.cli.failover.options import Common, common, validate_host
from boks_exporter.cli.options import DURATION, UTF8, WORDS
from boks_exporter.cli.streams import echo
from boks_exporter.text.harmless import harmless


@click.group()
def maintenance() -> None:
    """Manage maintenance windows. They expire on their own.

    Metrics and alerts take them into account.
    """


@maintenance.command(
    epilog="""\b
Examples:
  boks-exporter maintenance start replica1 --for 2h --reason "new disks"

Exit codes: 0 done, 1 failed, 2 wrong usage."""
)
@click.argument("host", type=UTF8)
@click.option("--for", "seconds", type=DURATION, required=True, help="How long at most, such as 2h.")
@click.option("--reason", type=WORDS, required=True, metavar="TEXT", help="Why.")
@common
def start(*, host: str, seconds: float, reason: str, **given: Any) -> int:
    """Start a maintenance window for HOST."""
    from boks_exporter.app.failover_wiring import current_operator, journal_of
    from boks_exporter.cli.failover.text_output import time_of
    from boks_exporter.failover.journal import Maintenance
    from boks_exporter.observe import SystemClock

    asked = Common(**given)
    domain, now = asked.domain(host, needs_operator=False), SystemClock().now()
    validate_host(domain, host)
    window = Maintenance(
        domain=domain.domain.name,
        host=host,
        started_at=now,
        until=now + seconds,
        reason=reason,
        owner=str(current_operator()),
    )
    with journal_of(domain) as journal:
        journal.start_maintenance(window)
        windows = journal.maintenance(now, domain.domain.name)
    # An earlier window may last longer than this one.
    until = max(each.until for each in windows if each.host == host)
    text = f"{host} is under maintenance until {time_of(until)}"
    echo(json.dumps({"host": host, "until_timestamp_seconds": until}) if asked.is_json else text)
    return cli_exits.DONE


@maintenance.command(
    name="list",
    epilog="""\b
Examples:
  boks-exporter maintenance list --output json

Exit codes: 0 shown, 1 failed, 2 wrong usage.""",
)
@common
def list_windows(**given: Any) -> int:
    """List the active maintenance windows."""
    from boks_exporter.app.failover_wiring import kept_journal
    from boks_exporter.cli.failover.text_output import time_of
    from boks_exporter.observe import SystemClock

    asked = Common(**given)
    domain = asked.domain(needs_operator=False)
    with kept_journal(domain) as journal:
        windows = journal.maintenance(SystemClock().now(), domain.domain.name) if journal else ()
    if asked.is_json:
        shown = [
            {
                "host": each.host,
                "started_timestamp_seconds": each.started_at,
                "until_timestamp_seconds": each.until,
                "reason": each.reason,
                "owner": each.owner,
                "run": each.run,
            }
            for each in windows
        ]
        echo(json.dumps(shown, indent=2))
    else:
        lines = (f"{each.host} until {time_of(each.until)}, {each.owner}: {harmless(each.reason)}" for each in windows)
        echo("\n".join(lines) or "no host is under maintenance")
    return cli_exits.DONE


@maintenance.command(
    epilog="""\b
Examples:
  boks-exporter maintenance end replica1

Exit codes: 0 done, 1 failed, 2 wrong usage."""
)
@click.argument("host", type=UTF8)
@common
def end(*, host: str, **given: Any) -> int:
    """End all maintenance windows of HOST."""
    from boks_exporter.app.failover_wiring import journal_of
    from boks_exporter.observe import SystemClock

    asked = Common(**given)
    domain = asked.domain(host, needs_operator=False)
    validate_host(domain, host)
    with journal_of(domain) as journal:
        ended = journal.end_maintenance(domain.domain.name, host, SystemClock().now())
    text = f"{host} is no longer under maintenance" if ended else f"{host} was not under maintenance"
    echo(json.dumps({"host": host, "ended": ended}) if asked.is_json else text)
    return cli_exits.DONE
