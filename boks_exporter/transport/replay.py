"""Replay of replies from recorded files, without any host, and the recording of replies."""

import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host, HostName, Section, Timestamp
from boks_exporter.remote.reply_writer import Recorded, frame
from boks_exporter.remote.request import READING, REPLAYED, Request
from boks_exporter.transport.base import RawReply, Transport

AFTER: Final = "sequence.after.txt"
ERROR: Final = "error.txt"
ERROR_AFTER: Final = "error.after.txt"
REPLY: Final = "reply.txt"
REPLY_AFTER: Final = "reply.after.txt"
EXIT: Final = "exit.txt"
KNOWN: Final = (*(f"{section}.txt" for section in Section), AFTER, ERROR, ERROR_AFTER, REPLY, REPLY_AFTER, EXIT)
_NUMBERED: Final = re.compile(r"(?:reply|error)\.after\.[0-9]+\.txt")
"""Every file that a host's directory may hold; names that begin with a dot are ignored."""


def numbered(name: str, number: int) -> str:
    """Return the file of one of a round's readings: `reply.after.txt` for the first, `reply.after.2.txt` and so on."""
    return name if number == 1 else f"{name.removesuffix('.txt')}.{number}.txt"


_ROUND: Final = "%Y-%m-%dT%H-%M-%SZ"
"""Name of the directory of one round of a history, by its time in UTC."""


def round_name(at: Timestamp) -> str:
    """Return the directory name of a round."""
    return datetime.fromtimestamp(at, UTC).strftime(_ROUND)


def rounds_of(directory: Path) -> tuple[tuple[Timestamp, Path], ...]:
    """Return the rounds of a recorded history with their times, oldest first; none for a recording of one round."""
    found = []
    for entry in sorted(directory.iterdir()) if directory.is_dir() else ():
        try:
            at = datetime.strptime(entry.name, _ROUND).replace(tzinfo=UTC)
        except ValueError:
            continue
        if entry.is_dir():
            found.append((at.timestamp(), entry))
    return tuple(found)


class ReplayTransport:
    """Read `<directory>/<host>/<section>.txt`, or the raw replies `reply.txt` and `reply.after.txt`.

    `sequence.after.txt`, where present, is the master's second reading. `error.txt` holds one failure reason for
    a host that could not be reached, `error.after.txt` one for its second reading. A host without a directory could not
    be reached either.

    A history has a directory of hosts for each round. It is played back at the speed at which it was recorded, from
    the first request on, and stays at its last round.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._began: float | None = None
        self._readings: dict[HostName, int] = {}
        """How many readings of a host were requested since it was polled."""

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
        is_second = request == READING
        self._readings[host.name] = number = self._readings.get(host.name, 0) + 1 if is_second else 0
        for name in (ERROR, numbered(ERROR_AFTER, number)) if is_second else (ERROR,):
            if (error := _read(recorded / name)) is not None:
                raise TransportError(_reason(error, recorded / name), "recorded as a failure")
        for name in (*(numbered(REPLY_AFTER, each) for each in range(number, 0, -1)), REPLY):
            if (raw := _read_bytes(recorded / name)) is not None:
                return RawReply(raw, b"", _exit_status(recorded))
        sections = [_section(recorded, name, second=is_second) for name in request.sections]
        return RawReply(frame(sections, REPLAYED), b"", 0)

    def _round(self) -> Path:
        """Return the newest round whose time has come; a recording of one round is its own directory."""
        rounds = rounds_of(self.directory)
        if not rounds:
            return self.directory
        self._began = time.monotonic() if self._began is None else self._began
        now = rounds[0][0] + time.monotonic() - self._began
        return [path for at, path in rounds if at <= now][-1]

    def _recording_of(self, host: Host) -> Path:
        """Find the host's directory by listing the recording: a host name must not lead to another place."""
        directory = self._round()
        there = {entry.name: entry for entry in sorted(directory.iterdir()) if entry.is_dir()}
        if host.name not in there:
            found = ", ".join(there) or "none"
            raise TransportError(
                FailureReason.CONNECT,
                f"nothing was recorded: expected a directory {host.name} in {directory}, found {found}",
            )
        recorded = there[host.name]
        for entry in sorted(recorded.iterdir()):
            is_known = entry.name in KNOWN or _NUMBERED.fullmatch(entry.name)
            if not is_known and not entry.name.startswith("."):
                raise TransportError(
                    FailureReason.PARSE, f"{entry}: expected one of {', '.join(KNOWN)}; rename or remove it"
                )
        return recorded


def _section(recorded: Path, name: Section, *, second: bool) -> Recorded:
    if second and name is Section.SEQUENCE and (after := _read(recorded / AFTER)) is not None:
        return Recorded(name, after)
    return Recorded(name, _read(recorded / f"{name}.txt"))


def _read(path: Path) -> str | None:
    raw = _read_bytes(path)
    return None if raw is None else raw.decode(errors="surrogateescape")  # read_text would change the ends of lines


def _read_bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _exit_status(recorded: Path) -> int:
    text = (_read(recorded / EXIT) or "0").strip()
    if not (text.isascii() and text.isdigit()):
        raise TransportError(FailureReason.PARSE, f"{recorded / EXIT}: expected a number, found {text[:60]!r}")
    return int(text)


def _reason(text: str, path: Path) -> FailureReason:
    word = text.strip()
    if word not in set(FailureReason):
        known = ", ".join(FailureReason)
        raise TransportError(FailureReason.PARSE, f"{path}: expected one of {known}, found {word[:60]!r}")
    return FailureReason(word)


@dataclass(slots=True)
class RecordedHost:
    """What one host answered in one round: the whole poll, and the readings after it in their order."""

    reply: RawReply | None = None
    error: FailureReason | None = None
    after: list[RawReply | FailureReason] = field(default_factory=list)


@dataclass(slots=True)
class RecordingTransport:
    """Pass requests on, and keep each host's newest reply to a poll and its replies to the readings after it."""

    transport: Transport
    hosts: dict[HostName, RecordedHost] = field(default_factory=dict)

    async def ask(self, host: Host, request: Request) -> RawReply:
        """Ask the other transport; a failure is kept and raised."""
        kept = self.hosts.setdefault(host.name, RecordedHost())
        is_second = request == READING
        try:
            raw = await self.transport.ask(host, request)
        except TransportError as error:
            if is_second:
                kept.after.append(error.reason)
            else:
                kept.error = error.reason
            raise
        if is_second:
            kept.after.append(raw)
        elif kept.reply is None or len(request.sections) > 1:
            kept.reply = raw
        return raw
