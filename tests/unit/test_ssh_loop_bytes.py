"""Replies of a loop as they may arrive: in any pieces, with text behind them, or cut anywhere. Without a network."""

import asyncio
from collections.abc import Sequence

import pytest

from boks_exporter.errors import TransportError
from boks_exporter.model import Garbled, Host, Observed, Role, Section
from boks_exporter.observe.interpret import interpret_reply
from boks_exporter.remote.request import Request
from boks_exporter.transport.base import RawReply
from boks_exporter.transport.ssh.request_loop import Answers, Loop

LIMIT = 100_000
REQUEST = Request((Section.ROLE, Section.SEQUENCE))
REPLICA = Host("R1", "192.0.2.1")
ENDED = None
"""In a list of pieces: the host closes the channel."""


def reply_to(nonce: str, number: int = 5053) -> bytes:
    frames = ("boks-gate/2 version=2.0.0", "section role", "end role exit=0", "section sequence", "end sequence exit=0")
    opening, role, end_role, sequence, end = (f"={nonce} {frame}\n" for frame in frames)
    text = f"{opening}{role}BOKSINIT=server\n{end_role}{sequence}T7 13678d 8:33:46 {number} ({number})\n{end}"
    return f"{text}={nonce} done sections=2\n".encode()


class Gate:
    """A channel whose gate answers each request with pieces, as soon as it is written."""

    def __init__(self, *replies: Sequence[bytes | None]) -> None:
        self.answers = Answers(LIMIT)
        self.replies = iter(replies)
        self.is_aborted = False

    def write(self, line: bytes) -> None:
        nonce = line.split()[1]
        for piece in next(self.replies):
            if piece is ENDED:
                self.answers.connection_lost(None)
            else:
                self.answers.data_received(piece.replace(b"NONCE", nonce), None)

    def get_exit_status(self) -> int | None:
        return None

    def abort(self) -> None:
        self.is_aborted = True


def loop_over(*replies: Sequence[bytes | None]) -> tuple[Loop, Gate]:
    gate = Gate(*replies)
    return Loop(gate, gate.answers, 90), gate  # type: ignore[arg-type]  # as much of a channel as a loop uses


def numbers(raw: RawReply) -> list[int]:
    """Interpret a reply and return the numbers of its tables."""
    seen = interpret_reply(REPLICA, REQUEST, raw, 1.0, 2.0)
    assert isinstance(seen, Observed), seen
    assert seen.role is Role.REPLICA
    assert seen.sequences is not None
    assert seen.faults == ()
    return [row.sequence for row in seen.sequences.tables]


REPLY = reply_to("NONCE")


async def test_a_reply_may_be_split_at_every_byte() -> None:
    """Also into single bytes; the next reply of the channel is read as well."""
    whole = reply_to("0" * 32)
    for at in range(len(whole)):
        answers = Answers(LIMIT)
        answers.expect("0" * 32)
        answers.data_received(whole[:at], None)
        assert not answers.turn.done(), whole[:at]
        answers.data_received(whole[at:], None)
        assert answers.turn.done(), whole[:at]
    answers = Answers(LIMIT)
    answers.expect("0" * 32)
    for at in range(len(whole)):
        assert not answers.turn.done()
        answers.data_received(whole[at : at + 1], None)
    assert answers.turn.done()
    loop, _ = loop_over([REPLY], [reply_to("NONCE", 5054)])
    assert [numbers(await loop.exchange(REQUEST)) for _ in range(2)] == [[5053], [5054]]


@pytest.mark.parametrize("text", [b"a job of the login ended\n", b"no line end", b"=0a done sections=2\n", REPLY])
async def test_text_behind_a_reply_in_the_same_packet_neither_delays_nor_becomes_part_of_one(text: bytes) -> None:
    """Nor does it belong to the next one."""
    loop, _ = loop_over([REPLY + text], [reply_to("NONCE", 5054)])
    async with asyncio.timeout(60):
        first = interpret_reply(REPLICA, REQUEST, await loop.exchange(REQUEST), 1.0, 2.0)
        second = await loop.exchange(REQUEST)
    assert isinstance(first, Observed | Garbled)
    assert numbers(second) == [5054]


async def test_a_reply_that_is_cut_anywhere_is_never_taken_for_a_whole_one() -> None:
    """The host closes the channel in the middle."""
    whole = REPLY.replace(b"NONCE", b"0" * 32)
    for at in range(len(whole)):
        loop, _ = loop_over([whole[:at].replace(b"0" * 32, b"NONCE"), ENDED])
        try:
            raw = await loop.exchange(REQUEST)
        except TransportError:
            continue
        seen = interpret_reply(REPLICA, REQUEST, raw, 1.0, 2.0)
        assert isinstance(seen, Garbled), (whole[:at], seen)
        assert not loop.is_open


@pytest.mark.parametrize(
    "line",
    [b"=0a done sections=2", b"=0a refused busy", b"=refused busy", b"> a server =refused it", b"done sections=2"],
)
async def test_no_line_of_an_output_ends_a_reply_wherever_a_packet_ends(line: bytes) -> None:
    """Only the frames of this request do: a host's users write into its error log."""
    whole = reply_to("0" * 32)
    at = whole.index(b"BOKSINIT")
    answers = Answers(LIMIT)
    answers.expect("0" * 32)
    answers.data_received(whole[:at] + line + b"\n", None)
    assert not answers.turn.done()
    answers.data_received(whole[at:], None)
    assert answers.turn.done()
