"""Splitter of replies of protocol 2: frames begin with the nonce of the request, output is not prefixed.

```
=5f3c boks-gate/2 version=2.0.0 host=replica1 boks_init=4711 started=1764438012
=5f3c section sequence
T7 13678d 8:33:46 5053 (5053)
=5f3c errors sequence
a line of the command's errors
=5f3c end sequence exit=0
=5f3c done sections=1
```

docs/gate-protocol.md fixes the format. Text that a login prints before the opening frame, even on the same line, is
unread, and so is any text outside of a section. A reply that is cut off is rejected. What follows a whole one does
not count, a refusal neither: the process that wrote it can be ended directly afterwards.
"""

import re
from dataclasses import dataclass
from typing import Final

from boks_exporter.model import UnreadLine
from boks_exporter.parsing.reply_frames import Frame, broken, frame_of, other_protocol, refusal_of
from boks_exporter.parsing.text_lines import UnreadLines

_OPENING: Final = re.compile(r"=([0-9a-f]{1,40}) (?:boks-gate/2|refused)(?=\s)|^=boks-gate/1(?=\s)", re.MULTILINE)
_SECTION: Final = ("section", "NAME")


@dataclass(frozen=True, slots=True)
class FramedSection:
    """One section between its frames; the text is not yet parsed."""

    opened: Frame
    stdout: str
    stderr: str
    end: Frame


@dataclass(frozen=True, slots=True)
class FramedReply:
    """A whole reply, split at its frames."""

    opening: Frame
    sections: tuple[FramedSection, ...]
    unread_lines: tuple[UnreadLine, ...]


def nonce_of(text: str) -> str | None:
    """Find the nonce of a reply whose request is not known, such as a recorded one; None for a reply of protocol 1."""
    match = _OPENING.search(text)
    return match[1] if match else None


def split_reply(text: str, nonce: str) -> FramedReply:
    """Split a reply at the frames with this nonce; raises ParseError for a reply that is refused or not complete."""
    return _Splitting(text, nonce).split()


@dataclass(frozen=True, slots=True)
class _Piece:
    """A frame and the text up to the next one."""

    frame: Frame
    text: str
    is_complete: bool

    @property
    def next_line(self) -> int:
        return self.frame.line + 1

    def demand(self, word: str, name: str) -> None:
        """Check that the frame is this one."""
        if (self.frame.word, *self.frame.words[:1]) != (word, name):
            raise self.frame.mismatch(word, name)


class _Splitting:
    """A reply, as far as it has been split."""

    def __init__(self, text: str, nonce: str) -> None:
        self.mark = f"={nonce} "
        self.unread_lines = UnreadLines()
        self.pieces = self._pieces(text)
        self.at = 0

    def split(self) -> FramedReply:
        opening = self.pieces[0].frame
        self._leave(self._next("an opening frame"))
        sections: list[FramedSection] = []
        while (piece := self._next("'=NONCE section NAME' or '=NONCE done sections=N'")).frame.word != "done":
            sections.append(self._section(piece))
        piece.frame.demand_count(len(sections))
        if not piece.is_complete and self.at == len(self.pieces):
            raise broken(piece.frame.line, len(piece.frame.text), "the line feed that ends a reply", None)
        self._leave(piece)
        return FramedReply(opening, tuple(sections), self.unread_lines.all())

    def _section(self, opened: _Piece) -> FramedSection:
        if opened.frame.word != "section" or not opened.frame.words:
            raise opened.frame.mismatch(*_SECTION)
        name = opened.frame.words[0]
        errors = ""
        end = self._next(f"'=NONCE end {name} …'")
        if end.frame.word == "errors":
            end.demand("errors", name)
            errors = end.text
            end = self._next(f"'=NONCE end {name} …'")
        end.demand("end", name)
        self._leave(end)
        return FramedSection(opened.frame, opened.text, errors, end.frame)

    def _next(self, expected: str) -> _Piece:
        if self.at == len(self.pieces):
            last = self.pieces[-1]
            line = last.next_line + last.text.count("\n")
            raise broken(line, 0, f"{expected}, since the reply is not complete", None)
        frame = self.pieces[self.at].frame
        if error := refusal_of(frame.line, frame.text, self.mark):
            raise error
        self.at += 1
        return self.pieces[self.at - 1]

    def _leave(self, piece: _Piece) -> None:
        """Add text that belongs to no section to the unread lines."""
        if piece.text:
            self.unread_lines.add_filled(piece.next_line, piece.text.split("\n"))

    def _pieces(self, text: str) -> list[_Piece]:
        start = text.find(f"{self.mark}boks-gate/")
        before = text if start < 0 else text[:start]
        line = self._read_noise(before, is_all=start < 0)
        pieces: list[_Piece] = []
        for part in text[start:].split(f"\n{self.mark}"):
            framed, feed, output = part.partition("\n")
            whole = framed if not pieces else self.mark + framed
            frame = frame_of(line, whole, len(self.mark), is_opening=not pieces)
            # A line feed in front of the next frame ends the output's last line; the last part keeps its own.
            text_of_piece = f"{output}\n" if feed and output else ""
            pieces.append(_Piece(frame, text_of_piece, is_complete=bool(feed)))
            line += part.count("\n") + 1
        return pieces

    def _read_noise(self, before: str, *, is_all: bool) -> int:
        """Add what comes before the opening frame to the unread lines; returns the opening's line number."""
        lines = before.split("\n")
        if is_all:
            for at, line in enumerate(lines, 1):
                if error := refusal_of(at, line, self.mark) or other_protocol(at, line):
                    raise error
        self.unread_lines.add_filled(1, lines)
        if is_all:
            first = self.unread_lines.all()[0] if self.unread_lines else UnreadLine(1, "")
            raise broken(first.line, 0, "the gate's first frame, '=NONCE boks-gate/2 version=…'", first.text or None)
        return len(lines)
