"""Command `diagnose`: the ten steps for one host, as text or JSON."""

import json
from typing import TYPE_CHECKING, Any, Final

import click

from boks_exporter.cli import options
from boks_exporter.cli.streams import echo

if TYPE_CHECKING:
    from boks_exporter.cli.report_source import ReportQuery
    from boks_exporter.diagnosis.result import DiagnosisFacts

import shutil
import sys
import textwrap
from collections.abc import Iterator

from boks_exporter.diagnosis.result import Cause, Diagnosis, DiagnosisStep, StepFinding
from boks_exporter.text.harmless import harmless

_SHAPES: Final = {StepFinding.FINE: "✓", StepFinding.FAULT: "■", StepFinding.UNKNOWN: "?", StepFinding.MANUAL: "·"}
_LABEL: Final = 13
_WITHOUT_TERMINAL: Final = 10_000
_NARROWEST: Final = 60


def as_json(found: Diagnosis) -> dict[str, Any]:
    """Write every part; keys are only ever added."""
    causes = [_cause(cause) for cause in found.causes]
    return {
        "domain": found.domain,
        "host": found.host,
        "state": found.state,
        "reason": found.reason,
        "steps": [_step(step) for step in found.steps],
        "cause": causes[0] if causes else None,
        "other_causes": causes[1:],
        "unknown_steps": list(found.unknown),
    }


def _step(step: DiagnosisStep) -> dict[str, Any]:
    return {
        "number": step.number,
        "title": step.title,
        "finding": step.finding,
        "looked_at": step.looked_at,
        "found": step.found,
        "means": step.means,
        "certainty": step.certainty,
        "source": step.source,
        "next": step.next,
    }


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "name": cause.rank.name.lower(),
        "cause": cause.what,
        "because": cause.because,
        "command": cause.command,
        "certainty": cause.certainty,
        "source": cause.source,
    }


def as_text(found: Diagnosis) -> Iterator[str]:
    """Format the steps in order, and the most likely cause at the end, where a terminal shows it."""
    yield harmless(f"{found.host} ({found.domain}): {found.state} - {found.reason}")
    for step in found.steps:
        yield ""
        yield harmless(f"{_SHAPES[step.finding]} {step.number} {step.title}: {step.finding}")
        yield from _field("looked at", step.looked_at)
        yield from _field("found", step.found)
        yield from _field("means", step.means)
        yield from _field("how sure", f"{step.certainty}: {step.source}")
        yield from _field("next", step.next)
    yield ""
    yield from _conclusion(found)


def _conclusion(found: Diagnosis) -> Iterator[str]:
    if not found.causes:
        unknown = f"; not everything could be read (step {', '.join(map(str, found.unknown))})" if found.unknown else ""
        yield f"no fault was found{unknown}"
        return
    first = found.causes[0]
    yield from _field("most likely", first.what, indent="")
    yield from _field("because", first.because)
    yield from _field("how sure", f"{first.certainty}: {first.source}")
    for other in found.causes[1:]:
        yield from _field("also found", f"{other.what}; {other.command}")
    yield from _field("do this", first.command, indent="")


def _field(label: str, text: str, indent: str = "  ") -> Iterator[str]:
    """Wrap a labelled text to the terminal; commands stay whole words."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _WITHOUT_TERMINAL
    begin = f"{indent}{label}:".ljust(_LABEL + 1)
    yield from textwrap.wrap(
        harmless(text),
        max(width, _NARROWEST),
        initial_indent=begin,
        subsequent_indent=" " * len(begin),
        break_long_words=False,
        break_on_hyphens=False,
    )


_FAULT_FOUND: Final = 10
_NOT_ALL_KNOWN: Final = 11


@click.command(
    short_help="Find out what is wrong with a host, and what to do.",
    epilog="""\b
Examples:
  boks-exporter diagnose replica1
  boks-exporter diagnose replica1 --url http://monitor:16500
  boks-exporter diagnose replica1 --config.file /var/tmp/incident/replay.yaml
  boks-exporter diagnose replica1 --output json | jq .cause

Exit codes: 0 no fault found, 1 failed, with the reason, 2 wrong usage, 10 a cause was found,
11 no fault found, but not everything could be read.""",
)
@click.argument("host")
@options.source
@options.timeout("120s")
@options.output("json is stable: keys are only added.")
@click.pass_context
def diagnose(ctx: click.Context, /, *, host: str, output: str, **given: Any) -> int:
    """Go through the ten steps of troubleshooting BoKS's replication for HOST, and name the most likely cause.

    Each step shows what was looked at, what was found, what it means, how sure that is, and what to do next. Nothing is
    changed: steps that would change BoKS or read a key are named and left to you.

    It polls the domain once and asks HOST and its master for processes, ports, queue and definition. A recording has
    these as far as they were recorded. A running exporter (--url) has the verdict and the numbers only.
    """
    from boks_exporter.cli.report_source import ReportQuery
    from boks_exporter.diagnosis.diagnose import diagnose as run_steps

    query = ReportQuery.of(ctx, **given)
    found = run_steps(_of_url(query, host) if query.url is not None else _of_hosts(query, host))
    if output == "json":
        echo(json.dumps(as_json(found), indent=2))
    else:
        for line in as_text(found):
            echo(line)
    if found.causes:
        return _FAULT_FOUND
    return _NOT_ALL_KNOWN if found.unknown else 0


def _of_url(query: "ReportQuery", host: str) -> "DiagnosisFacts":
    from boks_exporter.cli.report_source import fetch
    from boks_exporter.diagnosis.result import DiagnosisFacts

    report = fetch(query).report
    domain = _only_domain(report["domains"], host, query.url or "")
    absent = "not part of the report of a running exporter; diagnose on its machine, without --url"
    commands = query.next_commands.of(domain["domain"] if len(report["domains"]) > 1 else "")
    return DiagnosisFacts(host, domain, {}, absent, commands)


def _of_hosts(query: "ReportQuery", host: str) -> "DiagnosisFacts":
    import asyncio

    from boks_exporter.app.logs import configure
    from boks_exporter.app.options import LogFormat
    from boks_exporter.cli.options import validate_domains
    from boks_exporter.cli.report_source import TimedOutError
    from boks_exporter.config import load
    from boks_exporter.diagnosis.diagnose import gather
    from boks_exporter.diagnosis.result import DiagnosisFacts

    settings = load(query.config_file)
    validate_domains(query.domains, [domain.name for domain in settings.domains], str(query.config_file))
    configure("error", LogFormat.LOGFMT)
    try:
        gathered = asyncio.run(asyncio.wait_for(gather(settings, query.domains, host), query.timeout_seconds))
    except TimeoutError as error:
        raise TimedOutError(f"polling took longer than {query.timeout_seconds:g} s; raise --timeout") from error
    domain = _only_domain(gathered.report["domains"], host, str(query.config_file))
    name = domain["domain"]
    commands = query.next_commands.of(name if len(settings.domains) > 1 else "")
    absent = gathered.failures.get(host, "it did not answer")
    return DiagnosisFacts(host, domain, gathered.seen.get(name, {}), absent, commands)


def _only_domain(domains: Any, host: str, where: str) -> Any:
    """Return the one domain that has the host."""
    having = [domain for domain in domains if any(each["host"] == host for each in domain["hosts"])]
    if len(having) == 1:
        return having[0]
    if having:
        message = f"{host} is in {', '.join(domain['domain'] for domain in having)}: choose one with --domain"
        raise click.UsageError(message)
    known = ", ".join(each["host"] for domain in domains for each in domain["hosts"])
    raise click.UsageError(f"no host {host} in {where}; expected one of its hosts{f': {known}' if known else ''}")
