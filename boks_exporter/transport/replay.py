"""Answer from recorded files, so that a domain can be examined again without its hosts."""

from pathlib import Path
from typing import Final

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host, Section
from boks_exporter.remote.frames import Recorded, frame
from boks_exporter.remote.request import READING, Request
from boks_exporter.transport.base import RawReply

AFTER: Final = "sequence.after.txt"


class ReplayTransport:
    """Read `<directory>/<host>/<section>.txt`.

    `sequence.after.txt`, where it is there, is the master's second reading. `error.txt` holds one failure reason for
    a host that could not be reached. A host without a directory could not be reached either.
    """

    def __init__(self, directory: Path) -> None:
        """Take the directory of one recorded round."""
        self.directory = directory

    def __repr__(self) -> str:
        """Tell what is replayed."""
        return f"<ReplayTransport {self.directory}>"

    async def ask(self, host: Host, request: Request) -> RawReply:
        """Answer from the host's files."""
        recorded = self.directory / host.name
        if not recorded.is_dir():
            raise TransportError(FailureReason.CONNECT, f"nothing was recorded: no directory {recorded}")
        if (error := _text(recorded / "error.txt")) is not None:
            raise TransportError(_reason(error, recorded), "recorded as a failure")
        sections = [_section(recorded, name, second=request == READING) for name in request.sections]
        return RawReply(frame(sections, "replay"), b"", 0)


def _section(recorded: Path, name: Section, *, second: bool) -> Recorded:
    if second and name is Section.SEQUENCE and (after := _text(recorded / AFTER)) is not None:
        return Recorded(name, after)
    return Recorded(name, _text(recorded / f"{name}.txt"))


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8", errors="surrogateescape") if path.is_file() else None


def _reason(text: str, recorded: Path) -> FailureReason:
    word = text.strip()
    if word not in set(FailureReason):
        known = ", ".join(FailureReason)
        raise TransportError(FailureReason.PARSE, f"{recorded / 'error.txt'}: expected one of {known}, found {word!r}")
    return FailureReason(word)
