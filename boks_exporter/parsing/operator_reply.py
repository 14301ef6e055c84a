"""The replies of the operator's gate, each with exactly one section.

The framing is that of every reply of the gate (docs/gate-protocol.md); the endings are the operator's own. From a gate
of protocol 1:

    =boks-gate/1 version=1.0.0 clock=2026-11-23T08:40:12
    =section do
    |Stopping daemons...
    =end do state=done exit=0 seconds=3 repeated=yes
    =done sections=1

A reply that was cut off is a ParseError: the outcome of a change is then unknown until its record is requested.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TypeVar

from boks_exporter.model import Environment, Reach
from boks_exporter.parsing.nonce_frames import FramedReply, nonce_of, split_reply
from boks_exporter.parsing.operator_facts import (
    Aside,
    AsideState,
    Daemons,
    DatabaseState,
    Freeze,
    GateReadiness,
    HostLock,
    LockState,
    RecordState,
    StepRecord,
)
from boks_exporter.parsing.reply_frames import Frame, broken, frame_at, opening_of, refusal_of
from boks_exporter.parsing.text_lines import number

_FREEZE_WORDS: Final = 3

_Word = TypeVar("_Word", bound=StrEnum)
_Other = TypeVar("_Other", bound=StrEnum | None)


@dataclass(frozen=True, slots=True)
class OperatorReply:
    """One reply: its only section, the output, and how it ended."""

    section: str
    output: tuple[str, ...]
    errors: tuple[str, ...]
    ending: Mapping[str, str]
    end_line: int

    def values(self) -> dict[str, str]:
        """Parse the output's lines `key=value`; of a key that is printed twice, the last one counts."""
        pairs = (line.rstrip().partition("=") for line in self.output)
        return {key: value for key, equals, value in pairs if equals}

    def summary(self) -> str:
        """A short text for an operator about how it ended."""
        ending = " ".join(f"{key}={value}" for key, value in self.ending.items())
        return ": ".join(part for part in (ending, *self.errors[:1]) if part)


def parse_operator_reply(raw: bytes, section: str, nonce: str | None = None) -> OperatorReply:
    """Split a reply to a request of this section; raises ParseError for anything that is not a whole one."""
    text = raw.decode(errors="replace")
    nonce = nonce or nonce_of(text)
    return _with_nonce(split_reply(text, nonce), section) if nonce else _Reading(text.split("\n"), section).read()


def _with_nonce(reply: FramedReply, section: str) -> OperatorReply:
    if len(reply.sections) != 1 or reply.sections[0].opened.words[:1] != (section,):
        raise broken(reply.opening.line + 1, 0, f"one section, {section}", _names(reply))
    (part,) = reply.sections
    return OperatorReply(section, _lines(part.stdout), _lines(part.stderr), part.end.settings(), part.end.line)


def _names(reply: FramedReply) -> str:
    return " ".join(part.opened.words[0] for part in reply.sections)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.removesuffix("\n").split("\n")) if text else ()


def readiness_of(reply: OperatorReply) -> GateReadiness:
    """Read the answer to `preflight`; values that the gate did not print are unknown."""
    values = _ended_well(reply).values()
    boksinit = values.get("role")
    return GateReadiness(
        hostname=values.get("hostname", ""),
        role=Environment(boksinit).role,
        daemons=_choice(Daemons, values.get("daemons"), Daemons.UNKNOWN),
        permitted=_truth(values.get("permitted"), "yes", "no"),
        boksadm=_truth(values.get("boksadm"), "yes", "no"),
        state_writable=_truth(values.get("state"), "writable", "unusable"),
        lock=_unless_none(values.get("lock")),
        busy=_unless_none(values.get("busy")),
        free_kilobytes=number(values.get("free_kilobytes", "")),
        database_present=_truth(values.get("database"), "present", "absent"),
        database=_choice(DatabaseState, values.get("database"), None),
        outlives_session=values.get("session") != "killed",
        freeze=_freeze(values.get("freeze")),
        unchanged_since=values.get("unchanged_since"),
    )


def freeze_of(reply: OperatorReply) -> Freeze | None:
    """Read the answer to `freeze` and `unfreeze`; raises ParseError where the gate reports neither state."""
    values = _ended_well(reply).values()
    if "freeze" not in values:
        raise broken(reply.end_line, 0, "a line 'freeze=…'", reply.summary())
    return _freeze(values["freeze"])


def _freeze(text: str | None) -> Freeze | None:
    if not text or text == "none":
        return None
    words = text.split()
    until = number(words[0]) if len(words) == _FREEZE_WORDS else None
    return Freeze(until, words[1], words[2].replace("_", " ")) if until is not None else Freeze(None)


def asides_of(reply: OperatorReply) -> tuple[Aside, ...]:
    """Read what was moved aside on a host, one directory a line; raises ParseError for a line of another form."""
    return tuple(_aside(line, place) for place, line in enumerate(_ended_well(reply).output) if line.strip())


def _aside(line: str, place: int) -> Aside:
    removal, *rest = line.split()
    values = dict(word.partition("=")[::2] for word in rest)
    if not {"files", "kilobytes", "moved", "state"} <= set(values):
        raise broken(place + 1, 0, "'ID files=N kilobytes=N moved=TIME state=…'", line)
    return Aside(
        removal,
        number(values["files"]),
        number(values["kilobytes"]),
        _time(values["moved"]),
        _choice(AsideState, values["state"], None),
    )


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def registered_of(reply: OperatorReply) -> tuple[str, ...]:
    """Read the registered replicas: the first word of each line (the listing's form is inferred)."""
    return tuple(words[0] for line in _ended_well(reply).output if (words := line.split()))


def reach_of(reply: OperatorReply) -> Reach:
    """Read whether a host reaches a port of another; any other word is unknown."""
    if "timeout" in reply.ending:
        return Reach.TIMEOUT
    return _choice(Reach, reply.values().get("reach"), Reach.UNKNOWN)


def lock_of(reply: OperatorReply) -> HostLock:
    """Read a host's lock; a gate that could neither acquire nor report it has failed."""
    values = reply.values()
    state = _choice(LockState, values.get("lock"), LockState.FAILED)
    return HostLock(state, values.get("run") or None, values.get("owner") or None, values.get("since") or None)


def record_of(reply: OperatorReply) -> StepRecord:
    """Read the record of a change; raises ParseError where its state is not a known word."""
    word = reply.ending.get("state", "")
    state = _choice(RecordState, word, None)
    status = number(reply.ending.get("exit", ""))
    if state is None or (state is RecordState.DONE and status is None):
        expected = f"'=end {reply.section} state=…' with one of {', '.join(RecordState)}, and exit=N once done"
        raise broken(reply.end_line, 0, expected, reply.summary())
    return StepRecord(
        state=state,
        exit_status=status if state is RecordState.DONE else None,
        output=reply.output,
        errors=reply.errors,
        repeated=reply.ending.get("repeated") == "yes",
        refusal=reply.ending.get("reason") if state is RecordState.REFUSED else None,
    )


class _Reading:
    """A reply, as far as it has been read."""

    def __init__(self, lines: list[str], section: str) -> None:
        self.lines = lines
        self.section = section
        self.at = 0

    def read(self) -> OperatorReply:
        self._opening()
        output: list[str] = []
        errors: list[str] = []
        self._named("section", self._next_frame(f"'=section {self.section}'", [], []))
        end = self._next_frame(f"'=end {self.section} …'", output, errors)
        self._named("end", end)
        done = self._next_frame("'=done sections=1'", [], [])
        if done.word != "done":
            raise broken(done.line, 0, "'=done sections=1'", done.text)
        done.demand_count(1)
        return OperatorReply(self.section, tuple(output), tuple(errors), end.settings(), end.line)

    def _opening(self) -> None:
        first: str | None = None
        for line in self.lines:
            self.at += 1
            if opening_of(self.at, line):
                return
            if refusal := refusal_of(self.at, line):
                raise refusal
            first = first or (line.strip() or None)
        raise broken(1, 0, "the operator's gate, '=boks-gate/1 version=…'", first)

    def _named(self, word: str, frame: Frame) -> None:
        if (frame.word, *frame.words[:1]) != (word, self.section):
            raise broken(frame.line, 0, f"'={word} {self.section}'", frame.text)

    def _next_frame(self, expected: str, output: list[str], errors: list[str]) -> Frame:
        while self.at < len(self.lines):
            line = self.lines[self.at]
            self.at += 1
            match line[:1]:
                case "=":
                    return frame_at(self.at, line)
                case "|":
                    output.append(line[1:])
                case "!":
                    errors.append(line[1:])
        raise broken(len(self.lines), len(self.lines[-1]), f"{expected}, since the reply is not complete", None)


def _ended_well(reply: OperatorReply) -> OperatorReply:
    if reply.ending.get("exit") != "0":
        raise broken(reply.end_line, 0, f"'=end {reply.section} exit=0 …'", reply.summary())
    return reply


def _choice(kind: type[_Word], word: str | None, otherwise: _Other) -> _Word | _Other:
    return next((choice for choice in kind if choice.value == word), otherwise)


def _truth(word: str | None, yes: str, no: str) -> bool | None:
    return {yes: True, no: False}.get(word or "")


def _unless_none(word: str | None) -> str | None:
    return None if not word or word == "none" else word
