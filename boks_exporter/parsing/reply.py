"""Parser of the gate's framed reply: splits it into sections.

Replies of protocol 2 are split in nonce_frames.py. In protocol 1 every line of output is prefixed:

```
=boks-gate/1 version=1.0.0 clock=2026-11-23T08:40:12
=section sequence
|T7 13678d 8:33:46 5053 (5053)
!a line of the command's errors
=end sequence exit=0 seconds=1          or timeout=20, or skipped=REASON
=done sections=1
```

The format is the gate's own (docs/gate-protocol.md). Lines that a login prints before the first frame are unread, as is
any line without a prefix. A reply that is cut off is rejected: half of a sequence must never look like a whole one.
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from boks_exporter.errors import ParseError
from boks_exporter.model import Reply, Section, SectionReply, UnreadLine
from boks_exporter.parsing.nonce_frames import FramedReply, nonce_of, split_reply
from boks_exporter.parsing.reply_frames import Frame, Opening, broken, frame_at, frame_of, opening_of, refusal_of
from boks_exporter.parsing.text_lines import UnreadLines

_ANY_NONCE: Final = "0"
_ANY_OPENING: Final = "boks-gate/2 version=0"
_LEAST_FRAMES: Final = 2
_KEPT: Final = 512
_LONGEST_KEPT: Final = 8192
_LONGEST_FRAMES: Final = 2000
"""Replies that are kept, their characters, and those of all frames of one."""
_NO_OUTPUT: Final[Mapping[str, list[str]]] = MappingProxyType({})


def parse_reply(raw: bytes, nonce: str | None = None) -> Reply:
    """Split a whole reply; undecodable bytes are replaced, a reply that is cut or refused is a ParseError.

    Pass the nonce of the request where it is known: only its frames count then. Without it, the first frame decides.
    """
    text = raw.decode(errors="replace")
    nonce = nonce or nonce_of(text)
    if not nonce:
        return _Reading(text.split("\n")).read()
    return _as_before(text, nonce) or _with_nonce(split_reply(text, nonce))


def _as_before(text: str, nonce: str) -> Reply | None:
    """Take the sections of an earlier reply that was the same after its opening frame, or had the same frames.

    None where that is not enough, as for a faulty reply.
    """
    before, *parts = f"\n{text}".split(f"\n={nonce} ")
    if before or len(parts) < _LEAST_FRAMES or not text.endswith("\n"):
        return None
    opening, rest = _opening(parts[0]), tuple(parts[1:])
    sections = _kept_sections(rest) if len(text) <= _LONGEST_KEPT else _sections(rest)
    if opening is None or sections is None:
        return None
    version, clock, machine, boks_init = opening
    return Reply(version, clock, sections, machine=machine, boks_init=boks_init)


def _opening(frame: str) -> Opening | None:
    """Parse an opening frame; None if it is none. It has a host and its clock: hardly any is seen twice."""
    mark = f"={_ANY_NONCE} "
    try:
        return None if "\n" in frame else frame_of(1, mark + frame, len(mark), is_opening=True).opening()
    except ParseError:
        return None


def _sections(parts: tuple[str, ...]) -> tuple[SectionReply, ...] | None:
    """Parse the frames after the opening one, each with its output: most differ from earlier ones in that only."""
    frames, _, outputs = zip(*(part.partition("\n") for part in parts), strict=True)
    if sum(map(len, frames)) > _LONGEST_FRAMES:
        return None
    known = _sections_of_frames(frames, tuple(map(bool, outputs)))
    return known and tuple([_filled(section, outputs) for section in known])


_kept_sections = lru_cache(maxsize=_KEPT)(_sections)


@lru_cache(maxsize=_KEPT)
def _sections_of_frames(frames: tuple[str, ...], has_output: tuple[bool, ...]) -> tuple[SectionReply, ...] | None:
    """Parse these frames with the number of each output in its place.

    None for a faulty reply and for text between sections: such a reply is split for itself, so that errors name its
    own lines.
    """
    marks = (f"\n{number}" if has else "" for number, has in enumerate(has_output))
    framed = ((_ANY_OPENING, ""), *zip(frames, marks, strict=True))
    text = "".join(f"={_ANY_NONCE} {frame}{mark}\n" for frame, mark in framed)
    try:
        reply = _with_nonce(split_reply(text, _ANY_NONCE))
    except ParseError:
        return None
    return None if reply.unread_lines else reply.sections


def _filled(section: SectionReply, outputs: tuple[str, ...]) -> SectionReply:
    """Put the outputs in the places of their numbers."""
    if not (section.stdout or section.stderr):
        return section
    return SectionReply(
        section.name,
        f"{outputs[int(section.stdout)]}\n" if section.stdout else "",
        f"{outputs[int(section.stderr)]}\n" if section.stderr else "",
        section.exit_status,
        section.timed_out,
        section.skipped,
        section.took,
        section.cut,
    )


def _with_nonce(reply: FramedReply) -> Reply:
    sections: dict[Section, SectionReply] = {}
    for part in reply.sections:
        name = part.opened.section_name("section")
        if name in sections:
            raise _repeated(part.opened, name)
        sections[name] = part.end.ending(name, part.stdout, part.stderr)
    version, clock, machine, boks_init = reply.opening.opening()
    return Reply(version, clock, tuple(sections.values()), reply.unread_lines, machine, boks_init)


def _repeated(opened: Frame, name: Section) -> ParseError:
    return opened.broken(expected=f"a section that has not been there, not a second {name}", word=opened.words[0])


class _Reading:
    """A reply, as far as it has been read."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.at = 0
        self.frames = iter([at for at, line in enumerate(lines) if line[:1] == "="])
        self.sections: dict[Section, SectionReply] = {}
        self.unread_lines = UnreadLines()

    def read(self) -> Reply:
        """Read opening, sections and end, then any lines that the login prints at its end."""
        opening = self._opening()
        while (frame := self._next_frame("'=section NAME' or '=done sections=N'")).word != "done":
            self._section(frame)
        frame.demand_count(len(self.sections))
        self._read_until(len(self.lines))
        version, clock, *_ = opening.opening()
        return Reply(version, clock, tuple(self.sections.values()), self.unread_lines.all())

    def _opening(self) -> Frame:
        for at in self.frames:
            line = self.lines[at]
            if line.startswith(("=boks-gate/", "=refused ")):
                found = opening_of(at + 1, line)
                if found:
                    self._read_until(at)
                    self.at = at + 1
                    return found
                if refusal := refusal_of(at + 1, line):
                    raise refusal
        self._read_until(len(self.lines))
        first = self.unread_lines.all()[0] if self.unread_lines else UnreadLine(1, "")
        raise broken(first.line, 0, "the gate's first frame, '=boks-gate/1 version=…'", first.text or None)

    def _section(self, opened: Frame) -> None:
        """Read one section, from its frame to its end."""
        name = opened.section_name("section")
        if name in self.sections:
            raise _repeated(opened, name)
        printed: dict[str, list[str]] = {"|": [], "!": []}
        end = self._next_frame(f"'=end {name} …'", printed)
        if end.section_name("end") is not name:
            raise broken(end.line, len("=end "), f"the end of {name}", end.text)
        self.sections[name] = end.ending(name, _text(printed["|"]), _text(printed["!"]))

    def _next_frame(self, expected: str, printed: dict[str, list[str]] | None = None) -> Frame:
        """Read to the next frame; lines with the prefixes of `printed` are added to it, all others are unread."""
        at = next(self.frames, None)
        if at is None:
            raise broken(len(self.lines), len(self.lines[-1]), f"{expected}, since the reply is not complete", None)
        self._read_until(at, printed or _NO_OUTPUT)
        self.at = at + 1
        return frame_at(at + 1, self.lines[at])

    def _read_until(self, end: int, printed: Mapping[str, list[str]] = _NO_OUTPUT) -> None:
        """Add the lines up to `end` to `printed` by their first character, or to the unread lines."""
        lines = self.lines[self.at : end]
        others = len(lines)
        for mark, wanted in printed.items():
            if others:
                wanted += [line[1:] for line in lines if line[:1] == mark]
                others -= len(wanted)
        if others:
            self.unread_lines.add_filled(self.at + 1, ["" if line[:1] in printed else line for line in lines])


def _text(lines: list[str]) -> str:
    return "\n".join([*lines, ""])
