"""What was known of a domain before: the file of `failover check`, and the report of a running exporter."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from boks_exporter.errors import BoksExporterError
from boks_exporter.failover.earlier_knowledge import EarlierKnowledge, KnownHost, LastReach
from boks_exporter.failover.facts import Reading
from boks_exporter.failover.journal_facts import Numbers
from boks_exporter.model import HostName, Role, TableNumber
from boks_exporter.regular_files import read_regular
from boks_exporter.replication import CopyEvidence
from boks_exporter.replication.evidence_json import evidence_document, evidence_of
from boks_exporter.report import DomainReport, HostReport, KnowledgeReport, StatusReport

_MODE: Final = 0o660
_MAX_BYTES: Final = 64 * 1024 * 1024


class KnowledgeError(BoksExporterError):
    """Knowledge that was asked for cannot be read, or a file of it cannot be written."""


class _Part(BaseModel):
    """A part of the file; keys of later versions are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


_Time = Annotated[float, Field(ge=0)]
_Name = Annotated[str, Field(min_length=1, max_length=255)]


class HostPart(_Part):
    """A host with its role when it last answered."""

    name: _Name
    address: _Name
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    role: Role = Role.UNKNOWN
    answered_at: _Time | None = None
    failing_since: _Time | None = None
    is_discovered: bool = False
    own_name: str = ""


class ReadingPart(_Part):
    """A server's numbers: by table, the sequence number and the stamp of its generation."""

    host: _Name
    read_at: _Time
    is_final: bool = False
    numbers: Mapping[Annotated[int, Field(ge=0)], tuple[Annotated[int, Field(ge=0)], float | None]]


class ReachPart(_Part):
    """When a host last reached the master's port of another."""

    host: _Name
    about: _Name
    at: _Time


class KnowledgeDocument(_Part):
    """The whole file."""

    version: Literal[1] = 1
    domain: _Name
    written_at: _Time
    written_by: str = ""
    last_known_master: _Name | None = None
    hosts: tuple[HostPart, ...] = ()
    readings: tuple[ReadingPart, ...] = ()
    evidence: Mapping[_Name, Mapping[str, Any]] = Field(default_factory=dict)
    reached: tuple[ReachPart, ...] = ()
    named: Mapping[_Name, _Time] = Field(default_factory=dict)


def knowledge_path(journal: Path, domain: str) -> Path:
    """Return the file of a domain's knowledge: next to its journal, where every failover command looks for it."""
    return journal.with_name(f"{journal.stem}-knowledge-{quote(domain, safe='')}.json")


def write_knowledge(path: Path, knowledge: EarlierKnowledge) -> None:
    """Replace the file in one step, readable for its owner and group; raises KnowledgeError."""
    text = _document(knowledge).model_dump_json(indent=1) + "\n"
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with new.open("w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), _MODE)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise KnowledgeError(f"the knowledge file {path} cannot be written: {error.strerror}") from error


def read_knowledge(path: Path, domain: str) -> EarlierKnowledge:
    """Read a file about a domain; raises KnowledgeError."""
    try:
        content = read_regular(path, _MAX_BYTES + 1)
    except OSError as error:
        raise KnowledgeError(f"the knowledge file {path} cannot be read: {error.strerror}") from error
    if len(content) > _MAX_BYTES:
        raise KnowledgeError(f"the knowledge file {path} cannot be read: expected at most {_MAX_BYTES} bytes")
    return parse_knowledge(content, str(path), domain)


def parse_knowledge(content: bytes, source: str, domain: str) -> EarlierKnowledge:
    """Parse the content of a knowledge file about a domain; raises KnowledgeError."""
    try:
        document = KnowledgeDocument.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        message = f"{source} is no knowledge file: {place}: {first['msg']}; `failover check` writes one"
        raise KnowledgeError(message) from None
    if document.domain != domain:
        raise KnowledgeError(f"{source} is about the domain {document.domain}, expected {domain}")
    try:
        return _knowledge(document, source)
    except ValueError as error:
        raise KnowledgeError(f"{source} is no knowledge file: {error}; `failover check` writes one") from error


def _document(knowledge: EarlierKnowledge) -> KnowledgeDocument:
    return KnowledgeDocument(
        domain=knowledge.domain,
        written_at=knowledge.written_at,
        written_by=knowledge.source,
        last_known_master=knowledge.last_known_master,
        hosts=tuple(
            HostPart(
                name=host.name,
                address=host.address,
                port=host.port,
                role=host.role,
                answered_at=host.answered_at,
                failing_since=host.failing_since,
                is_discovered=host.is_discovered,
                own_name=host.own_name,
            )
            for host in knowledge.hosts
        ),
        readings=tuple(
            ReadingPart(
                host=reading.host,
                read_at=reading.read_at,
                is_final=reading.is_final and not reading.unread,
                numbers=dict(reading.numbers),
            )
            for reading in knowledge.readings.values()
        ),
        evidence={host: evidence_document(found) for host, found in knowledge.evidence.items()},
        reached=tuple(ReachPart(host=each.host, about=each.about, at=each.at) for each in knowledge.reached),
        named=dict(knowledge.named),
    )


def _knowledge(document: KnowledgeDocument, source: str) -> EarlierKnowledge:
    return EarlierKnowledge(
        domain=document.domain,
        written_at=document.written_at,
        source=source,
        last_known_master=document.last_known_master,
        hosts=tuple(KnownHost(**host.model_dump()) for host in document.hosts),
        readings={
            part.host: Reading(part.host, dict(part.numbers), part.read_at, f"in {source}", part.is_final)
            for part in document.readings
        },
        evidence={host: evidence_of(found, f"evidence.{host}") for host, found in document.evidence.items()},
        reached=tuple(LastReach(part.host, part.about, part.at) for part in document.reached),
        named=document.named,
    )


def knowledge_from_report(report: StatusReport, source: str, domain: str) -> EarlierKnowledge:
    """Return what a report says of a domain; raises KnowledgeError where it has none, or not enough."""
    found = next((each for each in report["domains"] if each["domain"] == domain), None)
    if found is None:
        names = ", ".join(each["domain"] for each in report["domains"])
        raise KnowledgeError(f"{source} reports nothing about the domain {domain}; it has {names or 'none'}")
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
        raise KnowledgeError(f"expected the name of a table such as T7, found {name!r}")
    return int(number)


def _with_evidence(domain: DomainReport, now: float) -> Iterator[tuple[HostReport, float]]:
    for host in domain["hosts"]:
        if host["evidence"]:
            proven = host.get("evidence_timestamp_seconds") or {}
            yield host, max(proven.values(), default=now)
