"""`boks-exporter failover declare-lost`: a former master that never runs again."""

import json

from boks_exporter.app.failover_wiring import current_operator, journal_of, observed
from boks_exporter.cli.failover.open_runs import show_open_runs
from boks_exporter.cli.failover.options import Common, refused, run_async, validate_host
from boks_exporter.cli.streams import echo
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.journal_facts import DeclaredLost
from boks_exporter.failover.runner import NextCommand


def declare(common: Common, host: str, reason: str) -> int:
    """Ask the host, and store the declaration where its machine gives no sign of life."""
    domain = common.domain(host)
    validate_host(domain, host)
    known = show_open_runs(domain)
    facts = run_async(lambda: observed(domain, known))
    if sign := facts.sign_of_life(host):
        command = NextCommand("declare-lost", (host, "--reason", reason))
        text = f"{host} cannot be declared lost: {sign}; switch it off or isolate it first"
        return refused(common, Exit.REFUSED, text, command, host=host)
    lost = DeclaredLost(host, str(current_operator()), reason, facts.seen_at)
    with journal_of(domain) as journal:
        journal.declare_lost(domain.domain.name, lost)
    sentence = f"{host} is declared lost; its first answer ends this"
    echo(json.dumps({"host": host, "declared_timestamp_seconds": lost.at}) if common.is_json else sentence)
    return int(Exit.DONE)
