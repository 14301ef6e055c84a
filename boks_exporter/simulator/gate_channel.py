"""One channel to the gate of a simulated host, in protocol 2: a request, or a loop of them (docs/gate-protocol.md)."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from boks_exporter.model import HostName, ProcessStart, Seconds
from boks_exporter.remote.request import PROTOCOL
from boks_exporter.simulator.domain import SimulatedDomain
from boks_exporter.simulator.gate_reply import (
    NEWER_WORDS,
    SECTION_LIMIT_SECONDS,
    USAGE,
    WORDS,
    GateReply,
    SimulatedSection,
    section_of,
)

VERSION: Final = "2.1.2"
MOST_REQUESTS: Final = 3_000
"""Requests that a loop answers."""

_LONGEST: Final = 400
_CHARACTERS: Final = re.compile(r"[a-z0-9/ -]*")
_NONCE: Final = re.compile(r"[0-9a-f]{1,40}")
_LOOP_SECONDS: Final = re.compile(r"[1-9][0-9]{0,4}")
_LONGEST_LOOP_SECONDS: Final = 86400


@dataclass(slots=True)
class GateChannel:
    """Answer the lines that come over one channel; `is_over` once the gate has ended.

    `boks_init` is the run of boks_init that the gate reads on the host, if any.
    """

    domain: SimulatedDomain
    host: HostName
    clock_skew_seconds: Seconds = 0.0
    limit_seconds: int = SECTION_LIMIT_SECONDS
    boks_init: ProcessStart | None = None
    is_over: bool = False
    _requests: int = field(default=0, init=False)

    def answer(self, line: str) -> GateReply:
        """Answer one line, without its line feed."""
        request = _parsed(line, is_first=self._requests == 0)
        if isinstance(request, _Refusal):
            self.is_over = True
            return GateReply(f"={request.mark}refused {request.reason}\n".encode(), USAGE, 0.0)
        self._requests += 1
        self.is_over = (self._requests == 1 and not request.begins_loop) or self._requests == MOST_REQUESTS
        return self._reply(request)

    def _reply(self, request: "_Request") -> GateReply:
        now = self.domain.clock(self.host) + self.clock_skew_seconds
        clock = datetime.fromtimestamp(now, UTC)
        has_clock = self._requests == 1 or "queue" in request.sections
        parts = [self._opening(request.mark, clock if has_clock else None)]
        delay, limit = 0.0, self.limit_seconds
        for word in request.sections:
            section = section_of(self.domain, self.host, word, clock)
            took = section.printed.delay_seconds if section.printed else 0.0
            parts.append(_framed(section, request.mark, limit))
            delay += min(took, limit)
            limit = 1 if took > limit else limit
        parts.append(f"={request.mark}done sections={len(request.sections)}\n".encode())
        return GateReply(b"".join(parts), 0, delay)

    def _opening(self, mark: str, clock: datetime | None) -> bytes:
        settings = [f"version={VERSION}"]
        if re.fullmatch(r"[A-Za-z0-9._-]+", self.host):
            settings.append(f"host={self.host}")
        if clock:
            settings.append(f"clock={clock:%Y-%m-%dT%H:%M:%S}")
        if self.boks_init:
            settings.append(f"boks_init={self.boks_init.pid} started={int(self.boks_init.started_at)}")
        return f"={mark}{PROTOCOL} {' '.join(settings)}\n".encode()


@dataclass(frozen=True, slots=True)
class _Request:
    """A request; `mark` is its nonce and a blank."""

    mark: str
    sections: tuple[str, ...]
    begins_loop: bool


@dataclass(frozen=True, slots=True)
class _Refusal:
    """The reason for which a line is refused; without a mark where its nonce was not read."""

    reason: str
    mark: str = ""


def _parsed(line: str, *, is_first: bool) -> _Request | _Refusal:
    """Check a line in the order in which the gate checks it."""
    if len(line) > _LONGEST:
        return _Refusal("too_long")
    if not _CHARACTERS.fullmatch(line):
        return _Refusal("bad_character")
    words = line.split()
    if words[:1] != [PROTOCOL]:
        return _Refusal("unknown_protocol")
    if not _NONCE.fullmatch(" ".join(words[1:2])):
        return _Refusal("bad_nonce")
    mark, sections = f"{words[1]} ", words[2:]
    begins_loop = sections[:1] == ["loop"]
    if begins_loop:
        if not is_first or not _is_loop(" ".join(sections[1:2])):
            return _Refusal("bad_loop", mark)
        sections = sections[2:]
    reason = _refusal_of(sections)
    return _Refusal(reason, mark) if reason else _Request(mark, tuple(sections), begins_loop)


def _is_loop(seconds: str) -> bool:
    return _LOOP_SECONDS.fullmatch(seconds) is not None and int(seconds) <= _LONGEST_LOOP_SECONDS


def _refusal_of(sections: list[str]) -> str | None:
    if not sections:
        return "no_section"
    if any(word not in (*WORDS, *NEWER_WORDS) for word in sections):
        return "unknown_word"
    return "repeated_word" if len(set(sections)) < len(sections) else None


def _framed(section: SimulatedSection, mark: str, limit_seconds: int) -> bytes:
    begin = f"={mark}section {section.name}\n".encode()
    end = f"={mark}end {section.name} "
    printed = section.printed
    if printed is None:
        return begin + f"{end}skipped={section.skipped}\n".encode()
    if printed.delay_seconds > limit_seconds:
        return begin + f"{end}timeout={limit_seconds}\n".encode()
    errors = f"={mark}errors {section.name}\n".encode() + _ended(printed.stderr) if printed.stderr else b""
    return begin + _ended(printed.stdout) + errors + f"{end}exit={printed.exit_status}\n".encode()


def _ended(text: bytes) -> bytes:
    """Remove the line feeds at the end, as a shell's command substitution does, and end the last line."""
    stripped = text.rstrip(b"\n")
    return stripped + b"\n" if stripped else b""
