"""No text, however hostile, keeps a parser busy: a daemon that watches a hundred hosts parses in its event loop."""

import time
from contextlib import suppress

import pytest

from boks_exporter.errors import ParseError
from boks_exporter.parsing.list_columns import gap_of, ruler_from
from boks_exporter.parsing.list_header import labels_of
from tests.unit.parsing_samples import PARSERS, parsed

LENGTH = 10_000
LIMIT_SECONDS = 0.25
"""Many times what the slowest takes; whatever is quadratic takes a second or more."""

BEGINNINGS = {
    "list": b"REPHOST3  00:49  04:50  726768  ",
    "sequence": b"T7 13678d 8:33:46 5053 ",
    "env": b"export BOKSINIT=server",
    "memory": b"Total: 1023968, Free: ",
    "errlog": b"lines=1\n> ",
    "queue": b"files=1\noldest=-rw 1 root root 312 Nov 23 08:12 ",
    "checksums": b"method.conf 1 2\n",
    "processes": b"boks_init=running\n",
    "diskspace": b"free_kilobytes=1\n",
    "ports": b"192.0.2.1 6500 refused\n",
    "reply": b"=boks-gate/1 version=1.0.0\n=section role\n|",
}
PIECES = [
    *(b" ", b"\t ", b"a", b"0", b":", b"; ", b'"', b"# "),
    *(b"(", b"\x1b[", b"\x1b]", b"\x1b[0;", b"\x00", b"\xff", b"\r", b"export "),
    *(b"export a ", b"A=x ", b"00:49 ", b"1D ", b"523D 5:19:20 ", b"(1) ", b"-", b"Nov "),
    *(
        b"Nov 23 08:12 ",
        b"Total: 1, ",
        b"largest free ",
        b"lines=1 ",
        b"=section ",
        b"=end role ",
        b"a=b ",
        b"SINCE LAST ",
    ),
    *(
        b"LAST ",
        b"\n",
        b"x\n",
        b"T1 1 (1)\n",
        b"T1 1\n",
        b"SERVER LAST\n",
        b"r  00:49   04:50  7  OK\n",
        b"r\t00:49\t\tx\n",
    ),
    *(
        b"=\n",
        b"SERVER  LAST\n r   00:49   04:50  7  OK\n",
        b"r 00:49  9D\n",
        b"=section role\n",
        b"|\n",
        b"export a;\n",
    ),
]


def cpu_seconds(command: str, text: bytes) -> float:
    """Measure one reading: the least of up to three, so that a busy machine fails nothing."""
    least = LIMIT_SECONDS * 2
    for _ in range(3):
        began = time.process_time()
        with suppress(ParseError):
            parsed(command, text)
        least = min(least, time.process_time() - began)
        if least <= LIMIT_SECONDS:
            break
    return least


@pytest.mark.parametrize("command", PARSERS)
def test_no_repetition_keeps_a_parser_busy(command: str) -> None:
    """Any piece repeated, alone or between a readable beginning and an unexpected end, is read in linear time."""
    slow = {}
    for piece in PIECES:
        for before, after in ((b"", b""), (BEGINNINGS[command], b'"')):
            text = before + piece * (LENGTH // len(piece)) + after
            slow[piece, before] = cpu_seconds(command, text)
    assert {key: seconds for key, seconds in slow.items() if seconds > LIMIT_SECONDS} == {}


def test_nothing_long_is_remembered() -> None:
    """What is kept from one output for the next is short and bounded, whatever was printed."""
    long = "SERVER " + "LAST " * LENGTH
    parsed("list", (long + "\n" + "r  00:49   1D 0:00:00  04:50  7  OK" + "x" * LENGTH + "\n").encode())
    parsed("list", "".join(f"SERVER {'-' * n} LAST\n" for n in range(300)).encode())
    for cached in (labels_of, ruler_from, gap_of):
        info = cached.cache_info()
        assert info.maxsize is not None
        assert info.currsize <= info.maxsize <= 256
