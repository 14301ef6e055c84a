"""The requests that the operator gate takes: words, arguments, and the reasons for refusing others."""

import re
from typing import Final

from boks_exporter.remote.request import OLD_PROTOCOL, PROTOCOL
from boks_exporter.simulator.gate_channel import VERSION

_SECONDS: Final = re.compile(r" seconds=\d+$")


def with_nonce(reply: bytes, nonce: str) -> bytes:
    """Replace prefixes by the nonce's frames: `=` by `=NONCE `, `!` by a frame before the errors."""
    lines: list[str] = []
    name, is_in_errors = "", False
    for line in reply.decode(errors="surrogateescape").removesuffix("\n").split("\n"):
        if line.startswith("="):
            words = line[1:].split()
            name, is_in_errors = (words[1] if words[0] == "section" else name), False
            lines.append(f"={nonce} {_frame(line[1:])}")
            continue
        if line.startswith("!") and not is_in_errors:
            is_in_errors = True
            lines.append(f"={nonce} errors {name}")
        lines.append(line[1:])
    return "".join(f"{line}\n" for line in lines).encode(errors="surrogateescape")


def _frame(text: str) -> str:
    if text.startswith(f"{OLD_PROTOCOL} "):
        return re.sub(r"^\S+ version=\S+", f"{PROTOCOL} version={VERSION}", text)
    return _SECONDS.sub("", text) if " exit=" in text and " state=" not in text else text


_LONGEST_OLD: Final = 200
_LONGEST: Final = 400
_NONCE: Final = re.compile(r"[0-9a-f]{1,40}")
_CHARACTERS: Final = re.compile(r"[A-Za-z0-9._:/ -]*")
_RUN: Final = r"(?!-)[A-Za-z0-9-]{1,40}"
_ID: Final = re.compile(rf"(?=.{{1,64}}$){_RUN}(\.[A-Za-z0-9-]+)+")
_ARGUMENTS: Final = {
    "ID": _ID,
    "RUN": re.compile(_RUN),
    "OWNER": re.compile(r".{1,64}"),
    "HOST": re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*"),
    "PORT": re.compile(r"[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"),
    "SECONDS": re.compile(r"[1-9][0-9]{0,4}|[1-5][0-9]{5}|60[0-3][0-9]{3}|604[0-7][0-9]{2}|604800"),
    "REASON": re.compile(r".{1,120}"),
    "SIZE": re.compile(r"[1-9][0-9]{0,7}"),
}
_SHAPES: Final = tuple(
    tuple(shape.split())
    for shape in (
        "preflight",
        "registered",
        "lock-show",
        "reach HOST PORT",
        "lock RUN OWNER",
        "unlock RUN",
        "break-lock RUN",
        "record ID",
        "void ID",
        "do ID convert master",
        "do ID convert server",
        "do ID convert client",
        "do ID boot-stop",
        "do ID boot-start",
        "do ID remove-database",
        "do ID set-shm-size SIZE",
        "do ID restore-database ID",
        "do ID remove-aside ID",
        "asides",
        "freeze SECONDS OWNER REASON",
        "unfreeze",
    )
)


def refusal(line: str) -> str | None:
    """Return the reason for which a gate refuses a line of protocol 1 or 2; None if it takes it."""
    words = line.split()
    is_old = words[:1] == [OLD_PROTOCOL]
    if len(line) > (_LONGEST_OLD if is_old else _LONGEST):
        return "too_long"
    if not _CHARACTERS.fullmatch(line):
        return "bad_character"
    if not is_old and words[:1] != [PROTOCOL]:
        return "unknown_protocol"
    if not is_old and not nonce_of(line):
        return "bad_nonce"
    words = words[1:] if is_old else words[2:]
    if words[:1] != ["op"]:
        return "unknown_word"
    return _argument_refusal(words[1:])


def nonce_of(line: str) -> str | None:
    """Return the nonce of a line of protocol 2, if it has one."""
    words = line.split()
    return words[1] if words[:1] == [PROTOCOL] and _NONCE.fullmatch(" ".join(words[1:2])) else None


def as_old_line(line: str) -> str:
    """Write a line of protocol 2 as one of protocol 1."""
    return " ".join((OLD_PROTOCOL, *line.split()[2:])) if nonce_of(line) else line


def _argument_refusal(words: list[str]) -> str | None:
    for shape in _SHAPES:
        if len(shape) == len(words) and all(
            part in _ARGUMENTS or part == word for part, word in zip(shape, words, strict=True)
        ):
            pairs = [(_ARGUMENTS[part], word) for part, word in zip(shape, words, strict=True) if part in _ARGUMENTS]
            return None if all(pattern.fullmatch(word) for pattern, word in pairs) else "bad_argument"
    return "unknown_word"
