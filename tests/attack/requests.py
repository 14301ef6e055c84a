"""Requests at random: most are nearly right, some are right, and some are noise."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tests.attack.oracle import COMMAND, OPERATOR, READING
from tests.unit.gate_hostile import HOSTILE
from tests.unit.gate_tree import ADDED, EVERYTHING
from tests.unit.test_gate_operator_requests import EXACT, WRONG

_SECTIONS: Final = (*EVERYTHING.split(), *ADDED.split())
_BITS: Final = (
    *(bytes([byte]) for byte in (0, 1, 7, 8, 9, 11, 13, 27, 32, 32, 32, 127, 128, 133, 155, 160, 194, 226, 255)),
    *(character.encode() for character in "$`;&|<>(){}[]*?~!#%^=+,@'\"\\.:/_-0aZ"),
    *("é".encode(), "\u202e".encode(), "\u2028".encode(), "\uff52".encode(), "\u0440".encode()),
)
_WORDS: Final = (
    *(b"$(touch canary)", b"`touch canary`", b"$IFS", b"${0}", b"-c", b"--", b"..", b"../..", b"/etc/passwd", b"*"),
    *(b"sh", b"clean", b"clean-root", b"clean-worker", b"worker", b"request-on-stdin", b"convert", b"Boot", b"loop"),
    *(b"op", b"role", b"loop 60", b"0", b"00", b"-1", b"1e3", b"0x10", b"65535", b"65536", b"86400", b"86401"),
    *(b"604800", b"604801", b"99999999", b"100000000", b"18446744073709551617", b"R1", b"R1.1", b"R1..1", b".1"),
    *(b"x" * 40, b"x" * 41, b"R1." + b"x" * 61, b"R1." + b"x" * 62, b"a" * 64, b"a" * 65, b"w" * 120, b"w" * 121),
    *(b"f" * 40, b"f" * 41, b"master", b"server", b"client", b"removed-R1.1", b"lock", b"freeze", b"%s", b"%n"),
)
_COMMANDS: Final = (
    *(
        b"",
        b" ",
        b"sh",
        b"sh -c id",
        b"boks-gate/2 ",
        b" boks-gate/2",
        b"boks-gate/2\n",
        b"boks-gate/1",
        b"boks-gate/22",
    ),
    *(b"boks-gate/2 0a role", b"boks-gate/2;id", b"clean", b"clean-root", b"request-on-stdin", b"clean-worker a b c d"),
    *(b"worker R1.1 t R1.1 boot-stop", b"scp -t /tmp", b"sftp", b"/usr/lib/openssh/sftp-server", b"internal-sftp"),
    *(b"rsync --server", b"$(touch canary)", b"() { :; }; touch canary", b"BOKS-GATE/2", b"-", b"--help", b"\xff"),
)
_CHANGES: Final = 3 * tuple(line for line in EXACT if line.startswith("do "))
_SHARE_RIGHT, _SHARE_COMMAND, _SHARE_NOISE = 0.025, 0.08, 0.08


@dataclass(frozen=True)
class Attempt:
    """One channel of a key's holder."""

    gate: str
    command: bytes
    stdin: bytes
    environment: int = 0
    """Which of the hostile environments it has."""


def attempts(seed: int, gate: str) -> Iterator[Attempt]:
    """Draw attempts without end; the same seed draws the same ones."""
    drawn = random.Random(f"{seed} {gate}")  # noqa: S311 - no secret
    while True:
        command, stdin, kind = COMMAND, _right(drawn, gate), drawn.random()
        if kind < _SHARE_COMMAND:
            command = _other_command(drawn)
        elif kind < _SHARE_COMMAND + _SHARE_NOISE:
            stdin = _noise(drawn)
        elif kind < 1 - _SHARE_RIGHT:
            for _ in range(drawn.choice((1, 1, 1, 2, 3))):
                stdin = _changed(drawn, stdin)
        yield Attempt(gate, command, stdin, drawn.choice((0, 0, 1, 2)))


def _right(drawn: random.Random, gate: str) -> bytes:
    nonce = f"{drawn.getrandbits(drawn.choice((4, 64, 160))):x}"
    if drawn.random() < 0.05:
        known = HOSTILE if gate == READING else [(f"boks-gate/2 {nonce} op {line}", "") for line, _ in WRONG]
        return drawn.choice(known)[0].encode(errors="replace") + b"\n"
    if gate == OPERATOR:
        line = drawn.choice((*EXACT, *_CHANGES)).replace("R1", drawn.choice(("R1", "R1", "R1", "R2")))
        line = line.replace(".1", f".{drawn.randrange(1, 20)}")
        return f"boks-gate/2 {nonce} op {line}\n".encode()
    lines, loop = [], drawn.random() < 0.1
    for number in range(drawn.randrange(1, 4) if loop else 1):
        words = drawn.sample(_SECTIONS, drawn.choice((1, 1, 2, 3)))
        head = [f"loop {drawn.choice((60, 90, 86400))}"] if loop and not number else []
        lines.append(f"boks-gate/2 {nonce if not number else f'{number:x}b'} {' '.join((*head, *words))}\n")
    return "".join(lines).encode()


def _other_command(drawn: random.Random) -> bytes:
    if drawn.random() < 0.5:
        return drawn.choice(_COMMANDS)
    changed = _changed(drawn, COMMAND).replace(b"\0", b"\x01")
    return changed if changed != COMMAND else b"boks-gate/3"


def _noise(drawn: random.Random) -> bytes:
    length = drawn.choice((0, 1, 20, 399, 400, 401, 5000))
    start = drawn.choice((b"", b"boks-gate/2 ", b"boks-gate/2 0a ", b"boks-gate/2 0a op "))
    return start + drawn.randbytes(length) + drawn.choice((b"", b"\n", b"\n\n"))


def _changed(drawn: random.Random, text: bytes) -> bytes:
    at = drawn.randrange(len(text) + 1)
    words = text.split(b" ")
    where = drawn.randrange(len(words))
    match drawn.randrange(12):
        case 0 | 1 | 2:
            return text[:at] + drawn.choice(_BITS) + text[at:]
        case 3:
            return text[:at] + text[at + 1 :]
        case 4:
            return text[:at] + drawn.choice(_BITS) + text[at + 1 :]
        case 5 | 6:
            words[where] = drawn.choice(_WORDS) + (b"\n" if words[where].endswith(b"\n") else b"")
        case 7:
            words.insert(where, drawn.choice(_WORDS))
        case 8:
            words.insert(where, words[drawn.randrange(len(words))])
        case 9:
            del words[where]
        case 10:
            return (
                text.rstrip(b"\n").ljust(drawn.choice((399, 400, 401, 402, 70_000)), drawn.choice((b" ", b"a"))) + b"\n"
            )
        case _:
            return text + drawn.choice((b"touch canary\n", text, b"boks-gate/2 0c role\n", b"\n", b"\x00"))
    return b" ".join(words)
