"""What the gates may accept and do: from docs/gate-protocol.md and docs/security.md, not from the gates."""

import re
from dataclasses import dataclass
from typing import Final

COMMAND: Final = b"boks-gate/2"
READING: Final = "reading"
OPERATOR: Final = "operator"

_SECTIONS: Final = {
    "role": (),
    "sequence": ("boksdiag sequence",),
    "list": ("boksdiag list",),
    "memory": ("dumpbase -m",),
    "errlog": (),
    "queue": (),
    "checksums": (),
    "processes": (),
    "diskspace": (),
    "ports": (),
    "hostkey": ("hostkey -c",),
    "registered": ("hostadm -l -t BOKSREPLICA -S",),
    "fque": ("boksdiag fque -master",),
}
_NUMBER: Final = r"[1-9][0-9]{0,7}"
_RUN: Final = r"(?=[A-Za-z0-9-]{1,40}(?![A-Za-z0-9-]))[A-Za-z0-9][A-Za-z0-9-]*"
_STEP: Final = r"(?:\.[A-Za-z0-9-]+)+"
_SHORT: Final = r"(?=[^ ]{3,64}(?: |\Z))"
_ID: Final = _SHORT + _RUN + _STEP
_OWNER: Final = r"[A-Za-z0-9._:/-]{1,64}"
_HOST: Final = r"[A-Za-z0-9][A-Za-z0-9._:-]*"
_DO: Final = rf"do {_SHORT}(?P<run>{_RUN}){_STEP} "
_OPERATIONS: Final = [
    (re.compile(pattern), limit, command)
    for pattern, limit, command in (
        ("preflight", 0, ""),
        ("registered", 0, "hostadm -l -t BOKSREPLICA -S"),
        ("lock-show", 0, ""),
        ("asides", 0, ""),
        ("unfreeze", 0, ""),
        (rf"freeze (?P<number>{_NUMBER}) {_OWNER} [A-Za-z0-9._:/-]{{1,120}}", 604_800, ""),
        (rf"reach {_HOST} (?P<number>{_NUMBER})", 65_535, ""),
        (rf"lock (?P<run>{_RUN}) {_OWNER}", 0, ""),
        (rf"(?:unlock|break-lock) {_RUN}", 0, ""),
        (f"(?:record|void) {_ID}", 0, ""),
        (rf"{_DO}convert (?P<role>master|server|client)", 0, "convert -v {role}"),
        (rf"{_DO}boot-stop", 0, "Boot -k"),
        (rf"{_DO}boot-start", 0, "Boot"),
        (rf"{_DO}set-shm-size (?P<number>{_NUMBER})", 99_999_999, "cadm -E SHM_SIZE={number}"),
        (rf"{_DO}remove-database", 0, ""),
        (rf"{_DO}(?:restore-database|remove-aside) {_ID}", 0, ""),
    )
]


@dataclass(frozen=True)
class Line:
    """One request that is accepted: its nonce, and BoKS's commands that it may run at most once each."""

    nonce: str
    commands: tuple[str, ...] = ()
    run: str = ""
    """The run without whose lock nothing may be run, or that acquires it."""
    loop: bool = False
    takes_lock: bool = False


@dataclass(frozen=True)
class Verdict:
    """What a channel may get: the requests that are answered, and whether its end is a refusal."""

    answered: tuple[Line, ...]
    refused: bool

    @property
    def touches_nothing(self) -> bool:
        return not self.answered


def judged(gate: str, command: bytes, stdin: bytes) -> Verdict:
    """Judge what a client executes and writes on one channel."""
    if command != COMMAND:
        return Verdict((), refused=True)
    answered: list[Line] = []
    for raw in stdin.replace(b"\0", b"").split(b"\n")[:-1]:  # a line without its end is no request
        line = _reading(raw, first=not answered) if gate == READING else _operator(raw)
        if line is None:
            return Verdict(tuple(answered), refused=True)
        answered.append(line)
        if not answered[0].loop:
            break
    return Verdict(tuple(answered), refused=False)


def _words(raw: bytes, permitted: str) -> tuple[str, list[str]] | None:
    """The nonce and the words behind it, where the line is one of the protocol."""
    if len(raw) > 400 or not re.fullmatch(rf"[{permitted}]*".encode(), raw):
        return None
    fields = raw.decode("ascii").split()
    if len(fields) < 2 or fields[0] != COMMAND.decode() or not re.fullmatch("[0-9a-f]{1,40}", fields[1]):
        return None
    return fields[1], fields[2:]


def _reading(raw: bytes, *, first: bool) -> Line | None:
    if (found := _words(raw, "a-z0-9 ._:/-")) is None:
        return None
    nonce, words = found
    loop = bool(words) and words[0] == "loop"
    if loop:
        if not first or len(words) < 2 or not re.fullmatch(_NUMBER, words[1]) or int(words[1]) > 86_400:
            return None
        words = words[2:]
    if not words or len(set(words)) != len(words) or not set(words) <= set(_SECTIONS):
        return None
    return Line(nonce, tuple(command for word in words for command in _SECTIONS[word]), loop=loop)


def _operator(raw: bytes) -> Line | None:
    if (found := _words(raw, "A-Za-z0-9 ._:/-")) is None:
        return None
    nonce, words = found
    if words[:1] != ["op"]:
        return None
    line = " ".join(words[1:])
    for pattern, limit, command in _OPERATIONS:
        if match := pattern.fullmatch(line):
            parts = match.groupdict()
            if limit and int(parts["number"]) > limit:
                return None
            return Line(
                nonce,
                (command.format_map(parts),) if command else (),
                parts.get("run") or "",
                takes_lock=words[1] == "lock",
            )
    return None
