"""The status report of a running exporter as knowledge for a failover command."""

from collections.abc import Iterator

from boks_exporter.failover.earlier_knowledge import EarlierKnowledge, KnownHost
from boks_exporter.failover.facts import Reading
from boks_exporter.failover.journal_facts import Numbers
from boks_exporter.knowledge.knowledge_file import KnowledgeError
from boks_exporter.model import HostName, Role, TableNumber
from boks_exporter.replication import CopyEvidence
from boks_exporter.report import DomainReport, HostReport, KnowledgeReport, StatusReport


def knowledge_from_report(report: StatusReport, source: str, domain: str) -> EarlierKnowledge:
    """Return what a report says of a domain; raises KnowledgeError where it has none, or not enough."""
    found = next((each for each in report["domains"] if each["domain"] == domain), None)
    if found is None:
        names = ", ".join(each["domain"] for each in report["domains"])
        message = f"{source} reports nothing about the domain {domain}; it has {names or 'none'}"
        raise KnowledgeError(message)
    known = found.get("knowledge")
    if known is None:
        message = f"{source} does not report what was known before: it has polled only once, or is an older version"
        raise KnowledgeError(message)
    at = found["last_round_timestamp_seconds"]
    readings = {reading.host: reading for reading in _readings(found, known, source)}
    return EarlierKnowledge(
        domain=domain,
        written_at=at,
        source=source,
        last_known_master=known["last_known_master"],
        hosts=tuple(_hosts(found, known)),
        readings=readings,
        evidence={host["host"]: CopyEvidence(diverged_since=since) for host, since in _with_evidence(found, at)},
        named=dict(known["unresolved_timestamp_seconds"]),
    )


def _hosts(domain: DomainReport, known: KnowledgeReport) -> Iterator[KnownHost]:
    shown = {host["host"]: host for host in domain["hosts"]}
    for each in known["hosts"]:
        host = shown.get(each["host"])
        role = each["role"]
        yield KnownHost(
            name=each["host"],
            address=host["address"] if host else each["host"],
            port=each["port"],
            role=Role(role) if role in {member.value for member in Role} else Role.UNKNOWN,
            answered_at=host["last_success_timestamp_seconds"] if host else None,
            failing_since=each["failing_since_timestamp_seconds"],
            is_discovered=each["discovered"],
        )


def _readings(domain: DomainReport, known: KnowledgeReport, source: str) -> Iterator[Reading]:
    """Yield the numbers that hosts show now, and the last ones of the others."""
    for host in domain["hosts"]:
        if host["tables"] and host["last_success_timestamp_seconds"] is not None:
            numbers = {_table(name): (table["sequence"], None) for name, table in host["tables"].items()}
            yield _reading(host["host"], numbers, host["last_success_timestamp_seconds"], source)
    for each in known["readings"]:
        stamps = each["stamps"]
        numbers_of = {_table(name): (number, stamps.get(name)) for name, number in each["sequences"].items()}
        yield _reading(each["host"], numbers_of, each["read_timestamp_seconds"], source)


def _reading(host: HostName, numbers: Numbers, at: float, source: str) -> Reading:
    return Reading(host, numbers, at, f"reported by {source}")


def _table(name: str) -> TableNumber:
    number = name.removeprefix("T")
    if not number.isdecimal():
        message = f"expected the name of a table such as T7, found {name!r}"
        raise KnowledgeError(message)
    return int(number)


def _with_evidence(domain: DomainReport, now: float) -> Iterator[tuple[HostReport, float]]:
    for host in domain["hosts"]:
        if host["evidence"]:
            proven = host.get("evidence_timestamp_seconds") or {}
            yield host, max(proven.values(), default=now)
