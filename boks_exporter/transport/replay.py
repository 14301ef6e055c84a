"""The replay transport: replies from recorded files, without any host."""

from pathlib import Path
from typing import Final

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host, Section
from boks_exporter.remote.reply_writer import Recorded, frame
from boks_exporter.remote.request import READING, Request
from boks_exporter.transport.base import RawReply

AFTER: Final = "sequence.after.txt"
ERROR: Final = "error.txt"
KNOWN: Final = (*(f"{section}.txt" for section in Section), AFTER, ERROR)
"""Every file that a host's directory may hold; names that begin with a dot are ignored."""


class ReplayTransport:
    """Read `<directory>/<host>/<section>.txt`.

    `sequence.after.txt`, where present, is the master's second reading. `error.txt` holds one failure reason for
    a host that could not be reached. A host without a directory could not be reached either.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def __repr__(self) -> str:
        return f"<ReplayTransport {self.directory}>"

    async def ask(self, host: Host, request: Request) -> RawReply:
        """Reply from the host's files."""
        try:
            return self._reply(host, request)
        except OSError as error:
            raise TransportError(
                FailureReason.CHANNEL, f"{error.filename}: {error.strerror}; the recording must be readable"
            ) from error

    def _reply(self, host: Host, request: Request) -> RawReply:
        recorded = self._recording_of(host)
        if (error := _read(recorded / ERROR)) is not None:
            raise TransportError(_reason(error, recorded), "recorded as a failure")
        sections = [_section(recorded, name, second=request == READING) for name in request.sections]
        return RawReply(frame(sections, "replay"), b"", 0)

    def _recording_of(self, host: Host) -> Path:
        """Find the host's directory by listing the recording: a host name must not lead to another place."""
        there = {entry.name: entry for entry in sorted(self.directory.iterdir()) if entry.is_dir()}
        if host.name not in there:
            found = ", ".join(there) or "none"
            raise TransportError(
                FailureReason.CONNECT,
                f"nothing was recorded: expected a directory {host.name} in {self.directory}, found {found}",
            )
        recorded = there[host.name]
        for entry in sorted(recorded.iterdir()):
            if entry.name not in KNOWN and not entry.name.startswith("."):
                raise TransportError(
                    FailureReason.PARSE, f"{entry}: expected one of {', '.join(KNOWN)}; rename or remove it"
                )
        return recorded


def _section(recorded: Path, name: Section, *, second: bool) -> Recorded:
    if second and name is Section.SEQUENCE and (after := _read(recorded / AFTER)) is not None:
        return Recorded(name, after)
    return Recorded(name, _read(recorded / f"{name}.txt"))


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode(errors="surrogateescape")  # read_text would change the ends of lines
    except FileNotFoundError:
        return None


def _reason(text: str, recorded: Path) -> FailureReason:
    word = text.strip()
    if word not in set(FailureReason):
        known = ", ".join(FailureReason)
        raise TransportError(FailureReason.PARSE, f"{recorded / ERROR}: expected one of {known}, found {word[:60]!r}")
    return FailureReason(word)
