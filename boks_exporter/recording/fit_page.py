"""One page about how well the parsers fit what a site's hosts print."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from boks_exporter.health.unread import LOGIN, facts_by_section, unread_forms, unread_lines
from boks_exporter.model import DomainSnapshot, Garbled, HostName, Observed, Section, Unreachable

Rounds: TypeAlias = Sequence[DomainSnapshot]
"""The rounds of one domain, oldest first."""

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


def fit_page(domains: Sequence[Rounds]) -> Iterator[str]:
    """Format the page: what was read of each host and command in the last round, what was not, and what to send."""
    for rounds in domains:
        snapshot = rounds[-1]
        yield f"{snapshot.domain}"
        for host in snapshot.hosts:
            outcome = snapshot.outcome(host.name)
            match outcome:
                case Observed():
                    yield f"  {host.name} ({outcome.role}): {_read(outcome)}"
                    yield from (f"    NOT READ  {fault.section}: {fault.detail}" for fault in outcome.faults)
                case Unreachable() | Garbled():
                    yield f"  {host.name}: no reply ({outcome.reason}): {outcome.detail}"
        yield from _earlier_faults(rounds)
        yield from _forms(rounds)
    yield ""
    yield from _advice(domains)


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
        case Section.ROLE:
            return "read" if seen.environment.boksinit else None
    part = facts_by_section(seen)[section]
    return "read" if part and (section != LOGIN or part.unread_lines) else None


def _earlier_faults(rounds: Rounds) -> Iterator[str]:
    """Format the first fault of each section that the last round does not show."""
    shown = {(seen.host, fault.section) for seen in rounds[-1].observed() for fault in seen.faults}
    for seen in (seen for snapshot in rounds[:-1] for seen in snapshot.observed()):
        for fault in (fault for fault in seen.faults if (seen.host, fault.section) not in shown):
            shown.add((seen.host, fault.section))
            yield f"  NOT READ  {fault.section} of {seen.host}, in an earlier round: {fault.detail}"


def _forms(rounds: Rounds) -> Iterator[str]:
    forms, silent = unread_forms(*rounds), _never_read(rounds)
    if not forms and not _has_faults(rounds):
        yield "  every line was read" if not silent else f"  every line was read, but nothing of {', '.join(silent)}"
    for form in forms:
        text = form.text.strip()
        shown = repr(text if len(text) <= _EXCERPT else text[:_EXCERPT] + "…")
        hosts = f"{len(form.hosts)} host{'' if len(form.hosts) == 1 else 's'}: {', '.join(form.hosts[:5])}"
        yield f"  UNREAD  {_COMMANDS.get(form.section, form.section)}, {form.lines} lines of {hosts}: {shown}"


def _never_read(rounds: Rounds) -> list[HostName]:
    """Return the hosts that answered in no round."""
    answered = {seen.host for snapshot in rounds for seen in snapshot.observed()}
    return [host.name for host in rounds[-1].hosts if host.name not in answered]


def _has_faults(rounds: Rounds) -> bool:
    return any(seen.faults for snapshot in rounds for seen in snapshot.observed())


def _advice(domains: Sequence[Rounds]) -> Iterator[str]:
    if any(_has_faults(rounds) or unread_forms(*rounds) for rounds in domains):
        yield "To have these forms supported, record the domain without names, read the files, and attach them to an"
        yield "issue of the project: boks-exporter record --scrub --config.file FILE DIRECTORY"
        yield "A line that hides neither a table nor a replica can be ignored immediately: parsing.ignore_lines."
    elif silent := [host for rounds in domains for host in _never_read(rounds)]:
        yield f"Nothing was read of {', '.join(silent)}: boks-exporter doctor HOST shows why. Repeat this afterwards."
    else:
        yield "Everything that the hosts print was read. Nothing needs to be sent."
