"""An open run that goes on or is closed: what is observed first, where it does not go on, what is started before."""

from types import SimpleNamespace
from typing import Any

import pytest

from boks_exporter.failover.facts import Reading
from boks_exporter.failover.journal import LoggedStep, StepOutcome
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.plan.fingerprint import own_name_key
from boks_exporter.failover.procedures.step import Stretch, Words
from boks_exporter.failover.proofs import Certainty
from boks_exporter.failover.runner import resumed_run
from boks_exporter.failover.runner.resumed_run import objection, observe_again, start_stopped, undo_and_void
from boks_exporter.failover.runner.rollback import RollbackResult
from boks_exporter.model import Role
from tests.unit.failover_claims import YES
from tests.unit.failover_facts import dead_master, ready
from tests.unit.runner_tools import HOSTS, Script
from tests.unit.test_failover_rollback import (
    CLIENT,
    SERVER,
    STARTED,
    STOPPED_CLIENT,
    Case,
    Performer,
    do,
    rolled_back,
    step,
    undo,
)

NUMBERS = {7: (100, None)}


async def test_a_final_reading_stays_final_only_where_nothing_was_changed_since() -> None:
    """What the run observed is remembered for the survey, with the master that the run began with."""
    since = {name: ready(name, Role.REPLICA, unchanged_since=f"{run}.4") for name, run in (("R1", "r"), ("R2", "x"))}
    facts, assumed, remembered = dead_master(gates=since), list[str | None](), dict[str, Reading]()
    kept = {name: Reading(name, NUMBERS, 0.0, "the run", is_final=name != "M") for name in ("M", "R1", "R2")}

    async def observe(_: JournalView) -> Any:
        assert assumed == ["M"], "the master is assumed before the round"
        return facts

    survey = SimpleNamespace(
        assume_last_master=assumed.append, observe=observe, remember=remembered.update, readings=remembered
    )
    stored: list[str] = []

    def remember(_run: str, reading: Reading) -> None:
        stored.append(reading.host)
        kept[reading.host] = reading

    tools: Any = SimpleNamespace(
        survey=survey, journal=SimpleNamespace(readings=lambda _: dict(kept), remember=remember)
    )
    run: Any = SimpleNamespace(name="r", plan=SimpleNamespace(master="M"))
    found = await observe_again(tools, run, JournalView())
    assert stored == ["R2"]
    assert {name: each.is_final for name, each in found.readings.items()} == {"M": False, "R1": True, "R2": False}


@pytest.mark.parametrize(
    ("own", "began", "host", "objects"),
    [
        ("A", "A", "A", False),
        ("a", "A", "A", False),
        ("other", "A", "A", True),
        ("other", "unknown", "A", False),
        ("other", None, "A", False),
        ("", "A", "A", False),
        ("gone", "gone", "gone", True),
    ],
)
def test_a_run_goes_on_only_with_the_machines_it_began_with(
    own: str, began: str | None, host: str, objects: bool
) -> None:
    """A name that either of the two rounds did not show is no objection."""
    shown = SimpleNamespace(basis=((own_name_key(host), began),)) if began else None
    tools: Any = Script.of().tools(journal=SimpleNamespace(shown=lambda _: shown))
    facts = dead_master(gates={host: ready(host, Role.REPLICA, hostname=own)})
    run: Any = SimpleNamespace(name="r", fingerprint="f", plan=SimpleNamespace(lock_hosts=(host,)))
    assert bool(objection(tools, run, facts)) is objects


@pytest.mark.parametrize(
    ("first", "voided", "undone"),
    [
        (RollbackResult(whole=True, sentences=()), True, 2),
        (RollbackResult(whole=False, sentences=(), passed=Certainty.YES), True, 2),
        (RollbackResult(whole=False, sentences=(), passed=Certainty.UNKNOWN), False, 1),
        (RollbackResult(whole=True, sentences=()), False, 1),
    ],
)
async def test_a_rollback_is_repeated_where_a_host_had_begun_what_the_journal_lacks(
    monkeypatch: pytest.MonkeyPatch, first: RollbackResult, voided: bool, undone: int
) -> None:
    """The ids are claimed only of a run that is closed then."""
    asked: list[str] = []

    async def undo_all(_: object) -> RollbackResult:
        asked.append("undo")
        return first

    async def adopt(_: object, *, void: bool) -> bool:
        asked.append(f"void {void}")
        return voided

    monkeypatch.setattr(resumed_run.Rollback, "undo", undo_all)
    monkeypatch.setattr(resumed_run, "adopt_records", adopt)
    performer: Any = SimpleNamespace()
    assert await undo_and_void(performer) is first
    is_closed = first.whole or first.passed is Certainty.YES
    assert asked == ["undo", *(["void True"] if is_closed else []), *["undo"] * (undone - 1)]


STOP = step(1, Words.BOOT_STOP, Words.BOOT_START, stretch=Stretch.FINISH)
START, LATER = step(2, Words.BOOT_START), step(3, Words.BOOT_STOP, Words.BOOT_START)
LEFT_STOPPED: dict[str, tuple[tuple[LoggedStep, ...], tuple[str, ...], str]] = {
    "stopped, its start was not tried": ((do(1),), ("A",), "run.2-2"),
    "stopped, its start failed": ((do(1), do(2, StepOutcome.FAILED)), ("A",), "run.2-2"),
    "stopped, its start is open": ((do(1), do(2, None, attempt=2)), ("A",), "run.2-3"),
    "stopped by the run, and runs": ((do(1),), (), ""),
    "started again, and stopped by hand": ((do(1), do(2)), ("A",), ""),
    "the stop began nothing": ((do(1, StepOutcome.FAILED, begun=False),), ("A",), ""),
    "only undone": ((undo(1),), ("A",), ""),
    "nothing is known of the stop": ((), ("A",), ""),
    "stopped by a step without a stretch to finish": ((do(3),), ("A",), ""),
}


class Starter(Performer):
    """A performer whose hosts are stopped until they are started."""

    def __init__(self, log: tuple[LoggedStep, ...], stopped: tuple[str, ...], *, starts: bool = True) -> None:
        steps = (STOP, START, LATER, step(4, Words.BOOT_START))
        super().__init__(Case(steps, log, results=(StepOutcome.DONE,)))
        self.seen_stopped: tuple[str, ...] = ()
        self.stopped, self.starts, self.finishes = stopped, starts, False

    async def observe(self) -> None:
        self.seen_stopped = () if self.starts and self.undone else self.stopped

    def stopped_hosts(self) -> tuple[str, ...]:
        return self.seen_stopped

    def stopped_report(self) -> tuple[str, ...]:
        return tuple(f"stopped: {host}" for host in self.seen_stopped)


@pytest.mark.parametrize(("log", "stopped", "started"), LEFT_STOPPED.values(), ids=LEFT_STOPPED)
async def test_what_the_run_stopped_for_a_moment_is_started_before_it_is_closed(
    log: tuple[LoggedStep, ...], stopped: tuple[str, ...], started: str
) -> None:
    """Under an id that no earlier attempt had, and whatever is asked to stop; what a person stopped stays stopped."""
    performer: Any = Starter(log, stopped)
    said = await start_stopped(performer)
    assert (", ".join(performer.undone), performer.finishes) == (started, True)
    is_left = bool(stopped) and not started
    assert ("stopped: A" in said, len(said)) == (is_left, bool(started) + is_left)


async def test_what_could_not_be_started_is_reported() -> None:
    performer: Any = Starter((do(1),), ("A",), starts=False)
    said = await start_stopped(performer)
    assert (performer.undone, len(said), said[-1]) == (["run.2-2"], 2, "stopped: A")
    assert HOSTS[0].name in said[0]


POLLS = {
    "as before": (Case((SERVER,), (do(2),), seen={CLIENT: YES}), 1),
    "not as before": (Case((SERVER,), (do(2),)), 1),
    "as before, with its role": (Case((STOPPED_CLIENT,), (do(2),), seen={CLIENT: YES, STARTED: YES}), 1),
    "not as before, and no longer a client": (Case((STOPPED_CLIENT,), (do(2),)), 2),
}


@pytest.mark.parametrize(("case", "polls"), POLLS.values(), ids=POLLS)
async def test_a_rollback_polls_again_only_for_the_role_in_which_a_step_is_undone(case: Case, polls: int) -> None:
    performer, _ = await rolled_back(case)
    assert performer.polls == polls
