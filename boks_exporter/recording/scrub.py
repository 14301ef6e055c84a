"""Scrubbing of raw replies: names and unknown words are replaced, widths and the forms of lines are kept.

Hosts, addresses and check sums have consistent replacements. Of all other words only BoKS's own are kept; the letters
of any other word become x. Numbers are kept where they are rows of a table or of the list. They become 0 elsewhere, as
in a message behind a row.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from boks_exporter.health.unread import unread_lines
from boks_exporter.model import Observed, Section
from boks_exporter.parsing.boksdiag_sequence import any_row
from boks_exporter.parsing.ignored_lines import IgnoreRule
from boks_exporter.parsing.list_header import is_header
from boks_exporter.parsing.list_rows import is_like_a_row, partial_row, row_of
from boks_exporter.parsing.nonce_frames import nonce_of
from boks_exporter.parsing.processes import PROCESSES
from boks_exporter.parsing.reply_frames import REFUSALS
from boks_exporter.parsing.table_mentions import is_like_a_row as is_like_a_table
from boks_exporter.recording.aliases import IPV4, IPV6, Aliases, is_kept

_WORD: Final = re.compile(r"\w[\w.@-]*")
_NUMBER: Final = re.compile(r"[0-9][0-9.,:dD-]*")
_TABLE: Final = re.compile(r"(?i)\b(?:t[ :#._-]?|table\W{0,2})[0-9]{1,4}\b")
_FRAME_WORD: Final = re.compile(
    r"=[0-9a-f]*|=?(?:boks-gate/[12]|section|errors|end|done|refused)"
    r"|version=replay|skipped=(?:client|not_master|not_recorded)"
    r"|(?:version|clock|boks_init|started|exit|timeout|seconds|sections)=[0-9][0-9.:TZ-]*"
)
"""What a frame of the gate is made of, besides names and reasons."""
_OWNERS: Final = re.compile(r"oldest=\S+\s+\S+\s+\S+\s+\S+(?=\s)")
"""The part of a file's line that may hold the numbers of its owner and group."""
_SIZE: Final = re.compile(r"(?:lines|files)=[0-9]+\s*|oldest=.*")
_MESSAGE: Final = re.compile(r"(?<=\s)[A-Za-z]{2,}(?=[\s:;,.=]|$).*")
_FIGURE: Final = re.compile(r"(?i)\b(?:total|free|used|largest\s+free)\s*[:=]\s*[0-9]")
_OUTSIDE: Final = "outside"
_OWN_FORMS: Final = {
    Section.PROCESSES: re.compile(rf"(?:{'|'.join(map(re.escape, PROCESSES))})=[a-z]+(?: pid_file=[a-z]+)?"),
    Section.DISKSPACE: re.compile(r"(?:total|free)_kilobytes=[0-9]+"),
}
"""Lines that the gate writes itself, by section; they hold no name."""


@dataclass(slots=True)
class _Place:
    """Where a line of a reply is: in the output of a section, in its errors, or outside of all."""

    section: str = _OUTSIDE
    is_errors: bool = False


def scrub_reply(raw: bytes, aliases: Aliases) -> bytes:
    """Scrub a whole reply of the gate, or whatever else a host has sent."""
    text = raw.decode(errors="surrogateescape")
    nonce = nonce_of(text)
    marks = (f"={nonce} ",) if nonce else ("=section ", "=end ", "=done ", "=boks-gate/", "=refused ")
    place = _Place()
    lines = [_line(line, place, marks, aliases, is_prefixed=nonce is None) for line in text.split("\n")]
    return "\n".join(lines).encode(errors="surrogateescape")


def _line(line: str, place: _Place, marks: tuple[str, ...], aliases: Aliases, *, is_prefixed: bool) -> str:
    at = 0 if line.startswith(marks) else -1
    if at and not is_prefixed and place.section == _OUTSIDE:
        at = line.find(marks[0])  # a login may print text before the first frame, on the same line
    if at >= 0:
        _follow(line[at:], place)
        return scrub_line(line[:at], _OUTSIDE, aliases) + _frame(line[at:], aliases)
    mark = line[:1] if is_prefixed and place.section != _OUTSIDE and line[:1] in {"|", "!"} else ""
    is_output = not place.is_errors and (not is_prefixed or mark == "|")
    section = place.section if is_output else _OUTSIDE
    return mark + scrub_line(line[len(mark) :], section, aliases)


def _frame(line: str, aliases: Aliases) -> str:
    """Scrub a frame, which keeps its own words, and its numbers."""

    def replaced(match: re.Match[str]) -> str:
        word = match[0]
        if word.startswith("host="):
            return "host=" + aliases.machine(word.removeprefix("host="))
        if _FRAME_WORD.fullmatch(word) or word in REFUSALS or word in {*Section}:
            return word
        key = next((key for key in ("skipped=", "version=") if word.startswith(key)), "")
        return key + _words(word.removeprefix(key), _OUTSIDE, aliases, keeps_numbers=False)

    return re.sub(r"\S+", replaced, line)


def _follow(frame: str, place: _Place) -> None:
    """Follow the frames of a reply."""
    words = frame.split()
    if words[0] not in {"=section", "=end"}:
        words = words[1:]
    kind, name = (*(word.removeprefix("=") for word in words[:2]), "", "")[:2]
    match kind:
        case "section":
            place.section, place.is_errors = name, False
        case "errors":
            place.is_errors = True
        case "end" | "done":
            place.section, place.is_errors = _OUTSIDE, False


def scrub_line(line: str, section: str, aliases: Aliases) -> str:
    """Scrub one line of a section's output."""
    own = next((form for name, form in _OWN_FORMS.items() if name == section), None)
    if own and own.fullmatch(line.rstrip()):
        return line
    if message := _message_of(line, section):
        row = _scrubbed(line[: message.start()], section, aliases, is_size=_keeps_numbers(line, section, aliases))
        return row + _scrubbed(message[0], section, aliases)
    owners = _OWNERS.match(line)
    if owners and section in {Section.ERRLOG, Section.QUEUE}:
        return _scrubbed(owners[0], section, aliases) + _scrubbed(line[owners.end() :], section, aliases, is_size=True)
    return _scrubbed(line, section, aliases, is_size=_keeps_numbers(line, section, aliases))


def _message_of(line: str, section: str) -> re.Match[str] | None:
    """Find the words in a line that is no row, whose numbers may be anything."""
    words = line.split()
    match section:
        case Section.SEQUENCE:
            row = any_row(line)
            is_certain = row is not None and (row.parenthesised is not None or row.stamp is not None)
            return None if is_certain else _MESSAGE.search(line)
        case Section.LIST:
            is_read = row_of(words, below_header=True) or partial_row(words)
            return None if is_read else _MESSAGE.search(line)
    return None


def _scrubbed(line: str, section: str, aliases: Aliases, *, is_size: bool = False) -> str:
    return "".join(
        aliases.address(text) if is_address else _words(text, section, aliases, keeps_numbers=is_size)
        for text, is_address in _split_at_addresses(line)
    )


def _split_at_addresses(line: str) -> Iterator[tuple[str, bool]]:
    at = 0
    short = [*IPV4.finditer(line)]
    long = (
        match
        for match in IPV6.finditer(line)
        if all(match.end() <= each.start() or each.end() <= match.start() for each in short)
    )
    found = sorted([*short, *long], key=lambda match: match.start())
    for match in found:
        if match.start() >= at:
            yield line[at : match.start()], False
            yield match[0], True
            at = match.end()
    yield line[at:], False


def _words(text: str, section: str, aliases: Aliases, *, keeps_numbers: bool) -> str:
    kept = [match.span() for match in _TABLE.finditer(text)]

    def replaced(match: re.Match[str]) -> str:
        start, end = match.span()
        if any(first <= start and end <= last for first, last in kept):
            return match[0]
        return _word(match[0], section, aliases, keeps_numbers=keeps_numbers)

    return _WORD.sub(replaced, text)


def _word(word: str, section: str, aliases: Aliases, *, keeps_numbers: bool) -> str:
    if aliases.knows(word.rstrip(".")):
        return aliases.name(word)
    if section == Section.CHECKSUMS and word.isdigit():
        return aliases.check_sum(word)
    if _NUMBER.fullmatch(word) and keeps_numbers:
        return word
    if is_kept(word) and not (word.isdigit() or re.fullmatch(r"[0-9]+[dD]", word)):
        return word
    return "".join("0" if c.isdigit() else ("X" if c.isupper() else "x") if c.isalpha() else c for c in word)


def _keeps_numbers(line: str, section: str, aliases: Aliases) -> bool:
    """Whether the numbers of a line are those of a row, or a size that the gate prints."""
    words = line.split()
    match section:
        case Section.SEQUENCE:
            is_end = line.rstrip().endswith(")") and all(_NUMBER.fullmatch(word.strip("()")) for word in words)
            return is_like_a_table(line) or is_end
        case Section.LIST:
            is_named = bool(words) and aliases.knows(words[0])
            return is_named or is_header(line) or is_like_a_row(words)
        case Section.ROLE:
            return line.strip().removeprefix("export ").startswith("SHM_SIZE=")
        case Section.MEMORY:
            return _FIGURE.search(line) is not None
        case Section.ERRLOG | Section.QUEUE:
            return _SIZE.fullmatch(line) is not None
    return False


def ignored_forms(hosts: Iterable[Observed], aliases: Aliases) -> set[IgnoreRule]:
    """Make rules for the scrubbed forms of the lines that the site's own patterns ignore."""
    lines = {(section, line.text) for seen in hosts for section, line in unread_lines(seen) if line.ignored is not None}
    texts = (scrub_line(text, section, aliases).strip() for section, text in lines)
    patterns = (re.sub(r"[0-9]+", "[0-9]+", re.escape(text)) for text in texts)
    return {IgnoreRule(pattern=pattern, reason="ignored by the site's configuration") for pattern in patterns}
