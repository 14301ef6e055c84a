"""Parser of the frames of a reply: the lines that begin with `=`, in protocol 2 with `=NONCE`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from boks_exporter.errors import ParseError
from boks_exporter.model import HostName, ProcessStart, Section, SectionReply, Timestamp
from boks_exporter.parsing.text_lines import number

Opening: TypeAlias = tuple[str, Timestamp | None, HostName | None, ProcessStart | None]
"""The gate's version, which becomes a label; the host's clock, None where its `date` printed something else; the
machine's own name; the start of boks_init, None where the gate could not read it."""

_OPENING: Final = re.compile(r"=boks-gate/1((?: \S+)*)\s*")
_OTHER_PROTOCOL: Final = re.compile(r"=boks-gate/(?!1(?:\s|$))\S*.*")
_REFUSAL: Final = re.compile(r"refused (\S+)\s*")
_HOST: Final = re.compile(r"[A-Za-z0-9._-]{1,255}")
_SECONDS: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
_ENDINGS: Final = ("exit", "timeout", "skipped")
_EXCERPT: Final = 60
_LONGEST_VERSION: Final = 40

_INSTALL: Final = "compare its version with `boks-exporter gate --version` and install that one"
_OWN_REQUEST: Final = "a request of boks-exporter's own; is another program using this key?"
REFUSALS: Final = {
    "untrusted_config": "boks-gate.conf to be a plain file that only root can write; run "
    "`chown root boks-gate.conf; chmod 644 boks-gate.conf` on the host",
    "bad_config": "a boks-gate.conf that the gate understands; compare it with what "
    "`boks-exporter gate install` prints",
    "too_long": "a request of at most 200 characters; is another program using this key?",
    "bad_character": _OWN_REQUEST,
    "no_section": _OWN_REQUEST,
    "repeated_word": _OWN_REQUEST,
    "unknown_protocol": f"a gate of protocol boks-gate/1; {_INSTALL}, or leave out `gate: sent`: one is installed",
    "bad_argument": _OWN_REQUEST,
    "bad_nonce": _OWN_REQUEST,
    "bad_loop": _OWN_REQUEST,
    "busy": "a host with fewer polls in progress than POLLS in boks-gate.conf allows",
    "interrupted": "a whole reply; the gate's process for this request was ended on the host",
    "operator_disabled": "a gate whose root allows changes: OPERATOR=yes in boks-gate.conf on the host, see "
    "`boks-exporter gate install --operator`",
    "unknown_word": f"a gate that has every requested section; the installed one is older: {_INSTALL}",
}


def broken(line: int, column: int, expected: str, found: str | None) -> ParseError:
    """Make the error for a reply that is not the gate's; `column` counts from 0, None is the end of the reply."""
    excerpt = found if found is None or len(found) <= _EXCERPT else found[:_EXCERPT] + "…"
    shown = "the end of the reply" if excerpt is None else repr(excerpt) if excerpt else "the end of the line"
    return ParseError(line=line, column=column + 1, expected=expected, found=shown)


def opening_of(line: int, text: str) -> "Frame | None":
    """Parse the first frame; None if this is not it, ParseError if it names another protocol."""
    match = _OPENING.fullmatch(text)
    if match:
        return Frame(line, text.rstrip(), "boks-gate/1", tuple(match[1].split()))
    if _OTHER_PROTOCOL.fullmatch(text):
        raise broken(line, 0, f"a gate of protocol boks-gate/1; {_INSTALL}", text.rstrip())
    return None


def other_protocol(line: int, text: str) -> ParseError | None:
    """Make the error for an opening frame of another protocol than 2; None if this is not one."""
    if not text.startswith("=boks-gate/"):
        return None
    return broken(line, 0, f"a gate of protocol boks-gate/2; {_INSTALL}", text.rstrip())


class RefusedError(ParseError):
    """The gate refused the request; `refusal` is its reason."""

    def __init__(self, refusal: str, *, line: int, found: str) -> None:
        self.refusal = refusal
        expected = REFUSALS.get(refusal, f"an answer; this version does not know the reason: {_INSTALL}")
        super().__init__(line=line, column=1, expected=expected, found=repr(found))


def refusal_of(line: int, text: str, mark: str = "=") -> RefusedError | None:
    """Make the error for a refusal, with what to do about it; None if this is not one.

    A gate that has not read the request's nonce refuses without it.
    """
    for beginning in {mark, "="}:
        match = _REFUSAL.fullmatch(text.removeprefix(beginning)) if text.startswith(beginning) else None
        if match:
            return RefusedError(match[1], line=line, found=text.rstrip())
    return None


def frame_at(line: int, text: str) -> "Frame":
    """Parse a line that begins with `=`; within a reply of protocol 1, that can only be a frame."""
    words = text[1:].split()
    if not words or words[0] not in {"section", "end", "done"}:
        raise broken(line, 0, "'=section NAME', '=end NAME …' or '=done sections=N'", text.rstrip())
    return Frame(line, text.rstrip(), words[0], tuple(words[1:]))


def frame_of(line: int, text: str, start: int, *, is_opening: bool) -> "Frame":
    """Parse a line that begins with the request's nonce, which ends at `start`."""
    word, *words = text[start:].split() or [""]
    if word not in ({"boks-gate/2"} if is_opening else {"section", "errors", "end", "done", "refused"}):
        expected = (
            "version=… of boks-gate/2"
            if is_opening
            else "'section NAME', 'errors NAME', 'end NAME …' or 'done sections=N'"
        )
        raise broken(line, start, expected, text[start:].rstrip())
    return Frame(line, text.rstrip(), word, tuple(words), start)


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: its line, its first word and the words after it."""

    line: int
    text: str
    word: str
    words: tuple[str, ...]
    start: int = 1
    """The column of the first word, which follows `=` or `=NONCE `; counted from 0."""

    def broken(self, *, expected: str, word: str | None = None) -> ParseError:
        """Make the error for this frame, at one of its words or after its last."""
        column = len(self.text) if word is None else self.text.index(word, self.start + len(self.word))
        return broken(self.line, column, expected, word or "")

    def mismatch(self, word: str, name: str) -> ParseError:
        """Make the error for another frame than the expected one."""
        return broken(self.line, self.start, f"'{word} {name}'", self.text[self.start :])

    def section_name(self, kind: str) -> Section:
        """Parse the name of the section that a frame of this kind is about."""
        if self.word != kind:
            raise broken(self.line, 0, f"'={kind} NAME'", self.text)
        if not self.words:
            raise self.broken(expected="the name of a section")
        try:
            return Section(self.words[0])
        except ValueError:
            raise self.broken(expected=f"one of {', '.join(Section)}", word=self.words[0]) from None

    def settings(self) -> Mapping[str, str]:
        """Parse the words `key=value`; a newer gate may add keys."""
        first = 1 if self.word == "end" else 0
        settings: dict[str, str] = {}
        for word in self.words[first:]:
            key, equals, value = word.partition("=")
            if not equals or key in settings:
                raise self.broken(expected="a setting of the form key=value, each once", word=word)
            settings[key] = value
        return settings

    def opening(self) -> Opening:
        """Parse an opening frame."""
        settings = self.settings()
        version = settings.get("version")
        if not version or len(version) > _LONGEST_VERSION:
            raise self.broken(
                expected=f"the gate's version, 'version=…', of at most {_LONGEST_VERSION} characters",
                word=f"version={version}" if version else None,
            )
        return version, _clock(settings), _machine(settings), _boks_init(settings)

    def demand_count(self, sections: int) -> None:
        """Check the last frame's number of sections against the number received."""
        announced = number(self.settings().get("sections", ""))
        if announced != sections:
            raise self.broken(
                expected=f"'sections={sections}', the number of sections received",
                word=self.words[0] if self.words else None,
            )

    def ending(self, name: Section, stdout: str, stderr: str) -> SectionReply:
        """Make the section by how it ended: with a status, cut off, or not run at all."""
        settings = self.settings()
        endings = [key for key in _ENDINGS if key in settings]
        if len(endings) != 1:
            raise self.broken(expected="one of 'exit=N', 'timeout=N' and 'skipped=REASON'")
        value = settings[endings[0]]
        status = number(value) if endings == ["exit"] else None
        if not value or (endings == ["exit"] and status is None):
            raise self.broken(expected=f"a value after '{endings[0]}='", word=f"{endings[0]}={value}")
        return SectionReply(
            name=name,
            stdout=stdout,
            stderr=stderr,
            exit_status=status,
            timed_out=endings == ["timeout"],
            skipped=value if endings == ["skipped"] else None,
            took=self._took(settings.get("seconds")),
            cut=settings.get("cut"),
        )

    def _took(self, seconds: str | None) -> float | None:
        if seconds is None:
            return None
        if not _SECONDS.fullmatch(seconds):
            raise self.broken(expected="seconds as a number", word=f"seconds={seconds}")
        return float(seconds)


def _clock(settings: Mapping[str, str]) -> Timestamp | None:
    try:
        return datetime.fromisoformat(settings.get("clock", "") + "+00:00").timestamp()
    except ValueError:
        return None


def _machine(settings: Mapping[str, str]) -> HostName | None:
    name = settings.get("host", "")
    return name if _HOST.fullmatch(name) else None


def _boks_init(settings: Mapping[str, str]) -> ProcessStart | None:
    pid, started = number(settings.get("boks_init", "")), number(settings.get("started", ""))
    return None if pid is None or started is None else ProcessStart(pid, float(started))
