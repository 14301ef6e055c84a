"""The framed reply of the gate: taken apart into sections, not yet understood.

```
=boks-gate/1 version=1.0.0 clock=2026-11-23T08:40:12
=section sequence
|T7 13678d 8:33:46 5053 (5053)
!a line of the command's errors
=end sequence exit=0 seconds=1          or timeout=20, or skipped=REASON
=done sections=1
```

The format is the gate's own (remote/gate.sh). What a login prints before the first frame is a leftover, and so is any
line without a prefix. A reply that breaks off is no reply: half of a sequence must never look like a whole one.
"""

from boks_exporter.model import Leftover, Reply, Section, SectionReply
from boks_exporter.parsing.lines import leftover
from boks_exporter.parsing.reply_frames import Frame, broken, frame_at, opening_of, refusal_of


def parse_reply(raw: bytes) -> Reply:
    """Take a whole reply apart; undecodable bytes are replaced, a reply that is cut or refused is a ParseError."""
    reading = _Reading(raw.decode(errors="replace").split("\n"))
    return reading.read()


class _Reading:
    """A reply, as far as it has been read."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.at = 0
        self.sections: dict[Section, SectionReply] = {}
        self.leftovers: list[Leftover] = []

    def read(self) -> Reply:
        """Read opening, sections and end, then whatever the login prints at its end."""
        opening = self._opening()
        while (frame := self._next_frame("'=section NAME' or '=done sections=N'")).word != "done":
            self._section(frame)
        frame.demand_count(len(self.sections))
        for line in self.lines[self.at :]:
            self.at += 1
            self._leave(line)
        return Reply(opening.version(), opening.clock(), tuple(self.sections.values()), tuple(self.leftovers))

    def _opening(self) -> Frame:
        for line in self.lines:
            self.at += 1
            found = opening_of(self.at, line)
            if found:
                return found
            if refusal := refusal_of(self.at, line):
                raise refusal
            self._leave(line)
        first = self.leftovers[0] if self.leftovers else Leftover(1, "")
        raise broken(first.line, 0, "the gate's first frame, '=boks-gate/1 version=…'", first.text or None)

    def _section(self, opened: Frame) -> None:
        """Read one section, from its frame to its end."""
        name = opened.section_name("section")
        if name in self.sections:
            raise broken(
                opened.line,
                len("=section "),
                f"a section that has not been there, not a second {name}",
                opened.words[0],
            )
        out: list[str] = []
        err: list[str] = []
        end = self._next_frame(f"'=end {name} …'", out, err)
        if end.section_name("end") is not name:
            raise broken(end.line, len("=end "), f"the end of {name}", end.text)
        self.sections[name] = end.ending(name, "".join(out), "".join(err))

    def _next_frame(self, expected: str, out: list[str] | None = None, err: list[str] | None = None) -> Frame:
        """Read to the next frame; output and errors go where they are wanted, and are leftovers elsewhere."""
        while self.at < len(self.lines):
            line = self.lines[self.at]
            self.at += 1
            if line.startswith("="):
                return frame_at(self.at, line)
            wanted = {"|": out, "!": err}.get(line[:1])
            if wanted is None:
                self._leave(line)
            else:
                wanted.append(line[1:] + "\n")
        raise broken(len(self.lines), len(self.lines[-1]), f"{expected}, since the reply is not complete", None)

    def _leave(self, line: str) -> None:
        if line.strip():
            self.leftovers.append(leftover(self.at, line))
