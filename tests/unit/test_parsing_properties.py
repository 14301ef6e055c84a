"""What holds for every text, however broken: only ParseErrors, and no line that vanishes."""

import re
import string
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boks_exporter.errors import ParseError
from boks_exporter.model import UnreadLine
from boks_exporter.parsing.list_header import is_header, is_underline
from boks_exporter.parsing.list_rows import partial_row
from boks_exporter.parsing.text_lines import lines_of
from tests.unit.hypothesis_budget import tried
from tests.unit.parsing_samples import PARSERS, parsed, samples

QUICK = tried(40)
RAW = {command: [sample.raw for sample in samples() if sample.command == command] for command in PARSERS}
LINES = {command: sorted({line for raw in RAW[command] for line in raw.split(b"\n")}) for command in PARSERS}

OddText = st.text(st.sampled_from(string.printable + "\x00\x1b\u00a0\u2028\u0665\u00bd\ud800\U0001f512"), max_size=40)


def read(command: str, raw: bytes) -> Any:
    """Parse; a ParseError is an answer, and must hold together."""
    try:
        return parsed(command, raw)
    except ParseError as raised:
        error = raised
    assert 1 <= error.line <= raw.count(b"\n") + 1
    assert error.column >= 1
    assert error.expected
    assert error.found
    return None


@pytest.mark.parametrize("command", PARSERS)
@QUICK
@given(raw=st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_parse_error(command: str, raw: bytes) -> None:
    """Whatever a host sends, the worst that can happen is a ParseError with its place."""
    read(command, raw)


@pytest.mark.parametrize("command", PARSERS)
@QUICK
@given(data=st.data())
def test_no_mixture_of_lines_raises_anything_but_a_parse_error(command: str, data: st.DataObject) -> None:
    """Lines of the corpus in any order, among lines of odd characters, never break a parser."""
    raw = data.draw(mixtures(command))
    read(command, raw)


@pytest.mark.parametrize("command", PARSERS)
@QUICK
@given(data=st.data())
def test_no_mutated_sample_raises_anything_but_a_parse_error(command: str, data: st.DataObject) -> None:
    """Samples with pieces overwritten, doubled or cut out never break a parser."""
    raw = data.draw(st.sampled_from(RAW[command]))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(raw)))
        end = data.draw(st.integers(start, min(len(raw), start + 12)))
        piece = data.draw(
            st.one_of(st.binary(max_size=6), st.just(raw[start:end] * 2), st.sampled_from(LINES[command]))
        )
        raw = raw[:start] + piece + raw[end:]
    read(command, raw)


@pytest.mark.parametrize("command", PARSERS)
def test_a_sample_cut_at_any_byte_raises_nothing_but_a_parse_error(command: str) -> None:
    """An output may break off anywhere; only the line ends at its end make no difference."""
    for raw in RAW[command]:
        whole = read(command, raw)
        end = len(raw.rstrip(b"\n"))
        for length in range(len(raw)):
            fact = read(command, raw[:length])
            assert length < end or fact == whole, raw[:length]


def test_a_reply_that_is_cut_is_never_taken_for_a_whole_one() -> None:
    """A reply is whole with its last frame, whatever follows, and never before."""
    for raw in RAW["reply"]:
        for length in range(len(raw)):
            reply = read("reply", raw[:length])
            assert reply is None or re.search(rb"^=done sections=\d", raw[:length], re.MULTILINE), raw[:length]
            assert reply is None or reply.sections == read("reply", raw).sections


def mixtures(command: str) -> st.SearchStrategy[bytes]:
    """Make texts of the corpus' lines and of odd ones."""
    odd = OddText.map(lambda text: text.encode("utf-8", "surrogatepass"))
    return st.lists(st.one_of(st.sampled_from(LINES[command]), odd), max_size=12).map(b"\n".join)


def numbered(command: str, raw: bytes) -> dict[int, str]:
    """Number the lines that are not blank, as the parsers do."""
    text = raw.decode(errors="replace")
    lines = enumerate(text.split("\n"), 1) if command == "reply" else lines_of(text, re.compile("")).numbered()
    return {at: line for at, line in lines if line.strip()}


Rule = Callable[[str], bool]
RULES: dict[str, Rule] = {
    "list": lambda line: is_header(line) or is_underline(line),
    "sequence": lambda line: False,
}


@pytest.mark.parametrize("command", RULES)
@QUICK
@given(data=st.data())
def test_every_line_is_a_fact_or_has_a_rule_or_is_unread(command: str, data: st.DataObject) -> None:
    """Nothing vanishes: the lines that are not blank are exactly the facts, the headers and the unread lines.

    A row of a list that is read in part is both.
    """
    raw = data.draw(mixtures(command))
    report = read(command, raw)
    if report is None:
        return
    lines = numbered(command, raw)
    left = {unread.line for unread in report.unread_lines}
    named = {at for at, line in lines.items() if RULES[command](line)} - left
    facts = report.lines if command == "list" else report.tables
    in_part = [at for at in left if command == "list" and partial_row(lines[at].split())]
    assert len(facts) - len(in_part) + len(named) + len(left) == len(lines)
    assert {at: lines[at].rstrip() for at in left} == {unread.line: unread.text for unread in report.unread_lines}


@pytest.mark.parametrize("command", PARSERS)
@QUICK
@given(data=st.data())
def test_a_strange_line_is_always_unread(command: str, data: st.DataObject) -> None:
    """A strange line changes no fact wherever it is inserted, and comes back as an unread line with its number."""
    raw = data.draw(
        st.sampled_from([sample for sample in RAW[command] if sample and read(command, sample) is not None])
    )
    lines = raw.split(b"\n")
    at = data.draw(st.integers(0, len(lines)))
    stranger = data.draw(st.sampled_from(["~~ what is this?", "\u00bfQu\u00e9?", "( a b c )", "\u00bd"]))
    before, after = read(command, raw), read(command, b"\n".join([*lines[:at], stranger.encode(), *lines[at:]]))
    assert after is not None
    assert UnreadLine(at + 1, stranger) in after.unread_lines
    moved = [replace(left, line=left.line + (left.line > at)) for left in before.unread_lines]
    assert sorted(after.unread_lines, key=lambda left: left.line) == sorted(
        [*moved, UnreadLine(at + 1, stranger)], key=lambda left: left.line
    )
    assert without_unread_lines(after) == without_unread_lines(before)


def without_unread_lines(fact: Any) -> list[Any]:
    return [getattr(fact, name) for name in fact.__dataclass_fields__ if name != "unread_lines"]
