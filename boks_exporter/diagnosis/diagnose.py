"""The ten steps of the vendor's guide K1256, in order, and what they need from the hosts."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from boks_exporter.app.connections import Connections
from boks_exporter.app.one_shot import poll_once
from boks_exporter.config import DomainSettings, Settings
from boks_exporter.diagnosis.connection_steps import communication, definition, node_keys
from boks_exporter.diagnosis.copy_steps import download, listed
from boks_exporter.diagnosis.process_steps import error_logs, processes, queue
from boks_exporter.diagnosis.result import Diagnosis, DiagnosisFacts, DiagnosisStep, StatementCertainty, StepFinding
from boks_exporter.diagnosis.settings_steps import configuration
from boks_exporter.exposition import DomainView, status_report
from boks_exporter.model import DomainName, Garbled, HostName, Observed, Section, Unreachable
from boks_exporter.observe.one_poll import with_further_sections
from boks_exporter.remote.settings import ReplaySettings
from boks_exporter.report import StatusReport
from boks_exporter.transport.base import Transport
from boks_exporter.transport.replay import ReplayTransport, rounds_of

_FURTHER: Final = (Section.PORTS, Section.HOSTKEY, Section.REGISTERED, Section.FQUE)


@dataclass(frozen=True)
class Gathered:
    """The report of the domains that have the host, the replies by domain and host, and why others have none."""

    report: StatusReport
    seen: Mapping[DomainName, Mapping[HostName, Observed]]
    failures: Mapping[HostName, str]


async def gather(settings: Settings, domains: Collection[DomainName], host: HostName) -> Gathered:
    """Poll the domains that have the host, and ask the host and its master for what only a diagnosis needs."""
    named = [domain.name for domain in settings.domains if any(each.name == host for each in domain.hosts)]
    wanted = domains or named  # a host that only a list names can be in any domain
    views = [view for view in await poll_once(settings, wanted) if view.snapshot.host(host)]
    seen: dict[DomainName, Mapping[HostName, Observed]] = {}
    failures: dict[HostName, str] = {}
    async with Connections() as connections:
        by_name = {domain.name: domain for domain in settings.domains}
        opened = await connections.apply_settings(settings)
        for view in views:
            domain = by_name[view.snapshot.domain]
            transport = _last_round(domain) or opened[domain.name][1]
            asked = dict.fromkeys((host, *view.snapshot.masters))
            polls = [_ask(view, domain, transport, name, failures) for name in asked]
            answers = await asyncio.gather(*polls)
            seen[domain.name] = {answer.host: answer for answer in answers if answer}
    return Gathered(status_report(views), seen, failures)


def _last_round(domain: DomainSettings) -> Transport | None:
    """Return a transport to the last round of a recorded history, on which the verdict rests."""
    settings = domain.transport
    rounds = rounds_of(settings.directory) if isinstance(settings, ReplaySettings) else ()
    return ReplayTransport(rounds[-1][1]) if rounds else None


async def _ask(
    view: DomainView, domain: DomainSettings, transport: Transport, name: HostName, failures: dict[HostName, str]
) -> Observed | None:
    """Ask for the sections that the round did not have; a failure leaves what the round read."""
    outcome, host = view.snapshot.outcome(name), view.snapshot.host(name)
    if not isinstance(outcome, Observed) or host is None:
        if isinstance(outcome, Unreachable | Garbled):
            failures[name] = f"it did not answer ({outcome.reason}): {outcome.detail}"
        return None
    late = ((Section.PROCESSES, outcome.processes), (Section.DISKSPACE, outcome.diskspace))
    sections = (*(section for section, fact in late if fact is None), *_FURTHER)
    return await with_further_sections(domain, transport, host, outcome, sections)


def diagnose(facts: DiagnosisFacts) -> Diagnosis:
    """Go through all steps; none of them changes anything."""
    steps = [
        step(facts)
        for step in (
            *(listed, error_logs, download, processes, queue),
            *(communication, node_keys, definition, configuration),
        )
    ]
    report = facts.report
    steps.append(_debugging(steps))
    return Diagnosis(facts.domain["domain"], facts.host, report["state"], report["reason"], tuple(steps))


def _debugging(before: list[DiagnosisStep]) -> DiagnosisStep:
    faults = [str(step.number) for step in before if step.finding is StepFinding.FAULT]
    return DiagnosisStep(
        10,
        "debugging of the replication processes",
        StepFinding.MANUAL,
        looked_at="nothing: it means running BoKS's processes with debugging switched on",
        found=f"faults were found in step {', '.join(faults)}" if faults else "no fault was found before this step",
        means="the last resort, where the steps before explain nothing",
        certainty=StatementCertainty.READ,
        source="K1256 (the heading; how it is done is lost)",
        next="follow the steps that found a fault first"
        if faults
        else "record the domain, and call the vendor's support",
    )
