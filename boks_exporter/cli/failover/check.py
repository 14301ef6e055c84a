"""`boks-exporter failover check`: what a promotion tonight would need, as a monitoring plugin."""

import json
from collections.abc import Iterator
from typing import Any

import click

from boks_exporter.cli.failover import options
from boks_exporter.cli.failover.options import Common, run_async
from boks_exporter.cli.options import timeout


@click.command(
    epilog="""\b
Examples:
  boks-exporter failover check --domain prod
  15 6 * * *  boksop  boks-exporter failover check --domain prod >/dev/null || mail-the-team

Exit codes: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. Wrong usage, a faulty configuration and a timeout are
UNKNOWN too, with the reason in the first line."""
)
@timeout("2m")
@options.common
def check(*, timeout_seconds: float, **given: Any) -> int:
    """Check what a promotion tonight would need, as a monitoring plugin. Read-only, for every day.

    For each replica that may become master: the operator's key and gate, sudo, the files of its database, its name, the
    free space, the findings of a promotion, and whether it reaches the running master, as a witness must. For this
    machine: the journal, and the fence, which must not call a running master off. CRITICAL blocks a promotion of that
    host, WARNING needs an acceptance.

    It writes what it saw into the knowledge file next to the journal. No host is changed.
    """
    from boks_exporter.app.failover_wiring import open_survey
    from boks_exporter.cli.check.unknown_on_error import Watchdog, print_result
    from boks_exporter.cli.failover.open_runs import show_open_runs
    from boks_exporter.operations.daily_check import CheckRound, check_promotion, observe_for_check

    common = Common(**given)
    domain = common.domain(needs_operator=False)
    known = show_open_runs(domain)

    async def look() -> CheckRound:
        async with open_survey(domain) as survey:
            return await observe_for_check(survey, known)

    with Watchdog(timeout_seconds, wants_json=common.is_json):
        found = check_promotion(domain, run_async(look))
    name = domain.domain.name
    return print_result(_as_json(name, found) if common.is_json else "\n".join(_as_text(name, found)), int(found.state))


def _as_text(domain: str, check: Any) -> Iterator[str]:
    """Write one short line with performance data, then each check that is not OK, then the others."""
    from boks_exporter.cli.check.severity import plugin_text

    bad = [item for item in check.items if item.state]
    counted = f"'{domain}/candidates'={len(check.candidates)};;;0; '{domain}/ready'={len(check.ready)};;;0;"
    yield f"BOKS {check.state.name} - {plugin_text(_summary(domain, check))} | {counted}"
    for item in bad:
        where = f"{item.host}: " if item.host else ""
        yield plugin_text(f"[{item.state.name}] {domain}: {where}{item.name}: {item.sentence}")
    for host in (None, *check.candidates):
        fine = [item.name for item in check.items if item.host == host and not item.state]
        if fine:
            yield plugin_text(f"[OK] {domain}: {f'{host}: ' if host else ''}{', '.join(dict.fromkeys(fine))}")


def _summary(domain: str, check: Any) -> str:
    worst = [item for item in check.items if item.state is check.state]
    first = worst[0]
    more = f"; and {len(worst) - 1} more" if check.state and len(worst) > 1 else ""
    where = f"{first.host}: " if first.host else ""
    return f"{domain}: {where}{first.sentence}{more}"


def _as_json(domain: str, check: Any) -> str:
    """Write the result in the form of `check`, and every check of every candidate."""
    from boks_exporter.cli.check.severity import Severity, judgement

    found = [
        {"state": item.state.name, "domain": domain, "host": item.host, "name": item.name, "text": item.sentence}
        for item in check.items
    ]
    return json.dumps(
        {
            "check": judgement(Severity(check.state), _summary(domain, check), found),
            "domain": domain,
            "candidates": [{"host": host, "state": check.state_of(host).name} for host in check.candidates],
            "ready": list(check.ready),
        },
        indent=2,
    )
