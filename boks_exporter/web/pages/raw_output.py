"""The raw output of each command of a poll, with the lines marked that no rule reads."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from boks_exporter.health.unread import unread_lines
from boks_exporter.model import HostOutcome, Observed, SectionReply, UnreadLine

LINES: Final = 400
_LINE: Final = 500


@dataclass(frozen=True, slots=True)
class RawLine:
    """One line; `note` is empty for a line that was read."""

    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class RawSection:
    """One section of a reply."""

    name: str
    result: str
    lines: tuple[RawLine, ...]
    errors: tuple[str, ...]
    unread: int
    more: int


def raw_sections(outcome: HostOutcome | None) -> tuple[RawSection, ...]:
    """List the sections of a reply; none of a host that did not answer."""
    if not isinstance(outcome, Observed):
        return ()
    unread: dict[str, list[UnreadLine]] = defaultdict(list)
    for section, line in unread_lines(outcome):
        unread[section].append(line)
    return tuple(_section(outcome, reply, unread[reply.name]) for reply in outcome.reply.sections)


def _section(seen: Observed, reply: SectionReply, unread: Iterable[UnreadLine]) -> RawSection:
    notes = {line.line: _note(line) for line in unread}
    lines = reply.stdout.splitlines()
    return RawSection(
        name=str(reply.name),
        result="; ".join(_result(seen, reply)),
        lines=tuple(RawLine(text[:_LINE], notes.get(number, "")) for number, text in enumerate(lines[:LINES], start=1)),
        errors=tuple(text[:_LINE] for text in reply.stderr.splitlines()[:LINES]),
        unread=sum(line.stands_for for line in unread if line.ignored is None),
        more=max(0, len(lines) - LINES),
    )


def _note(line: UnreadLine) -> str:
    if line.ignored is not None:
        return f"ignored by the configuration: {line.ignored}"
    return "not read" if line.stands_for == 1 else f"not read, and stands for {line.stands_for} lines"


def _result(seen: Observed, reply: SectionReply) -> Iterator[str]:
    if reply.skipped is not None:
        yield f"not run: {reply.skipped}"
    elif reply.timed_out:
        yield "timed out"
    elif reply.exit_status is not None:
        yield f"exit status {reply.exit_status}"
    if reply.took is not None:
        yield f"{reply.took:g} s"
    if reply.cut:
        yield f"cut: {reply.cut}"
    yield from (f"fault ({fault.reason}): {fault.detail}" for fault in seen.faults if fault.section is reply.name)
