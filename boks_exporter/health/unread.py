"""What could not be read or compared: its sentences, and the forms of unread lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

from boks_exporter.health.table_names import table_name
from boks_exporter.model import DomainSnapshot, HostName, Observed, Section, UnreadLine
from boks_exporter.replication import NotCompared, Obstacle

LOGIN: Final = "login"
"""Name of the lines around the gate's reply, which the login prints."""

_MOST_FORMS: Final = 50


class _Part(Protocol):
    """A parsed section."""

    @property
    def unread_lines(self) -> tuple[UnreadLine, ...]: ...


@dataclass(slots=True)
class UnreadForm:
    """Lines of one form: the section that printed them, the first one's text, the hosts, and how many there are."""

    section: str
    text: str
    hosts: list[HostName]
    lines: int


def unread_forms(*rounds: DomainSnapshot) -> tuple[UnreadForm, ...]:
    """Group the lines that could not be read, without those that the configuration ignores, by section and form."""
    forms: dict[tuple[str, str], UnreadForm] = {}
    for seen in (seen for snapshot in rounds for seen in snapshot.observed()):
        for section, line in unread_lines(seen):
            if line.ignored is None:
                form = forms.setdefault((section, line.form), UnreadForm(section, line.text, [], 0))
                form.lines += line.stands_for
                if seen.host not in form.hosts:
                    form.hosts.append(seen.host)
    return tuple(islice(forms.values(), _MOST_FORMS))


def unread_lines(seen: Observed) -> Iterator[tuple[str, UnreadLine]]:
    """Iterate over a host's unread lines, each with the section that printed it."""
    for section, part in facts_by_section(seen).items():
        yield from ((section, line) for line in (part.unread_lines if part else ()))


def facts_by_section(seen: Observed) -> dict[str, _Part | None]:
    """Return what was read of each section that a round polls; None where nothing was."""
    return {
        LOGIN: seen.reply,
        Section.ROLE: seen.environment,
        Section.SEQUENCE: seen.sequences,
        Section.LIST: seen.replicas,
        Section.MEMORY: seen.memory,
        Section.ERRLOG: seen.errlog,
        Section.QUEUE: seen.queue,
        Section.CHECKSUMS: seen.checksums,
        Section.PROCESSES: seen.processes,
        Section.DISKSPACE: seen.diskspace,
    }


_EXCERPT: Final = 80


def not_compared(obstacles: Sequence[NotCompared]) -> str:
    """Describe the first table that could not be compared and count the others."""
    first, *others = obstacles
    more = f" (and {len(others)} more)" if others else ""
    if first.table is None:
        return f"not every table could be compared{more}: {first.host} printed {excerpt(first.text)}"
    return f"{table_name(first.table)} could not be compared{more}: {_because(first)}"


def _because(obstacle: NotCompared) -> str:
    match obstacle.obstacle:
        case Obstacle.UNREAD:
            return f"{obstacle.host} printed {excerpt(obstacle.text)}"
        case Obstacle.CHANGED:
            return f"its number on {obstacle.host} went back, changed its stamp or disappeared between two readings"
        case Obstacle.STAMP:
            return f"{obstacle.host} printed no stamp that can be read, the other server did"
        case Obstacle.EXTRA:
            return f"{obstacle.host} has it, the master does not"


def not_listed_readably(snapshot: DomainSnapshot, host: HostName) -> str | None:
    """Describe the line of the master's list that is, or may be, a host's and could not be read."""
    unread = snapshot.unread_lines(host)
    if not unread:
        return None
    is_named = any(host in entry.hosts for entry in snapshot.listing.unread) if snapshot.listing else False
    which = "its line in" if is_named else "it may be in a line of"
    return f"{which} the master's list{'' if is_named else ' that'} could not be read: {excerpt(unread[0].text)}"


def rows_of_master(seen: Observed, snapshot: DomainSnapshot) -> Iterator[UnreadLine]:
    """Yield the lines of a master's output that are rows, of a table or of an unknown replica, and unread.

    In a list without any row that was read, every unread line may be one.
    """
    if seen.sequences:
        yield from (line for line in seen.sequences.suspect_lines if line.is_row or line.hides_any_table)
    if snapshot.listing and snapshot.listing.master == seen.host:
        is_empty = not snapshot.listing.entries
        yield from (
            entry.line
            for entry in snapshot.listing.unread
            if not entry.hosts and (is_empty or entry.line.is_row or entry.line.stands_for > 1)
        )


def excerpt(text: str) -> str:
    """Quote the beginning of a line, without control characters."""
    text = text.strip()
    return repr(text if len(text) <= _EXCERPT else text[:_EXCERPT] + "…")
