"""`boks-exporter failover declare-lost`: a former master that never runs again."""

import json

import click

from boks_exporter.app.failover_wiring import current_operator, journal_of, observed
from boks_exporter.cli.failover.open_runs import show_open_runs
from boks_exporter.cli.failover.options import Common, run_async, validate_host
from boks_exporter.cli.streams import echo
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.journal_facts import DeclaredLost
from boks_exporter.text.harmless import harmless


def declare(common: Common, host: str, reason: str) -> int:
    """Ask the host, and store the declaration where its machine gives no sign of life."""
    domain = common.domain(host)
    validate_host(domain, host)
    known = show_open_runs(domain)
    facts = run_async(lambda: observed(domain, known))
    if sign := facts.sign_of_life(host):
        said = f"{host} cannot be declared lost: {sign}; switch it off or isolate it first"
        click.echo(f"Error: {harmless(said)}", err=True)
        if common.is_json:
            echo(json.dumps({"exit_code": int(Exit.REFUSED), "host": host, "error": said}))
        return int(Exit.REFUSED)
    lost = DeclaredLost(host, str(current_operator()), reason, facts.seen_at)
    with journal_of(domain) as journal:
        journal.declare_lost(domain.domain.name, lost)
    said = f"{host} is declared lost; its first answer ends this"
    echo(json.dumps({"host": host, "declared_timestamp_seconds": lost.at}) if common.is_json else said)
    return int(Exit.DONE)
