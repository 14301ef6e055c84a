"""Floods of rubbish: the readable lines are read, the rest is counted."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boks_exporter.model import UnreadLine
from boks_exporter.parsing.boksdiag_list import parse_list
from boks_exporter.parsing.reply import parse_reply
from boks_exporter.parsing.text_lines import KEPT_RAW, MOST_READ
from tests.unit.hypothesis_budget import tried
from tests.unit.parsing_samples import PARSERS, parsed, samples

FLOOD = MOST_READ + 2_000
STRANGERS = ["x", "~~ what is this?", "\u00bfQu\u00e9?", "( a b c )", "\u00bd"]


def sound_samples(command: str) -> list[bytes]:
    """Find the samples that are read."""
    return [
        sample.raw
        for sample in samples()
        if sample.command == command and sample.raw and "fact" in sample.expectation()
    ]


def without_unread_lines(fact: Any) -> list[Any]:
    return [getattr(fact, name) for name in fact.__dataclass_fields__ if name != "unread_lines"]


def count(unread_lines: tuple[UnreadLine, ...]) -> int:
    return sum(left.stands_for for left in unread_lines)


@pytest.mark.parametrize("command", PARSERS)
@tried(8)
@given(data=st.data())
def test_readable_lines_are_read_wherever_they_are_in_a_flood(command: str, data: st.DataObject) -> None:
    """The facts are those without the flood, the strange lines are counted exactly, and the first come back raw."""
    raw = data.draw(st.sampled_from(sound_samples(command)))
    stranger = data.draw(st.sampled_from(STRANGERS))
    lines = raw.rstrip(b"\n").split(b"\n")
    at = data.draw(st.integers(0, len(lines)))
    flooded = [*lines[:at], *[stranger.encode()] * FLOOD, *lines[at:]]
    before, after = parsed(command, raw), parsed(command, b"\n".join(flooded))
    assert without_unread_lines(after) == without_unread_lines(before)
    assert count(after.unread_lines) == count(before.unread_lines) + FLOOD
    assert len(after.unread_lines) <= KEPT_RAW + 1
    assert {UnreadLine(at + 1, stranger), UnreadLine(at + 500, stranger)} <= set(after.unread_lines)


def test_no_more_rows_are_read_than_any_domain_has_and_the_others_are_counted() -> None:
    """Of rows without end, as many as are read and as are only counted are as many as there were."""
    list_ = parse_list("\n".join(f"h{number} 00:49 04:50 7 OK" for number in range(3 * MOST_READ)))
    assert len(list_.lines) == MOST_READ
    assert list_.unread_lines == (UnreadLine(MOST_READ + 1, f"h{MOST_READ} 00:49 04:50 7 OK", 2 * MOST_READ),)


def test_a_line_of_blanks_in_a_flood_is_no_underline() -> None:
    """It counts for nothing, and takes no line's place."""
    list_ = parse_list("x\n" * FLOOD + "SERVER SINCE LAST SINCE LAST SINCE LAST COUNT LAST\n  \n")
    assert (list_.lines, count(list_.unread_lines)) == ((), FLOOD)


def test_the_last_line_of_a_flood_represents_all_that_are_not_kept() -> None:
    """It has the number and the text of the first of them; blank lines count for nothing."""
    reply = parse_reply(b"x\n \n" * 1_500 + b"=boks-gate/1 version=1.0.0\n\n=done sections=0\n" + b"y\n" * 7)
    assert [left.line for left in reply.unread_lines] == list(range(1, 2 * KEPT_RAW + 2, 2))
    assert reply.unread_lines[-1] == UnreadLine(2 * KEPT_RAW + 1, "x", 507)
