"""Parsed texts that are kept from round to round, since most are the same again."""

import tracemalloc
from collections.abc import Callable

import pytest

from boks_exporter.exposition.text_format import number_text
from boks_exporter.model import TableSequence
from boks_exporter.parsing.reply import parse_reply
from boks_exporter.replication.brackets import Bracket
from boks_exporter.replication.comparison import _without_age

WARM_UP, ROUNDS = 500, 2000
MOST_BYTES = 700_000


def times(number: int) -> None:
    """Write the times of one round: of each of three hosts, and of the exporter."""
    for each in range(11):
        number_text(1_764_438_012.0 + 30 * number + each / 16)


def opening(number: int) -> None:
    clock = f"2026-11-23T{number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}"
    text = f"=7 boks-gate/2 version=2.1.0 host=r1 clock={clock} boks_init=4711 started=1764438012\n"
    assert parse_reply(f"{text}=7 done sections=0\n".encode(), "7").machine == "r1"


def rows(number: int) -> None:
    """Compare the one table of three hosts that was written."""
    for host in range(3):
        _without_age(TableSequence(1, 3 * number + host, 1, 7.0), Bracket(number, number, 7.0), is_certain=True)


@pytest.mark.parametrize("each_round", [times, opening, rows])
def test_what_never_comes_again_is_forgotten_soon(each_round: Callable[[int], None]) -> None:
    """Each round has new times and numbers: what is kept of them is at its limit before growth looks like a leak."""
    tracemalloc.start()
    try:
        for number in range(WARM_UP):
            each_round(number)
        before, _ = tracemalloc.get_traced_memory()
        for number in range(WARM_UP, ROUNDS):
            each_round(number)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < MOST_BYTES
