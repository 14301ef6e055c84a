"""The simulator's gate speaks protocol 2: nonce, loop, refusals."""

import pytest

from boks_exporter.model import ProcessStart, Section
from boks_exporter.parsing.reply import parse_reply
from boks_exporter.parsing.reply_frames import RefusedError
from boks_exporter.remote.gate import GateKind, gate_version
from boks_exporter.remote.request import DIAGNOSIS, EVERY_GATE, READING, ROLE_ONLY, new_nonce, request_line
from boks_exporter.simulator.domain import Fault, SimulatedDomain, published_layout
from boks_exporter.simulator.gate_channel import MOST_REQUESTS, VERSION, GateChannel
from boks_exporter.simulator.gate_reply import reply

NONCE = "5f3c9a0b12345678"


@pytest.fixture
def domain() -> SimulatedDomain:
    domain = SimulatedDomain(published_layout(writes_per_second=2.0), seed=1)
    domain.advance(600.0)
    return domain


def test_its_version_is_that_of_the_shipped_gates() -> None:
    assert {gate_version(kind) for kind in GateKind} == {VERSION}


def test_both_protocols_carry_the_same_sections(domain: SimulatedDomain) -> None:
    """The same domain at the same instant reads the same over protocol 1 and protocol 2."""
    old = parse_reply(reply(domain, "MASTER1", EVERY_GATE.line()).stdout)
    new = parse_reply(GateChannel(domain, "MASTER1").answer(request_line(EVERY_GATE, NONCE)).stdout, NONCE)
    assert [(part.name, part.stdout, part.stderr, part.exit_status) for part in new.sections] == [
        (part.name, part.stdout, part.stderr, part.exit_status) for part in old.sections
    ]
    assert (new.gate_version, new.machine, new.host_clock) == ("2.1.2", "MASTER1", old.host_clock)


def test_without_the_word_loop_a_channel_is_over_after_one_reply(domain: SimulatedDomain) -> None:
    channel = GateChannel(domain, "MASTER1")
    channel.answer(request_line(ROLE_ONLY, NONCE))
    assert channel.is_over


def test_a_loop_answers_request_after_request_with_the_nonce_of_each(domain: SimulatedDomain) -> None:
    channel = GateChannel(domain, "REPHOST", boks_init=ProcessStart(4711, 1699999000.0))
    first = parse_reply(channel.answer(request_line(READING, NONCE, loop_seconds=90)).stdout, NONCE)
    other = new_nonce()
    second = parse_reply(channel.answer(request_line(ROLE_ONLY, other)).stdout, other)
    assert not channel.is_over
    assert [len(first.sections), len(second.sections)] == [2, 1]
    assert first.boks_init == second.boks_init == ProcessStart(4711, 1699999000.0)


def test_the_clock_comes_with_the_first_reply_and_with_a_queue(domain: SimulatedDomain) -> None:
    channel = GateChannel(domain, "MASTER1")
    lines = [
        request_line(ROLE_ONLY, NONCE, loop_seconds=90),
        request_line(ROLE_ONLY, NONCE),
        request_line(EVERY_GATE, NONCE),
    ]
    clocks = [parse_reply(channel.answer(line).stdout, NONCE).host_clock for line in lines]
    assert [clock is not None for clock in clocks] == [True, False, True]


def test_a_loop_ends_after_a_number_of_requests(domain: SimulatedDomain) -> None:
    channel = GateChannel(domain, "REPHOST")
    channel.answer(request_line(ROLE_ONLY, NONCE, loop_seconds=90))
    for _ in range(MOST_REQUESTS - 2):
        channel.answer(request_line(ROLE_ONLY, NONCE))
    assert not channel.is_over
    assert channel.answer(request_line(ROLE_ONLY, NONCE)).exit_status == 0
    assert channel.is_over


def test_a_section_that_hangs_leaves_one_second_to_each_later_one(domain: SimulatedDomain) -> None:
    domain.set_fault("MASTER1", Fault.HANGING)
    answer = GateChannel(domain, "MASTER1", limit_seconds=8).answer(f"boks-gate/2 {NONCE} sequence list memory role")
    sections = parse_reply(answer.stdout, NONCE).sections
    assert [part.timed_out for part in sections] == [True, True, True, False]
    assert 10 <= answer.delay_seconds < 11


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "unknown_protocol"),
        ("boks-gate/1 role", "unknown_protocol"),
        ("boks-gate/2", "bad_nonce"),
        ("boks-gate/2 role", "bad_nonce"),
        (f"boks-gate/2 {'0' * 41} role", "bad_nonce"),
        ("boks-gate/2 0", "no_section"),
        ("boks-gate/2 0 role convert", "unknown_word"),
        ("boks-gate/2 0 op preflight", "unknown_word"),
        ("boks-gate/2 0 role role", "repeated_word"),
        ("boks-gate/2 0 loop", "bad_loop"),
        ("boks-gate/2 0 loop 0 role", "bad_loop"),
        ("boks-gate/2 0 loop 86401 role", "bad_loop"),
        ("boks-gate/2 0 loop role", "bad_loop"),
        ("boks-gate/2 0 role loop 90", "unknown_word"),
        ("boks-gate/2 0 ROLE", "bad_character"),
        ("boks-gate/2 0 role" + " " * 400, "too_long"),
    ],
)
def test_a_line_outside_of_the_vocabulary_is_refused_and_ends_the_channel(
    domain: SimulatedDomain, line: str, reason: str
) -> None:
    channel = GateChannel(domain, "MASTER1")
    answer = channel.answer(line)
    with pytest.raises(RefusedError) as refused:
        parse_reply(answer.stdout)
    assert (refused.value.refusal, answer.exit_status, channel.is_over) == (reason, 64, True)


def test_a_loop_cannot_begin_within_a_loop(domain: SimulatedDomain) -> None:
    channel = GateChannel(domain, "MASTER1")
    channel.answer(request_line(ROLE_ONLY, NONCE, loop_seconds=90))
    with pytest.raises(RefusedError, match="bad_loop"):
        parse_reply(channel.answer(request_line(ROLE_ONLY, NONCE, loop_seconds=90)).stdout, NONCE)


def test_every_word_is_a_section() -> None:
    assert DIAGNOSIS.all_words() == tuple(Section)
