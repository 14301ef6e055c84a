"""Requests to the operator's gate, and the facts read from its replies."""

from collections.abc import Callable

import pytest

from boks_exporter.errors import ParseError
from boks_exporter.failover.procedures.step import Words
from boks_exporter.model import Reach, Role
from boks_exporter.parsing.operator_facts import (
    Daemons,
    DatabaseState,
    GateReadiness,
    HostLock,
    LockState,
    RecordState,
    StepRecord,
)
from boks_exporter.parsing.operator_reply import (
    lock_of,
    parse_operator_reply,
    reach_of,
    readiness_of,
    record_of,
    registered_of,
)
from boks_exporter.remote import operator_requests as op
from boks_exporter.remote.operator_requests import OperatorChange, OperatorQuery


def framed(section: str, output: str, ending: str) -> bytes:
    """Write a reply as the gate does."""
    lines = "".join(f"{line}\n" for line in output.splitlines())
    return (
        f"=boks-gate/1 version=1.0.0 clock=2026-11-23T08:40:12\n=section {section}\n{lines}"
        f"=end {section} {ending}\n=done sections=1\n"
    ).encode()


def test_each_request_is_one_line_of_the_gates_own_words() -> None:
    """A request is written exactly as the gate reads it."""
    lines = [
        OperatorQuery.preflight().line(),
        OperatorQuery.registered().line(),
        OperatorQuery.reach("192.0.2.7", 6500).line(),
        OperatorQuery.lock_show().line(),
        OperatorQuery.record("r1.3").line(),
        OperatorChange.lock("r1", op.owner_word("anna@ops 7")).line(),
        OperatorChange.unlock("r1").line(),
        OperatorChange.break_lock("r1").line(),
        OperatorChange.do("r1.3", Words.CONVERT_MASTER).line(),
        OperatorChange.do("r1.4", ("set-shm-size", "16000")).line(),
        OperatorChange.do("r1.5", Words.BOOT_STOP).line(),
        OperatorChange.do("r1.6", Words.BOOT_START).line(),
        OperatorChange.do("r1.7", Words.REMOVE_DATABASE).line(),
        OperatorChange.do("r1.7-undo", op.restore_database("r1.7")).line(),
    ]
    assert lines == [
        "boks-gate/1 op preflight",
        "boks-gate/1 op registered",
        "boks-gate/1 op reach 192.0.2.7 6500",
        "boks-gate/1 op lock-show",
        "boks-gate/1 op record r1.3",
        "boks-gate/1 op lock r1 anna-ops-7",
        "boks-gate/1 op unlock r1",
        "boks-gate/1 op break-lock r1",
        "boks-gate/1 op do r1.3 convert master",
        "boks-gate/1 op do r1.4 set-shm-size 16000",
        "boks-gate/1 op do r1.5 boot-stop",
        "boks-gate/1 op do r1.6 boot-start",
        "boks-gate/1 op do r1.7 remove-database",
        "boks-gate/1 op do r1.7-undo restore-database r1.7",
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda: OperatorQuery.reach("host;rm", 6500),
        lambda: OperatorQuery.reach("host", 70000),
        lambda: OperatorQuery.record("no-dot"),
        lambda: OperatorQuery.record("r." + "x" * 80),
        lambda: OperatorChange.lock("r1", "a b"),
        lambda: OperatorChange.unlock("-r"),
        lambda: op.restore_database("no-dot"),
    ],
)
def test_what_the_gate_would_refuse_is_never_written(make: Callable[[], object]) -> None:
    """An argument outside of the vocabulary is an error before anything is sent."""
    with pytest.raises(ValueError, match=r"expected .* found"):
        make()


def test_a_host_that_is_ready_is_reported_ready_in_every_check() -> None:
    """All lines of preflight are read."""
    reply = parse_operator_reply(
        framed(
            "preflight",
            "|hostname=rep1\n|role=server\n|daemons=running\n|permitted=yes\n|boksadm=yes\n|state=writable\n"
            "|lock=none\n|busy=none\n|free_kilobytes=99\n|database=present\n|session=killed",
            "exit=0 seconds=1",
        ),
        "preflight",
    )
    assert readiness_of(reply) == GateReadiness(
        "rep1", Role.REPLICA, Daemons.RUNNING, True, True, True, None, None, 99, True, False, DatabaseState.PRESENT
    )


def test_what_preflight_does_not_show_is_not_known() -> None:
    """A word that is missing or new counts as unknown, never as fine."""
    reply = parse_operator_reply(framed("preflight", "|daemons=resting\n|permitted=", "exit=0"), "preflight")
    assert readiness_of(reply) == GateReadiness("", Role.UNKNOWN, Daemons.UNKNOWN, None, None, None)


def test_a_record_shows_how_a_change_ended() -> None:
    """State, status, output, errors and repetition come from the section and its end."""
    done = framed("do", "|Stopping daemons...\n|done.\n!a warning", "state=done exit=0 seconds=3 repeated=yes")
    output = ("Stopping daemons...", "done.")
    assert record_of(parse_operator_reply(done, "do")) == StepRecord(
        RecordState.DONE, 0, output, ("a warning",), repeated=True
    )
    refused = framed("do", "", "state=refused reason=not_locked")
    assert record_of(parse_operator_reply(refused, "do")) == StepRecord(RecordState.REFUSED, refusal="not_locked")
    running = framed("record", "|half", "state=running seconds=8")
    assert record_of(parse_operator_reply(running, "record")) == StepRecord(RecordState.RUNNING, output=("half",))


def test_locks_reach_and_registered_replicas_are_read() -> None:
    """Each section has its own fact."""
    lock = framed("lock", "|lock=other\n|run=r9\n|owner=bert-ops\n|since=2026-11-23T08:40:12", "exit=1 seconds=0")
    assert lock_of(parse_operator_reply(lock, "lock")) == HostLock(
        LockState.OTHER, "r9", "bert-ops", "2026-11-23T08:40:12"
    )
    assert lock_of(parse_operator_reply(framed("lock", "", "exit=73"), "lock")) == HostLock(LockState.FAILED)
    reach = framed("reach", "|reach=timeout\n|tool=perl", "exit=0 seconds=3")
    assert reach_of(parse_operator_reply(reach, "reach")) is Reach.TIMEOUT
    listed = framed("registered", "|REP1  192.0.2.1\n|\n|REP2", "exit=0")
    assert registered_of(parse_operator_reply(listed, "registered")) == ("REP1", "REP2")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "line 1, column 1: expected the operator's gate, '=boks-gate/1 version=…', found the end of the reply"),
        (
            b"=boks-gate/1 version=1.0.0\n=section do\n|half",
            "line 3, column 6: expected '=end do …', since the reply is not complete, found the end of the reply",
        ),
        (framed("record", "", "state=none"), "line 2, column 1: expected '=section do', found '=section record'"),
        (
            b"=refused operator_disabled\n",
            (
                "line 1, column 1: expected a gate whose root allows changes: OPERATOR=yes in boks-gate.conf on the "
                "host, see `boks-exporter gate install --operator`, found '=refused operator_disabled'"
            ),
        ),
    ],
)
def test_what_is_no_whole_reply_shows_what_was_expected(raw: bytes, message: str) -> None:
    """A reply that is cut, refused or another's is an error with its place."""
    with pytest.raises(ParseError) as caught:
        parse_operator_reply(raw, "do")
    assert str(caught.value) == message


def test_a_record_without_a_known_state_is_an_error() -> None:
    """An ending that is not understood is never taken for done."""
    with pytest.raises(ParseError, match="exit=N once done, found 'state=done seconds=3'"):
        record_of(parse_operator_reply(framed("do", "", "state=done seconds=3"), "do"))
    with pytest.raises(ParseError, match="exit=0"):
        readiness_of(parse_operator_reply(framed("preflight", "", "timeout=8 seconds=9"), "preflight"))
