"""Replies of protocol 2 are split at the frames with the request's nonce, and at no other line."""

import re

import pytest

from boks_exporter.errors import FailureReason, ParseError
from boks_exporter.model import Garbled, Host, Observed, ProcessStart, Section, SectionReply, UnreadLine
from boks_exporter.observe.interpret import interpret_reply
from boks_exporter.parsing.nonce_frames import split_reply
from boks_exporter.parsing.operator_reply import parse_operator_reply, record_of
from boks_exporter.parsing.reply import _kept_sections, _sections_of_frames, _with_nonce, parse_reply
from boks_exporter.parsing.reply_frames import RefusedError
from boks_exporter.remote.request import Request
from boks_exporter.transport.base import RawReply

N = "5f3c9a0b12345678"
ROW = "T7 13678d 8:33:46 5053 (5053)"
WHOLE = f"""\
={N} boks-gate/2 version=2.0.0 host=replica1 clock=2026-11-23T08:40:12 boks_init=4711 started=1764438012
={N} section role
BOKSINIT=server
={N} end role exit=0
={N} section sequence
{ROW}
={N} errors sequence
boksadm: slow
={N} end sequence exit=3 cut=lines
={N} section list
={N} end list skipped=not_master
={N} section memory
={N} end memory timeout=8
={N} done sections=4
"""


def test_a_whole_reply_is_split() -> None:
    reply = parse_reply(WHOLE.encode(), N)
    assert reply.sections == (
        SectionReply(Section.ROLE, "BOKSINIT=server\n", exit_status=0),
        SectionReply(
            Section.SEQUENCE, "T7 13678d 8:33:46 5053 (5053)\n", "boksadm: slow\n", exit_status=3, cut="lines"
        ),
        SectionReply(Section.LIST, "", skipped="not_master"),
        SectionReply(Section.MEMORY, "", timed_out=True),
    )
    assert (reply.machine, reply.boks_init) == ("replica1", ProcessStart(4711, 1764438012.0))
    assert (reply.host_clock, reply.unread_lines) == (1795423212.0, ())


def test_a_recorded_reply_is_split_by_its_own_nonce() -> None:
    assert parse_reply(WHOLE.encode()) == parse_reply(WHOLE.encode(), N)


def test_no_output_can_be_taken_for_a_frame() -> None:
    """Lines in the form of frames of either protocol, and with another nonce, are output."""
    old = "=boks-gate/1 version=1.0.0\n=end role exit=1\n=done sections=0\n"
    forged = f"{old}={N}\n =5f {N} done sections=0\n=0 done sections=1"
    text = WHOLE.replace("BOKSINIT=server", forged)
    assert parse_reply(text.encode(), N).sections[0].stdout == f"{forged}\n"
    assert parse_reply(text.encode()).sections[0].stdout == f"{forged}\n"


def test_a_reply_before_the_awaited_one_is_not_read() -> None:
    """What a login prints may look like a whole reply with another nonce."""
    before = WHOLE.replace(N, "0")
    reply = parse_reply((before + WHOLE).encode(), N)
    assert reply.sections == parse_reply(WHOLE.encode()).sections
    assert reply.unread_lines[0] == UnreadLine(1, before.splitlines()[0])


def test_text_of_the_login_on_the_same_line_is_unread() -> None:
    """A terminal title has no line feed at its end."""
    reply = parse_reply(b"Authorised use only\n\x1b]0;title\x07" + WHOLE.encode(), N)
    assert len(reply.sections) == 4
    assert [line.line for line in reply.unread_lines] == [1, 2]


def test_every_reply_that_is_cut_off_is_rejected() -> None:
    for length in range(len(WHOLE)):
        with pytest.raises(ParseError):
            parse_reply(WHOLE[:length].encode(), N)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f"={N} end role exit=0\n", ""),
        (f"={N} end role exit=0", f"={N} end list exit=0"),
        (f"={N} section role", f"={N} section roles"),
        (f"={N} section role", f"={N} section"),
        (f"={N} section list", f"={N} section role"),
        ("sections=4", "sections=3"),
        ("exit=0", "exit=0 timeout=8"),
        ("exit=0", ""),
        (f"={N} errors sequence", f"={N} errors role"),
        (f"={N} errors sequence", f"={N} note sequence"),
        (" version=2.0.0", ""),
        ("boks-gate/2 version", "boks-gate/3 version"),
    ],
)
def test_a_reply_of_another_form_is_rejected(old: str, new: str) -> None:
    with pytest.raises(ParseError):
        parse_reply(WHOLE.replace(old, new, 1).encode(), N)


def test_an_unknown_setting_is_ignored() -> None:
    text = WHOLE.replace("host=replica1", "host=replica1 polls=3").replace("exit=3", "exit=3 cost=1")
    assert parse_reply(text.encode(), N) == parse_reply(WHOLE.encode(), N)


@pytest.mark.parametrize(
    ("settings", "run"),
    [
        ("boks_init=4711", None),
        ("started=1764438012", None),
        ("boks_init=x started=1764438012", None),
        ("boks_init=4711 started=1764438012", ProcessStart(4711, 1764438012.0)),
    ],
)
def test_a_start_is_known_only_with_its_process(settings: str, run: ProcessStart | None) -> None:
    text = WHOLE.replace("boks_init=4711 started=1764438012", settings)
    assert parse_reply(text.encode(), N).boks_init == run


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (ProcessStart(4711, 102.0), True),
        (ProcessStart(4711, 98.0), True),
        (ProcessStart(4711, 103.0), False),
        (ProcessStart(4712, 100.0), False),
    ],
)
def test_a_reused_process_id_is_another_run(other: ProcessStart, *, is_same: bool) -> None:
    assert ProcessStart(4711, 100.0).is_same(other) is is_same


@pytest.mark.parametrize(
    ("text", "reason"), [(f"={N} refused busy\n", "busy"), ("=refused bad_config\n", "bad_config")]
)
def test_a_refusal_has_its_reason(text: str, reason: str) -> None:
    for nonce in (N, None):
        with pytest.raises(RefusedError) as refused:
            parse_reply(b"login\n" + text.encode(), nonce)
        assert refused.value.refusal == reason


def test_a_reply_that_ends_in_a_refusal_has_its_reason() -> None:
    cut = WHOLE[: WHOLE.index(f"={N} section list")]
    with pytest.raises(RefusedError) as refused:
        parse_reply(f"{cut}={N} refused interrupted\n".encode(), N)
    assert refused.value.refusal == "interrupted"


def test_a_refusal_behind_a_whole_reply_takes_nothing_back() -> None:
    whole = parse_reply(f"{WHOLE}={N} refused interrupted\n".encode(), N)
    assert whole.sections == parse_reply(WHOLE.encode(), N).sections


def test_a_refusal_with_another_nonce_is_none() -> None:
    with pytest.raises(ParseError) as error:
        parse_reply(b"=0 refused busy\n", N)
    assert not isinstance(error.value, RefusedError)


def observed(text: str, *, exit_status: int | None = None) -> object:
    request = Request((Section.ROLE, Section.SEQUENCE))
    return interpret_reply(Host("R1", "192.0.2.2"), request, RawReply(text.encode(), b"", exit_status, N), 1.0, 2.0)


def test_a_busy_host_has_a_reason_of_its_own() -> None:
    outcome = observed(f"={N} refused busy\n", exit_status=75)
    assert isinstance(outcome, Garbled)
    assert outcome.reason is FailureReason.BUSY


def test_a_table_whose_end_was_left_out_is_no_shorter_table() -> None:
    """A row that the gate cut off must not look as if the table did not exist."""
    outcome = observed(WHOLE.replace("exit=3 cut=lines", "exit=0 cut=lines,bytes"))
    assert isinstance(outcome, Observed)
    assert outcome.sequences is None
    assert [(fault.section, fault.reason) for fault in outcome.faults] == [(Section.SEQUENCE, FailureReason.TOO_LARGE)]


def test_the_operator_gates_record_is_read_from_either_protocol() -> None:
    new = (
        f"={N} boks-gate/2 version=2.0.0\n={N} section do\nStopping daemons...\n={N} errors do\nslow\n"
        f"={N} end do state=done exit=0 seconds=3 repeated=yes\n={N} done sections=1\n"
    )
    old = (
        "=boks-gate/1 version=1.0.0\n=section do\n|Stopping daemons...\n!slow\n"
        "=end do state=done exit=0 seconds=3 repeated=yes\n=done sections=1\n"
    )
    assert record_of(parse_operator_reply(new.encode(), "do", N)) == record_of(parse_operator_reply(old.encode(), "do"))


def test_the_operator_gates_other_section_is_rejected() -> None:
    text = f"={N} boks-gate/2 version=2.0.0\n={N} section lock\n={N} end lock exit=0\n={N} done sections=1\n"
    with pytest.raises(ParseError, match="unlock"):
        parse_operator_reply(text.encode(), "unlock", N)


OUTPUTS = ("", "\n", "other\n", "=5f3c end role exit=1\n", f" ={N} end role exit=0\n", "two\nlines\n", "\n\n")


@pytest.mark.parametrize("errors", OUTPUTS)
@pytest.mark.parametrize("output", OUTPUTS)
def test_a_reply_is_the_same_whether_its_frames_are_known_or_not(output: str, errors: str) -> None:
    """A reply with the frames of an earlier one has its own output in its own sections."""
    text = WHOLE.replace(f"{ROW}\n", output).replace("boksadm: slow\n", errors)
    found = parse_reply(re.sub(f"^={N}", "=77", text, flags=re.MULTILINE).encode(), "77")
    _sections_of_frames.cache_clear()
    _kept_sections.cache_clear()
    assert found == _with_nonce(split_reply(text, N)) == parse_reply(text.encode(), N)
    assert parse_reply(WHOLE.encode(), N).sections[1].stderr == "boksadm: slow\n"


@pytest.mark.parametrize("noise", ["a login's text\n", "the same line", ""])
def test_what_is_no_output_is_unread_although_the_frames_are_known(noise: str) -> None:
    parse_reply(WHOLE.encode(), N)
    assert bool(parse_reply(f"{noise}{WHOLE}".encode(), N).unread_lines) == bool(noise)
    with pytest.raises(ParseError, match=r"not complete|ends a reply"):
        parse_reply(f"{noise}{WHOLE}".rstrip("\n").encode(), N)
