"""`boks-exporter failover declare-lost`: a former master that never runs again."""

import json

from boks_exporter.app.failover_wiring import journal_of, who_runs_this
from boks_exporter.cli.failover.open_runs import tell_open_runs
from boks_exporter.cli.failover.options import Common, insist_on_host
from boks_exporter.cli.streams import say
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.journal_facts import DeclaredLost
from boks_exporter.observe import SystemClock


def declare(common: Common, host: str, reason: str) -> int:
    """Store the declaration."""
    domain = common.domain(host)
    insist_on_host(domain, host)
    tell_open_runs(domain)
    lost = DeclaredLost(host, str(who_runs_this()), reason, SystemClock().now())
    with journal_of(domain) as journal:
        journal.declare_lost(domain.domain.name, lost)
    said = f"{host} is declared lost; its first answer ends this"
    say(json.dumps({"host": host, "declared_timestamp_seconds": lost.at}) if common.is_json else said)
    return int(Exit.DONE)
