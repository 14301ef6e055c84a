"""The lines that a client sends to a gate (docs/gate-protocol.md)."""

import secrets
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from boks_exporter.model import Section

PROTOCOL: Final = "boks-gate/2"
"""Also the command that a client executes; everything else goes over standard input."""
OLD_PROTOCOL: Final = "boks-gate/1"

REPLAYED: Final = "replay"
"""The version that a recording of single sections reports; sections that were not recorded are skipped."""

_SECTIONS_ADDED_IN: Final = (2, 1)

Nonce: TypeAlias = str
_NONCE_BYTES: Final = 8
_LONGEST_LOOP_SECONDS: Final = 86400


class RequestLine(Protocol):
    """A request that can be sent to a gate as one line."""

    def all_words(self) -> tuple[str, ...]:
        """Return the words after the protocol and the nonce."""
        ...

    def line(self) -> str:
        """Write the request for a gate of protocol 1, which receives it as the executed command."""
        ...


def new_nonce() -> Nonce:
    """Draw the nonce of one request; never use one twice."""
    return secrets.token_hex(_NONCE_BYTES)


def request_line(request: RequestLine, nonce: Nonce, *, loop_seconds: int | None = None) -> str:
    """Write a request of protocol 2, without its line feed.

    With `loop_seconds` it begins a loop, which the gate ends after so many seconds without a request (or up to twice).
    """
    loop: tuple[str, ...] = ()
    if loop_seconds is not None:
        loop = ("loop", str(max(1, min(loop_seconds, _LONGEST_LOOP_SECONDS))))
    return " ".join((PROTOCOL, nonce, *loop, *request.all_words()))


def _parsed_version(version: str | None) -> tuple[int, ...]:
    """Parse a version such as 2.1.0; any other text is older than every version."""
    parts = (version or "").split(".")
    return tuple(map(int, parts)) if all(part.isascii() and part.isdecimal() for part in parts) else ()


@dataclass(frozen=True, slots=True)
class Request:
    """The sections to ask for, in order and without repetition."""

    sections: tuple[Section, ...]

    def all_words(self) -> tuple[str, ...]:
        """Return the sections as words; none of them ever needs quoting."""
        return tuple(self.sections)

    def line(self) -> str:
        """Write the request for a gate of protocol 1."""
        return " ".join((OLD_PROTOCOL, *self.sections))

    def known_to(self, gate_version: str | None) -> "Request":
        """Leave out the sections that an older gate would refuse; None is a gate whose version is not known."""
        if gate_version == REPLAYED or _parsed_version(gate_version) >= _SECTIONS_ADDED_IN:
            return self
        return Request(tuple(section for section in self.sections if section in _IN_EVERY_GATE))


_IN_EVERY_GATE: Final = (
    *(Section.ROLE, Section.SEQUENCE, Section.LIST),
    *(Section.MEMORY, Section.ERRLOG, Section.QUEUE, Section.CHECKSUMS),
)
EVERY_GATE: Final = Request(_IN_EVERY_GATE)
"""Everything that a gate of any version knows; the gate skips what a host's role does not have."""

EVERYTHING: Final = Request((*_IN_EVERY_GATE, Section.PROCESSES, Section.DISKSPACE))
"""Everything that a domain is polled for."""

DIAGNOSIS: Final = Request((*EVERYTHING.sections, Section.PORTS, Section.HOSTKEY, Section.REGISTERED, Section.FQUE))
"""Everything that a gate can be asked for."""

READING: Final = Request((Section.ROLE, Section.SEQUENCE))
"""The master's second reading."""

ROLE_ONLY: Final = Request((Section.ROLE,))
"""Which host is master, when that is not known yet."""
