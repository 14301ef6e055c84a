"""Unread lines of a domain, once for each form."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

from boks_exporter.model import DomainSnapshot, HostName, Observed, Section, UnreadLine

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
