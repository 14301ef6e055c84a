"""One page about how well the parsers fit what a site's hosts print."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from boks_exporter.health.unread_forms import LOGIN, unread_forms, unread_lines
from boks_exporter.model import DomainSnapshot, Garbled, Observed, Section, Unreachable

_COMMANDS: Final = {
    LOGIN: "lines of the login",
    Section.ROLE: "ENV",
    Section.SEQUENCE: "boksdiag sequence",
    Section.LIST: "boksdiag list",
    Section.MEMORY: "dumpbase -m",
    Section.ERRLOG: "boks_errlog",
    Section.QUEUE: "master spool",
    Section.CHECKSUMS: "check sums",
    Section.PROCESSES: "processes",
    Section.DISKSPACE: "disk space",
}
_EXCERPT: Final = 100


def fit_page(snapshots: Sequence[DomainSnapshot]) -> Iterator[str]:
    """Format the page: what was read of each host and command, what was not, and what to send."""
    for snapshot in snapshots:
        yield f"{snapshot.domain}"
        for host in snapshot.hosts:
            outcome = snapshot.outcome(host.name)
            match outcome:
                case Observed():
                    yield f"  {host.name} ({outcome.role}): {_read(outcome)}"
                    yield from (f"    NOT READ  {fault.section}: {fault.detail}" for fault in outcome.faults)
                case Unreachable() | Garbled():
                    yield f"  {host.name}: no reply ({outcome.reason}): {outcome.detail}"
        yield from _forms(snapshot)
    yield ""
    yield from _advice(snapshots)


def _read(seen: Observed) -> str:
    unread: dict[str, int] = defaultdict(int)
    for section, line in unread_lines(seen):
        unread[section] += line.stands_for
    parts = []
    for section, command in _COMMANDS.items():
        count = _rows(seen, section)
        if count is not None:
            parts.append(f"{command} {count}" + (f" + {unread[section]} unread" if unread[section] else ""))
    return ", ".join(parts) or "nothing"


def _rows(seen: Observed, section: str) -> str | None:
    """Return how much of a section was read; None where there is nothing of it."""
    match section:
        case Section.SEQUENCE if seen.sequences:
            return f"{len(seen.sequences.tables)} tables"
        case Section.LIST if seen.replicas:
            return f"{len(seen.replicas.lines)} rows"
    present = {
        LOGIN: seen.reply.unread_lines,
        Section.ROLE: seen.environment.boksinit,
        Section.MEMORY: seen.memory,
        Section.ERRLOG: seen.errlog,
        Section.QUEUE: seen.queue,
        Section.CHECKSUMS: seen.checksums,
        Section.PROCESSES: seen.processes,
        Section.DISKSPACE: seen.diskspace,
    }.get(section)
    return "read" if present else None


def _forms(snapshot: DomainSnapshot) -> Iterator[str]:
    forms = unread_forms(snapshot)
    if not forms:
        yield "  every line was read"
    for form in forms:
        text = form.text.strip()
        shown = repr(text if len(text) <= _EXCERPT else text[:_EXCERPT] + "…")
        hosts = f"{len(form.hosts)} host{'' if len(form.hosts) == 1 else 's'}: {', '.join(form.hosts[:5])}"
        yield f"  UNREAD  {_COMMANDS.get(form.section, form.section)}, {form.lines} lines of {hosts}: {shown}"


def _advice(snapshots: Sequence[DomainSnapshot]) -> Iterator[str]:
    faults = any(seen.faults for snapshot in snapshots for seen in snapshot.observed())
    if not faults and not any(map(unread_forms, snapshots)):
        yield "Everything that the hosts print was read. Nothing needs to be sent."
        return
    yield "To have these forms supported, record the domain without names, read the files, and attach them to an issue"
    yield "of the project: boks-exporter record --scrub --config.file FILE DIRECTORY"
    yield "A line that hides neither a table nor a replica can be ignored at once: parsing.ignore_lines."
