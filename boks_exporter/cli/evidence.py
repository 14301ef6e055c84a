"""`boks-exporter evidence`: show and clear the evidence that a replica's copy is wrong."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from boks_exporter.cli import cli_exits
from boks_exporter.cli.options import WORDS, config_file
from boks_exporter.cli.streams import echo
from boks_exporter.text.harmless import harmless

if TYPE_CHECKING:
    from boks_exporter.config import DomainSettings, Settings
    from boks_exporter.replication import Clearance, CopyEvidence

_domain = click.option("--domain", "domain_name", metavar="NAME", help="Which domain.")
_output = click.option(
    "--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="json has every field."
)


@click.group()
def evidence() -> None:
    """Show and clear the evidence that copies are wrong.

    A copy that was ahead or diverged is not ok until it is reloaded. Where the exporter could not see that, an operator
    clears the evidence with a reason.
    """


@evidence.command(
    name="list",
    epilog="""\b
Examples:
  boks-exporter evidence list
  boks-exporter evidence list --domain prod --output json

Exit codes: 0 shown, 1 failed, 2 wrong usage.""",
)
@config_file
@_domain
@_output
def list_evidence(*, config_file: Path, domain_name: str | None, output: str) -> int:
    """List the evidence in the state file, and what was cleared."""
    from boks_exporter.failover.journal.clearances import clearances
    from boks_exporter.poller import read_states

    settings = _settings(config_file)
    if settings.state_file is None:
        raise click.ClickException("the configuration names no state_file, so there is no evidence to list; add one")
    states = read_states(settings.state_file)
    found = []
    for domain in _domains(settings, domain_name):
        history = states[domain.name].history if domain.name in states else None
        known = history.evidence if history else {}
        cleared = clearances(settings.journal_of(domain), domain.name)
        found.append((domain.name, history.begun_at if history else None, known, cleared))
    echo(_as_json(found) if output == "json" else "\n".join(_as_text(found)))
    return cli_exits.DONE


@evidence.command(
    epilog="""\b
Examples:
  boks-exporter evidence clear replica1 --reason "rebuilt from the master at 10:15, see CHG-4711"
  boks-exporter evidence clear --domain prod --reason "master restored from the backup of 02:00, all copies rebuilt"

Exit codes: 0 done, 1 failed, 2 wrong usage."""
)
@click.argument("host", required=False)
@click.option("--reason", type=WORDS, required=True, metavar="TEXT", help="Why the copy is right; journaled.")
@config_file
@click.option(
    "--domain",
    "domain_name",
    metavar="NAME",
    help="Which domain. Without HOST all its copies are cleared, as after a restore of the master from a backup.",
)
@_output
def clear(*, host: str | None, reason: str, config_file: Path, domain_name: str | None, output: str) -> int:
    """Clear the evidence against the copy on HOST, or against all copies of a domain.

    The entry is written to the journal and read by every exporter that uses this file; an exporter on another machine
    needs its own. What a later poll proves is evidence again.
    """
    from boks_exporter.app.failover_wiring import current_operator
    from boks_exporter.failover.journal.clearances import record_clearance
    from boks_exporter.observe import SystemClock
    from boks_exporter.replication import Clearance

    if host is None and domain_name is None:
        raise click.UsageError("expected HOST, or --domain to clear the evidence against all copies of a domain")
    settings = _settings(config_file)
    domain = _domain_of(settings, domain_name, host)
    entry = Clearance(host, SystemClock().now(), str(current_operator()), reason)
    path = settings.journal_of(domain)
    record_clearance(path, domain.name, entry)
    what = f"the copy on {host}" if host else f"all copies of {domain.name}"
    shown = {"domain": domain.name, "host": host, "cleared_timestamp_seconds": entry.at, "journal": str(path)}
    text = f"the evidence against {what} is cleared, by {entry.owner}; the entry is in {path}"
    echo(json.dumps(shown) if output == "json" else text)
    return cli_exits.DONE


def _settings(path: Path) -> "Settings":
    from boks_exporter.app.logs import configure
    from boks_exporter.app.options import LogFormat
    from boks_exporter.config import load

    configure("error", LogFormat.LOGFMT)
    return load(path)


def _domains(settings: "Settings", name: str | None) -> list["DomainSettings"]:
    found = [domain for domain in settings.domains if name in {None, domain.name}]
    if not found:
        message = (
            f"no domain {name} in the configuration; there are: {', '.join(each.name for each in settings.domains)}"
        )
        raise click.UsageError(message)
    return found


def _domain_of(settings: "Settings", name: str | None, host: str | None) -> "DomainSettings":
    """Find the one domain that is meant; a discovered host is in no configuration, so one domain may be any host's."""
    found = _domains(settings, name)
    if len(found) > 1:
        found = [domain for domain in found if any(each.name == host for each in domain.hosts)] or found
    if len(found) > 1:
        message = f"{host} may be in several domains: {', '.join(each.name for each in found)}; add --domain"
        raise click.UsageError(message)
    known = _names(settings, found[0])
    if host is not None and known is not None and host not in known:
        raise click.UsageError(f"no host {host} in {found[0].name}; there are: {', '.join(sorted(known))}")
    return found[0]


def _names(settings: "Settings", domain: "DomainSettings") -> set[str] | None:
    """Return the hosts of a domain; None where discovered ones are not known here."""
    from boks_exporter.poller import StateUnreadableError, read_states

    configured = {each.name for each in domain.hosts}
    if not domain.discover:
        return configured
    try:
        states = read_states(settings.state_file) if settings.state_file else {}
    except StateUnreadableError:
        return None
    history = states[domain.name].history if domain.name in states else None
    return {*configured, *history.discovered, *history.evidence} if history else None


def _as_text(found: list[tuple[str, float | None, Any, tuple["Clearance", ...]]]) -> Iterator[str]:
    from boks_exporter.cli.failover.text_output import time_of

    for domain, since, known, cleared in found:
        begun = f"recorded since {time_of(since)}" if since is not None else "nothing is recorded"
        yield harmless(f"{domain}: {begun}, {len(known)} {'copy' if len(known) == 1 else 'copies'} with evidence")
        for host, each in sorted(known.items()):
            yield from (harmless(f"  {host}: {line}") for line in _lines(each))
        for entry in cleared:
            yield harmless(
                f"  cleared {time_of(entry.at)}: {entry.host or 'all copies'}, {entry.owner}: {entry.reason}"
            )


def _lines(known: "CopyEvidence") -> Iterator[str]:
    from boks_exporter.cli.failover.text_output import time_of

    for table, lead in known.leads.items():
        what = "wrote" if lead.by_writing else "was ahead by"
        until = f", passed by the master {time_of(lead.passed_at)}" if lead.passed_at is not None else ""
        yield f"T{table} {what} {lead.amount} since {time_of(lead.since)}, last proven {time_of(lead.proven_at)}{until}"
    for table, difference in known.differences.items():
        what = "missing" if difference.condition == "missing" else "of another generation"
        yield f"T{table} {what} since {time_of(difference.since)}, last proven {time_of(difference.proven_at)}"
    if known.diverged_since is not None:
        yield f"diverged since {time_of(known.diverged_since)}"


def _as_json(found: list[tuple[str, float | None, Any, tuple["Clearance", ...]]]) -> str:
    from boks_exporter.replication.evidence_json import evidence_document

    shown = [
        {
            "domain": domain,
            "evidence_since_timestamp_seconds": since,
            "hosts": {host: evidence_document(each) for host, each in known.items()},
            "cleared": [
                {
                    "host": entry.host,
                    "cleared_timestamp_seconds": entry.at,
                    "owner": entry.owner,
                    "reason": entry.reason,
                }
                for entry in cleared
            ],
        }
        for domain, since, known, cleared in found
    ]
    return json.dumps(shown, indent=2)
