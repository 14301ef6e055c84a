"""Facts of the operator's gate that are printed in several forms, and noise around a reply."""

from datetime import UTC, datetime

import pytest

from boks_exporter.errors import ParseError
from boks_exporter.model import Reach
from boks_exporter.parsing.operator_facts import Aside, AsideState, Freeze, HostLock, LockState, RecordState, StepRecord
from boks_exporter.parsing.operator_reply import (
    OperatorReply,
    asides_of,
    freeze_of,
    lock_of,
    parse_operator_reply,
    reach_of,
    readiness_of,
    record_of,
)
from boks_exporter.parsing.reply import parse_reply


def printed(*output: str, **ending: str) -> OperatorReply:
    return OperatorReply("asides", output, (), ending or {"exit": "0"}, end_line=9)


FROZEN = Freeze(1_795_423_212, "anna-ops", "moving the rack")


@pytest.mark.parametrize(
    ("word", "freeze"),
    [
        ("none", None),
        ("", None),
        ("1795423212 anna-ops moving_the_rack", FROZEN),
        ("1795423212 anna-ops", Freeze(None)),
        ("soon anna-ops moving_the_rack", Freeze(None)),
        ("1795423212 anna-ops moving the rack", Freeze(None)),
    ],
)
def test_a_freeze_without_a_readable_end_is_a_freeze(word: str, freeze: Freeze | None) -> None:
    assert freeze_of(printed(f"freeze={word}")) == freeze
    assert readiness_of(printed(f"freeze={word}")).freeze == freeze


def test_a_reply_about_a_freeze_that_names_none_is_an_error() -> None:
    with pytest.raises(ParseError, match="freeze="):
        freeze_of(printed("hostname=rep1"))
    assert readiness_of(printed("hostname=rep1")).freeze is None


MOVED = "r-7.2 files=31 kilobytes=412 moved=2026-11-23T08:40:12 state=whole"


@pytest.mark.parametrize(
    ("line", "aside"),
    [
        (MOVED, Aside("r-7.2", 31, 412, datetime(2026, 11, 23, 8, 40, 12, tzinfo=UTC), AsideState.WHOLE)),
        ("r-7.2 files=? kilobytes= moved=unknown state=new", Aside("r-7.2", None, None, None, None)),
    ],
)
def test_what_was_moved_aside_is_one_line_each(line: str, aside: Aside) -> None:
    assert asides_of(printed(line, "", line)) == (aside, aside)


@pytest.mark.parametrize("left_out", ["files", "kilobytes", "moved", "state"])
def test_a_line_of_another_form_is_an_error_with_its_place(left_out: str) -> None:
    words = " ".join(word for word in MOVED.split() if not word.startswith(left_out))
    with pytest.raises(ParseError) as caught:
        asides_of(printed(MOVED, words))
    assert (caught.value.line, caught.value.found) == (2, repr(words))


@pytest.mark.parametrize("read", [readiness_of, freeze_of, asides_of], ids=["preflight", "freeze", "asides"])
@pytest.mark.parametrize("ending", [{"exit": "1"}, {"timeout": "8"}], ids=["failed", "too slow"])
def test_a_section_that_did_not_end_well_has_no_facts(read: object, ending: dict[str, str]) -> None:
    assert callable(read)
    with pytest.raises(ParseError, match="exit=0"):
        read(printed("freeze=none", **ending))


def test_reach_is_a_known_word_or_unknown() -> None:
    assert reach_of(printed("reach=reachable")) is Reach.REACHABLE
    assert reach_of(printed("reach=refused")) is Reach.REFUSED
    assert reach_of(printed("reach=perhaps")) is Reach.UNKNOWN
    assert reach_of(printed()) is Reach.UNKNOWN
    assert reach_of(printed("reach=reachable", timeout="8")) is Reach.TIMEOUT


def test_a_lock_without_a_holder_has_none() -> None:
    assert lock_of(printed("lock=none", "run=", "owner=", "since=")) == HostLock(LockState.NONE)
    held = lock_of(printed("lock=held", "run=r-7", "owner=anna-ops", "since=2026-11-23T08:40:12", "no pair"))
    assert held == HostLock(LockState.HELD, "r-7", "anna-ops", "2026-11-23T08:40:12")


def test_a_line_without_a_value_is_no_pair() -> None:
    assert printed("lock=held", "restarting", "lock = other").values() == {"lock": "held", "lock ": " other"}


@pytest.mark.parametrize(
    ("ending", "record"),
    [
        ({"state": "done", "exit": "3"}, StepRecord(RecordState.DONE, 3)),
        ({"state": "running", "exit": "3"}, StepRecord(RecordState.RUNNING)),
        ({"state": "interrupted"}, StepRecord(RecordState.INTERRUPTED)),
        ({"state": "void"}, StepRecord(RecordState.VOID)),
        ({"state": "none", "reason": "x"}, StepRecord(RecordState.NONE)),
        ({"state": "refused", "reason": "busy"}, StepRecord(RecordState.REFUSED, refusal="busy")),
    ],
)
def test_a_record(ending: dict[str, str], record: StepRecord) -> None:
    """Only one that is done has a status, and only one that is refused a reason."""
    assert record_of(printed(**ending)) == record


def test_busy_and_locked_are_none_where_the_gate_says_none() -> None:
    ready = readiness_of(printed("lock=r-7", "busy=none"))
    assert (ready.lock, ready.busy) == ("r-7", None)


FIRST = "=boks-gate/1 version=1.0.0 clock=2026-11-23T08:40:12\n"
LAST = "=end lock exit=0\n=done sections=1\n"


@pytest.mark.parametrize(
    "raw",
    [
        f"{FIRST}=end lock exit=0\n{LAST}",
        f"{FIRST}=section lock\n=section lock\n=done sections=1\n",
        f"{FIRST}=section busy\n{LAST}",
        f"{FIRST}=section lock\n=end busy exit=0\n=done sections=1\n",
        f"{FIRST}=section lock\n=end lock exit=0\n=end lock exit=0\n",
        f"{FIRST}=section lock\n=end lock exit=0\n=done sections=2\n",
        f"{FIRST}=section lock\n=\n=done sections=1\n",
        f"{FIRST}=section lock\n=stop lock\n=done sections=1\n",
        "=abc boks-gate/2 version=1.0.0\n=abc section busy\n=abc end busy exit=0\n=abc done sections=1\n",
    ],
    ids=[
        *("no section", "section twice", "another section", "another end", "no done", "another number"),
        *("an empty frame", "an unknown frame", "another section of protocol 2"),
    ],
)
def test_frames_in_another_order_are_no_reply(raw: str) -> None:
    with pytest.raises(ParseError):
        parse_operator_reply(raw.encode(), "lock")


def test_another_section_is_named_where_it_begins() -> None:
    raw = "=abc boks-gate/2 version=1.0.0\n=abc section busy\n=abc end busy exit=0\n=abc done sections=1\n"
    with pytest.raises(ParseError) as caught:
        parse_operator_reply(raw.encode(), "lock")
    assert (caught.value.line, caught.value.column, caught.value.found) == (2, 1, "'busy'")


def test_the_nonce_of_the_request_decides_which_frames_count() -> None:
    theirs = (
        "=abc boks-gate/2 version=1.0.0\n=abc section lock\nlock=held\n=abc end lock exit=0\n=abc done sections=1\n"
    )
    ours = theirs.replace("=abc ", "=def ").replace("held", "none")
    assert lock_of(parse_operator_reply((theirs + ours).encode(), "lock", "def")).state is LockState.NONE
    assert lock_of(parse_operator_reply((theirs + ours).encode(), "lock")).state is LockState.HELD


NOISE = ("=boks-gate/1 version=0.9", "=refused busy", "=abc refused busy", "Last login: Mon Nov 23")


@pytest.mark.parametrize("noise", NOISE)
def test_what_a_login_prints_before_a_reply_is_unread_whatever_it_is(noise: str) -> None:
    reply = "=abc boks-gate/2 version=1.0.0\n=abc section role\nserver\n=abc end role exit=0\n=abc done sections=1\n"
    found = parse_reply(f"{noise}\n{reply}".encode(), "abc")
    assert [line.text for line in found.unread_lines] == [noise]
    assert [section.stdout for section in found.sections] == ["server\n"]
    assert parse_reply(reply.encode(), "abc").unread_lines == ()


@pytest.mark.parametrize("noise", NOISE[:3])
def test_without_a_reply_it_is_the_error(noise: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_reply(f"Welcome\n{noise}\n".encode(), "abc")
    assert caught.value.line == 2


@pytest.mark.parametrize(("text", "found"), [("Welcome\n", "'Welcome'"), ("\n", "the end of the reply")])
def test_a_reply_without_an_opening_shows_its_first_line(text: str, found: str) -> None:
    for nonce in ("abc", None):
        with pytest.raises(ParseError) as caught:
            parse_reply(text.encode(), nonce)
        assert (caught.value.line, caught.value.found) == (1, found)
