"""Mutations of inputs, for a machine without a fuzzer that measures coverage: the same ones for the same seed."""

import base64
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

CORPUS: Final = Path(__file__).with_name("corpus")
MOST_BYTES: Final = 16384
_WORDS: Final = (
    *(
        b"T7 13678d 8:33:46 5053 (5053)",
        b"T99999999999999999999",
        b"DOWN",
        b"LOADING",
        b"BOKSINIT=master",
        b"=section ",
        b"=end ",
    ),
    *(
        b"=done sections=7",
        b"=boks-gate/1 ",
        b"=refused busy",
        b"|",
        b"> ",
        b"exit=0",
        b"seconds=-1",
        b"9" * 40,
        b"-1",
        b"1e309",
        b"NaN",
        b"\x00",
    ),
    *(
        b"\xff\xfe",
        b"\x1b[31m",
        b"\xe2\x80\xae",
        b"\r\n",
        b"\t",
        b" " * 80,
        b"(" * 200,
        b"[" * 100,
        b"{" * 100,
        b'"',
        b"\\u0000",
        b"null",
        b"true",
    ),
    *(
        b"&a [*a, *a]",
        b"<<: *a",
        b"!!python/object:os.system",
        b"${HOME}",
        b"%s%n",
        b"host:",
        b"- ",
        b": ",
        b"#",
        b"\xc2\xb2",
        b"\xd9\xa3",
    ),
)


def kept(target: str) -> tuple[bytes, ...]:
    """Return the corpus of a target: inputs that a fuzzer found to reach something new, and those that once failed."""
    file = CORPUS / f"{target}.base64"
    return tuple(base64.b64decode(line) for line in file.read_text(encoding="ascii").split()) if file.is_file() else ()


def mutated(seeds: tuple[bytes, ...], times: int, seed: str) -> Iterator[bytes]:
    """Yield the seeds themselves, then so many mutations of them and of their mutations."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    pool = [seed[:MOST_BYTES] for seed in seeds]
    yield from pool
    for number in range(times):
        data = chance.choice(pool)
        for _ in range(chance.choice((1, 1, 2, 4, 8))):
            data = _changed(data, chance, pool)[:MOST_BYTES]
        if number % 16 == 0 and len(pool) < 512:
            pool.append(data)
        yield data


def _changed(data: bytes, chance: random.Random, pool: list[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    to = min(len(data), at + chance.choice((1, 2, 8, 64)))
    match chance.randrange(8):
        case 0:
            return data[:at] + bytes([chance.randrange(256)]) + data[to:]
        case 1:
            return data[:at] + data[to:]
        case 2:
            return data[:at] + chance.choice(_WORDS) + data[at:]
        case 3:
            return data[:at] + data[at:to] * chance.choice((2, 3, 20)) + data[to:]
        case 4:
            other = chance.choice(pool)
            return data[:at] + other[chance.randrange(len(other) + 1) :]
        case 5:
            lines = data.split(b"\n")
            chance.shuffle(lines)
            return b"\n".join(lines)
        case 6:
            return data[:at]
        case _:
            return bytes(
                chance.choice(b"0123456789") if byte in b"0123456789" and chance.random() < 0.2 else byte
                for byte in data
            )
