"""`boks-exporter events`: what changed, from a running exporter."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from boks_exporter.cli import cli_exits, options
from boks_exporter.cli.options import DURATION
from boks_exporter.cli.streams import echo
from boks_exporter.text.formatting import utc_clock
from boks_exporter.text.harmless import harmless

if TYPE_CHECKING:
    from boks_exporter.report import EventReport

_FOLLOW_SECONDS: Final = 5.0


@click.command(
    short_help="Show what changed, from a running exporter.",
    epilog="""\b
Examples:
  boks-exporter events --url http://monitor:16500
  boks-exporter events --url http://monitor:16500 --since 2h --host replica1
  boks-exporter events --url http://monitor:16500 --follow
  boks-exporter events --url http://monitor:16500 --output json | jq 'select(.state != "ok")'

Exit codes: 0 shown, 1 failed, with the reason, 2 wrong usage, 130 interrupted.""",
)
@options.source
@options.timeout("60s")
@click.option("--host", "hosts", multiple=True, metavar="NAME", help="Only this host. May be repeated.")
@click.option(
    "--since",
    "since_seconds",
    type=DURATION,
    default="24h",
    show_default=True,
    help="How far back; the exporter keeps a day.",
)
@click.option("--follow", is_flag=True, help="Continue with new changes until it is interrupted.")
@options.output("json is one object on each line.")
@click.pass_context
def events(
    ctx: click.Context, /, *, hosts: tuple[str, ...], since_seconds: float, follow: bool, output: str, **given: Any
) -> int:
    """Show the changes of the last day, oldest first: states of hosts and domains, and which host is master.

    Each line has the time, the domain, the host, the state before and after, and the reason. It reads from a running
    exporter: a single poll knows no change.
    """
    from boks_exporter.cli.http_client import fetch_events
    from boks_exporter.cli.report_source import ReportQuery, access_to

    query = ReportQuery.of(ctx, **given)
    if query.url is None:
        message = "--url: expected the URL of a running exporter, such as http://monitor:16500; a poll knows no changes"
        raise click.UsageError(message)
    access = access_to(query)
    since = max(0.0, time.time() - since_seconds)

    def fetch(after: float) -> "Sequence[EventReport]":
        return fetch_events(access, query.timeout_seconds, after)

    for event in _followed(fetch, since) if follow else fetch(since):
        if (not query.domains or event["domain"] in query.domains) and (not hosts or event["host"] in hosts):
            echo(json.dumps(event) if output == "json" else _line(event))
    return cli_exits.DONE


def _followed(fetch: "Callable[[float], Sequence[EventReport]]", since: float) -> "Iterator[EventReport]":
    """Yield changes as they come; each fetch asks for what is newer than the last one."""
    while True:
        for event in fetch(since):
            since = max(since, event["timestamp_seconds"])
            yield event
        time.sleep(_FOLLOW_SECONDS)


def _line(event: "EventReport") -> str:
    where = event["domain"] if event["host"] is None else f"{event['domain']} {event['host']}"
    if event["event"] == "masters_changed":
        change = f"master {event['was'] or 'none'} -> {event['state'] or 'none'}"
    else:
        change = f"{event['was'] or 'first seen'} -> {event['state']}"
    reason = f": {event['reason']}" if event["reason"] else ""
    return harmless(f"{utc_clock(event['timestamp_seconds'])}  {where}  {change}{reason}")
