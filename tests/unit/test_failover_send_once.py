"""A change that is sent exactly once: the order of requests for every behaviour of connection and host."""

from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from boks_exporter.failover.procedures.step import HostRole, ProcedureStep, wait
from boks_exporter.failover.runner.attempt import attempt_at
from boks_exporter.failover.runner.send_once import Sender, SendResult
from boks_exporter.parsing.operator_facts import HostLock, RecordState, StepRecord
from tests.unit.runner_tools import DONE, FAILED, FREE, GARBLED, HELD, LOST, NONE, RUNNING, TAKEN, VOID, Script, refused

STEP = ProcedureStep(key="stop", purpose="stop it", host="A", words=("boot-stop",), proves=(), number=3)
INTERRUPTED = StepRecord(RecordState.INTERRUPTED)
BUSY, NOT_LOCKED = refused("busy"), refused("not_locked")
AGAIN = "record needs do"


class Case(NamedTuple):
    """What the host answers, and what must come of it: what was asked, whether never, and the record."""

    asked: str
    state: RecordState | None
    never: bool = False
    ask_first: bool = False
    do: tuple[Any, ...] = (DONE,)
    record: tuple[Any, ...] = (NONE,)
    needs: tuple[bool, ...] = (True,)
    void: tuple[Any, ...] = (VOID,)
    show: tuple[Any, ...] = (HELD,)
    """The lock, as the host shows it."""


CASES = {
    "done": Case("do", RecordState.DONE),
    "refused before anything was lost": Case("do", RecordState.REFUSED, do=(NOT_LOCKED,)),
    "runs, then done": Case("do record", RecordState.DONE, do=(RUNNING,), record=(DONE,)),
    "runs for long": Case("do record record record", RecordState.DONE, do=(RUNNING,), record=(RUNNING, RUNNING, DONE)),
    "interrupted": Case("do record", RecordState.INTERRUPTED, do=(RUNNING,), record=(INTERRUPTED,)),
    "busy, then done": Case("do do", RecordState.DONE, do=(BUSY, DONE)),
    "lost, begun": Case("do record", RecordState.DONE, do=(LOST,), record=(DONE,)),
    "lost, runs": Case("do record record", RecordState.DONE, do=(LOST,), record=(RUNNING, DONE)),
    "lost, not begun": Case(f"do {AGAIN}", RecordState.DONE, do=(LOST, DONE)),
    "garbled, not begun": Case(f"do {AGAIN}", RecordState.DONE, do=(GARBLED, DONE)),
    "lost twice": Case(f"do {AGAIN} {AGAIN}", RecordState.DONE, do=(LOST, LOST, DONE)),
    "lost, the record is lost": Case("do record record", RecordState.DONE, do=(LOST,), record=(LOST, DONE)),
    "lost, needs fail": Case("do record needs void", None, never=True, do=(LOST,), needs=(False,)),
    "lost, needs fail, begun": Case(
        "do record needs void record",
        RecordState.DONE,
        do=(LOST,),
        needs=(False,),
        void=(RUNNING,),
        record=(NONE, DONE),
    ),
    "lost, needs fail, done": Case("do record needs void", RecordState.DONE, do=(LOST,), needs=(False,), void=(DONE,)),
    "lost, then refused": Case(f"do {AGAIN} void", None, never=True, do=(LOST, NOT_LOCKED)),
    "lost, then refused, but begun": Case(f"do {AGAIN} void", RecordState.DONE, do=(LOST, NOT_LOCKED), void=(DONE,)),
    "garbled, then refused": Case(f"do {AGAIN} void", None, never=True, do=(GARBLED, NOT_LOCKED)),
    "lost, busy, then done": Case(f"do {AGAIN} do", RecordState.DONE, do=(LOST, BUSY, DONE)),
    "lost, void by another process": Case("do record", None, never=True, do=(LOST,), record=(VOID,)),
    "asked first, done": Case("record", RecordState.DONE, ask_first=True, record=(DONE,)),
    "asked first, not begun": Case(AGAIN, RecordState.DONE, ask_first=True),
    "asked first, needs fail": Case("record needs void", None, never=True, ask_first=True, needs=(False,)),
    "asked first, refused": Case(f"{AGAIN} void", None, never=True, ask_first=True, do=(NOT_LOCKED,)),
    "asked first, was refused": Case("record", RecordState.REFUSED, ask_first=True, record=(NOT_LOCKED,)),
}


async def sent(case: Case, step: ProcedureStep = STEP) -> tuple[Script, SendResult]:
    script = Script.of(do=case.do, record=case.record, needs=case.needs, void=case.void, show=case.show)
    sender = Sender(script.tools(), attempt_at(step, "run", 1), script.needs)
    return script, await sender.send(ask_first=case.ask_first)


def state_of(result: SendResult) -> RecordState | None:
    return result.record.state if result.record else None


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_a_change_is_sent_again_only_where_it_was_not_begun_and_may_still_be(case: Case) -> None:
    """The record is read first; the request follows with the needs checked again; "never" only with a void id."""
    script, result = await sent(case)
    assert (" ".join(script.asked), state_of(result), result.never) == (case.asked, case.state, case.never)


UNKNOWN_ENDS = {
    "its id cannot be claimed": Case("do record needs void", None, do=(LOST,), needs=(False,), void=(NONE,)),
    "its claim is refused": Case("do record needs void", None, do=(LOST,), needs=(False,), void=(NOT_LOCKED,)),
    "nothing answers": Case("do", None, do=(LOST,), record=(LOST,)),
    "busy after a lost request": Case(f"do {AGAIN}", None, never=True, do=(LOST, BUSY)),
    "busy after a lost request that was begun": Case(f"do {AGAIN}", RecordState.DONE, do=(LOST, BUSY), void=(DONE,)),
    "busy after a lost request, the claim is lost": Case(f"do {AGAIN}", None, do=(LOST, BUSY), void=(LOST,)),
    "busy from the first request on": Case("do", RecordState.REFUSED, do=(BUSY,), void=(DONE,)),
    "lost, and it still runs": Case("do record", RecordState.RUNNING, do=(LOST,), record=(RUNNING,)),
    "it still runs": Case("do", RecordState.RUNNING, do=(RUNNING,), record=(RUNNING,), void=(DONE,)),
}


@pytest.mark.parametrize("case", UNKNOWN_ENDS.values(), ids=UNKNOWN_ENDS)
async def test_at_the_deadline_what_may_still_come_is_claimed_or_stays_unknown(case: Case) -> None:
    """A request that was lost and a host that is busy to the end: only a void id proves that nothing was begun."""
    script, result = await sent(case)
    assert (state_of(result), result.never) == (case.state, case.never)
    assert " ".join(script.asked).startswith(case.asked)
    assert script.now >= STEP.deadline_seconds
    assert script.now <= STEP.deadline_seconds + 10.0


OLD_GATE = "do record needs void record"
OLD_GATES = {
    "the run has the lock": (OLD_GATE + " show", HELD, (NONE,), None, False),
    "no run has the lock": (OLD_GATE + " show", FREE, (NONE,), None, False),
    "the lock cannot be read": (OLD_GATE + " show", replace(FAILED, run="other"), (NONE,), None, False),
    "another run has the lock": (OLD_GATE + " show record", TAKEN, (NONE,), None, True),
    "another run has the lock, but it began": (
        OLD_GATE + " show record",
        TAKEN,
        (NONE, NONE, DONE),
        RecordState.DONE,
        False,
    ),
    "it was begun": (OLD_GATE, TAKEN, (NONE, DONE), RecordState.DONE, False),
}


@pytest.mark.parametrize(("asked", "lock", "record", "state", "never"), OLD_GATES.values(), ids=OLD_GATES)
async def test_a_gate_that_cannot_claim_an_id_proves_nothing_unless_another_run_keeps_the_request_out(
    asked: str, lock: HostLock, record: tuple[StepRecord, ...], state: RecordState | None, never: bool
) -> None:
    """And the record is read once more after the lock was seen."""
    case = Case(asked, state, do=(LOST,), needs=(False,), void=(GARBLED,), record=record, show=(lock,))
    script, result = await sent(case)
    assert " ".join(script.asked).startswith(asked)
    assert (state_of(result), result.never) == (state, never)


async def test_it_is_asked_again_after_rising_pauses_that_begin_again_with_an_answer() -> None:
    script, _ = await sent(Case("", None, do=(LOST,) * 6 + (RUNNING,), record=(NONE,) * 6 + (RUNNING, DONE)))
    assert script.pauses == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0, 1.0, 1.0]


async def test_only_a_garbled_answer_is_called_garbled() -> None:
    """It is no proof of anything, and is reported as what it is."""
    for lost, garbled in ((GARBLED, True), (LOST, False)):
        _, result = await sent(Case("", None, do=(lost,), record=(lost,)))
        assert (result.record, result.garbled, result.sentence) == (None, garbled, str(lost))


SAID = {
    "done": (Case("", None, do=(StepRecord(RecordState.DONE, 7),)), "exit status 7"),
    "refused": (Case("", None, do=(NOT_LOCKED,)), "not_locked"),
    "interrupted": (Case("", None, do=(INTERRUPTED,)), "interrupted"),
    "runs": (Case("", None, do=(RUNNING,), record=(RUNNING,)), "still runs"),
    "never, its needs fail": (Case("", None, do=(LOST,), needs=(False,)), "it does not hold"),
}


@pytest.mark.parametrize(("case", "said"), SAID.values(), ids=SAID)
async def test_the_report_of_a_change_has_what_the_host_reported(case: Case, said: str) -> None:
    assert said in (await sent(case))[1].sentence


async def test_each_line_of_output_is_shown_once() -> None:
    outputs = (("one",), ("one", "two"), ("one", "two", "three"))
    records = [StepRecord(RecordState.RUNNING, output=each) for each in outputs]
    end = StepRecord(RecordState.DONE, exit_status=0, output=("one", "two", "three", "four"))
    script, _ = await sent(Case("", None, do=(records[0],), record=(*records[1:], end)))
    assert [line.split("| ")[1] for line in script.said if "| " in line] == ["one", "two", "three", "four"]


async def test_a_step_that_changes_nothing_is_never_sent() -> None:
    step = wait(HostRole.TARGET, "wait", "wait", seconds=1.0)
    script = Script.of(do=(DONE,))
    sender = Sender(script.tools(), attempt_at(step.with_hosts({"target": "A"}), "run", 1), script.needs)
    with pytest.raises(AssertionError):
        await sender.send(ask_first=False)
    assert script.asked == []
