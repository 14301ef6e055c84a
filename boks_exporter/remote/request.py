"""The one line that a host is sent: `boks-gate/1 role sequence list`."""

from dataclasses import dataclass
from typing import Final, Protocol

from boks_exporter.model import Section

PROTOCOL: Final = "boks-gate/1"


class RequestLine(Protocol):
    """Whatever can be sent to a gate as one line."""

    def line(self) -> str:
        """Write the request as the gate reads it."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """The sections to ask for, in order and without repetition."""

    sections: tuple[Section, ...]

    def line(self) -> str:
        """Write the request as the gate reads it; nothing in it ever needs quoting."""
        return " ".join((PROTOCOL, *self.sections))


LOOK: Final = Request(tuple(Section))
"""Everything; the gate skips what a host's role does not have."""

READING: Final = Request((Section.ROLE, Section.SEQUENCE))
"""The master's second reading."""

ROLE_ONLY: Final = Request((Section.ROLE,))
"""Who is master, when nobody knows yet."""
