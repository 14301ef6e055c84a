"""Interpretation of one reply as facts about one host."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from boks_exporter.errors import FailureReason, ParseError
from boks_exporter.model import (
    Environment,
    Garbled,
    Host,
    HostOutcome,
    Observed,
    RawOutput,
    Reply,
    Section,
    SectionFault,
    SectionReply,
    Timestamp,
    UnreadLine,
)
from boks_exporter.parsing.boksdiag_list import parse_list
from boks_exporter.parsing.boksdiag_sequence import parse_sequence
from boks_exporter.parsing.checksums import parse_checksums, with_settings
from boks_exporter.parsing.diskspace import parse_diskspace
from boks_exporter.parsing.env import parse_env
from boks_exporter.parsing.errlog import parse_errlog
from boks_exporter.parsing.ignored_lines import IgnoreRule, mark_ignored
from boks_exporter.parsing.memory import parse_memory
from boks_exporter.parsing.ports import parse_ports
from boks_exporter.parsing.processes import parse_processes
from boks_exporter.parsing.queue import parse_queue
from boks_exporter.parsing.reply import parse_reply
from boks_exporter.parsing.reply_frames import RefusedError
from boks_exporter.remote.request import Request
from boks_exporter.transport.base import RawReply

_RAW_KEPT: Final = 2000
"""Characters of an unreadable reply that are kept for the operator."""

_SIGNALLED: Final = 128
"""A shell's status for a command that a signal ended is greater than this."""

_NO_ROW_MISSING: Final = frozenset({Section.SEQUENCE, Section.LIST})
"""A table or replica whose row was cut off must not look as if it were not there."""

_NO_ENVIRONMENT: Final = Environment(boksinit=None)


def interpret_reply(  # noqa: PLR0913 - the parts of one poll, and what is known beside it
    host: Host,
    request: Request,
    raw: RawReply,
    started_at: Timestamp,
    finished_at: Timestamp,
    ignored: Sequence[IgnoreRule] = (),
    *,
    kept: Mapping[Section, Any] = MappingProxyType({}),
) -> HostOutcome:
    """Interpret a reply; one that is not the gate's is Garbled, one that fails in part has faults of those sections.

    `kept` are facts of sections that were not asked for.
    """
    try:
        reply = mark_ignored(parse_reply(raw.stdout, raw.nonce), ignored)
    except ParseError as error:
        return _garbled(host, raw, error, started_at, finished_at)
    facts = dict(kept)
    faults: list[SectionFault] = []
    for name in request.sections:
        fact = _read(name, reply, ignored)
        if isinstance(fact, SectionFault):
            faults.append(fact)
        else:
            facts[name] = fact
    environment = facts.get(Section.ROLE) or _NO_ENVIRONMENT
    if Section.CHECKSUMS in request.sections and (checksums := facts.get(Section.CHECKSUMS)):
        facts[Section.CHECKSUMS] = with_settings(checksums, environment)
    return Observed(
        host=host.name,
        started_at=started_at,
        finished_at=finished_at,
        reply=reply,
        role=environment.role,
        environment=environment,
        sequences=facts.get(Section.SEQUENCE),
        replicas=facts.get(Section.LIST),
        memory=facts.get(Section.MEMORY),
        errlog=facts.get(Section.ERRLOG),
        queue=facts.get(Section.QUEUE),
        checksums=facts.get(Section.CHECKSUMS),
        processes=facts.get(Section.PROCESSES),
        diskspace=facts.get(Section.DISKSPACE),
        ports=facts.get(Section.PORTS),
        faults=tuple(faults),
        endpoint=raw.endpoint,
    )


def _garbled(host: Host, raw: RawReply, error: ParseError, started_at: Timestamp, finished_at: Timestamp) -> Garbled:
    """Name the exit status where there is one: a missing gate prints `not found` and exits with 127."""
    stderr = raw.stderr.decode(errors="replace").strip()
    detail = f"the reply is not the gate's: {error}"
    reason = FailureReason.PARSE
    if isinstance(error, RefusedError) and error.refusal == "busy":
        reason = FailureReason.BUSY
    elif raw.exit_status:
        reason = FailureReason.EXIT_STATUS
        detail = f"exit status {raw.exit_status}, {detail}"
    if stderr:
        detail += f"; stderr: {stderr.splitlines()[0][:200]}"
    text = raw.stdout[:_RAW_KEPT].decode(errors="replace")
    return Garbled(host.name, started_at, finished_at, reason, detail, text)


_READERS: Final[Mapping[Section, Callable[[str], Any]]] = MappingProxyType(
    {
        Section.ROLE: parse_env,
        Section.SEQUENCE: parse_sequence,
        Section.LIST: parse_list,
        Section.MEMORY: parse_memory,
        Section.ERRLOG: parse_errlog,
        Section.CHECKSUMS: parse_checksums,
        Section.PROCESSES: parse_processes,
        Section.DISKSPACE: parse_diskspace,
        Section.PORTS: parse_ports,
        Section.HOSTKEY: RawOutput,
        Section.REGISTERED: RawOutput,
        Section.FQUE: RawOutput,
    }
)

_LONGEST_KEPT: Final = 8192
"""Characters of a text whose facts are kept: more than any table of sequences has."""
_KEPT: Final = 1024


def _fact(name: Section, text: str, reply: Reply) -> Any:
    """Parse a section's text. Most hosts print what they, or other hosts, have printed before: that is parsed once."""
    if name is Section.QUEUE:
        return parse_queue(text, reply.host_clock)
    return _kept_fact(name, text) if len(text) <= _LONGEST_KEPT else _READERS[name](text)


@lru_cache(maxsize=_KEPT)
def _kept_fact(name: Section, text: str) -> Any:
    return _READERS[name](text)


def _read(name: Section, reply: Reply, ignored: Sequence[IgnoreRule]) -> Any:
    """Interpret one section: its fact, None where the host has none (skipped), or a SectionFault."""
    section = reply.section(name)
    if section is None:
        return SectionFault(name, FailureReason.PARSE, f"asked for {name}, the reply has no such section")
    if section.skipped:
        return None
    if section.timed_out:
        return SectionFault(name, FailureReason.TIMEOUT, f"{name} was cut by the gate's time limit on the host")
    if name in _NO_ROW_MISSING and not section.is_whole:
        return SectionFault(name, FailureReason.TOO_LARGE, f"{name} is longer than the gate sends; its end is missing")
    try:
        fact = mark_ignored(_fact(name, section.stdout, reply), ignored)
    except ParseError as error:
        return _unreadable(section, error)
    return fact if _is_believable(section, fact) else _failed(section)


def _is_believable(section: SectionReply, fact: Any) -> bool:
    """Accept a clean and complete output whatever its exit status.

    BoKS's exit codes are not published (U): the output of a command that prints everything, nothing strange and no
    error is accepted; with anything on stderr or a line that no rule knows, a failing status counts. So does the
    status of a signal: the output of a killed command may have been cut between two lines.
    """
    if section.exit_status == 0:
        return True
    if (section.exit_status or 0) > _SIGNALLED:
        return False
    unread_lines: tuple[UnreadLine, ...] = getattr(fact, "unread_lines", ())
    return not section.stderr.strip() and all(line.ignored is not None for line in unread_lines)


def _failed(section: SectionReply) -> SectionFault:
    stderr = section.stderr.strip()
    text = f": {stderr.splitlines()[0][:200]}" if stderr else ""
    return SectionFault(
        section.name, FailureReason.EXIT_STATUS, f"{section.name} ended with {section.exit_status}{text}"
    )


def _unreadable(section: SectionReply, error: ParseError) -> SectionFault:
    if section.exit_status:
        return _failed(section)
    return SectionFault(section.name, FailureReason.PARSE, f"{section.name}: {error}")
