"""The locks of a run on the hosts: which answers are a lock, which are another's, and what is kept in the journal."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.runner.locking import lock_all, unlock_all
from boks_exporter.parsing.operator_facts import HostLock, LockState
from tests.unit.runner_tools import FAILED, FREE, GARBLED, HELD, LOST, TAKEN, Script


def with_journal(script: Script, *locked: str) -> Any:
    """Return tools with a journal that notes its entries among the requests."""

    def note(_run: str, host: str, *, held: bool) -> None:
        script.asked.append(f"journal {host} {held}")

    return script.tools(journal=SimpleNamespace(locked=note, locks=lambda _run: locked, path=Path("journal")))


LOCKS: dict[str, tuple[tuple[Any, ...], int, Exit | None]] = {
    "free": ((HELD,), 1, None),
    "held by a run without a name": ((HostLock(LockState.HELD),), 1, None),
    "another run's": ((TAKEN,), 1, Exit.LOCKED),
    "held, but by another": ((replace(HELD, run="other"),), 1, Exit.LOCKED),
    "lost, then held": ((LOST, HELD), 2, None),
    "lost, then another's": ((LOST, TAKEN), 2, Exit.LOCKED),
    "lost and garbled, then held": ((LOST, GARBLED, HELD), 3, None),
    "lost three times": ((LOST,), 3, Exit.FACTS_UNKNOWN),
    "not written, then held": ((FAILED, HELD), 2, None),
    "never written": ((FAILED,), 3, Exit.FACTS_UNKNOWN),
    "not held": ((FREE,), 3, Exit.FACTS_UNKNOWN),
}


@pytest.mark.parametrize(("answers", "tries", "code"), LOCKS.values(), ids=LOCKS)
async def test_only_a_lock_that_the_host_shows_is_one(answers: tuple[Any, ...], tries: int, code: Exit | None) -> None:
    """Another run's lock ends it immediately; a lost answer is tried three times."""
    script = Script.of(lock=answers)
    refusal = await lock_all(with_journal(script), "run", ("A",))
    assert (refusal.exit if refusal else None) is code
    assert script.asked == ["journal A True", *["lock A"] * tries]
    assert len(script.pauses) == tries - 1


async def test_hosts_are_locked_in_the_order_of_their_names_each_journaled_first() -> None:
    """Two runs that lock the same hosts meet at the first of them; what is journaled is released, whatever happened."""
    script = Script.of(lock=(HELD, TAKEN, HELD))
    refusal = await lock_all(with_journal(script), "run", ("C", "A", "B"))
    assert refusal is not None
    assert refusal.exit is Exit.LOCKED
    assert script.asked == ["journal A True", "lock A", "journal B True", "lock B"]


@pytest.mark.parametrize(
    ("answer", "spared", "code"),
    [(LOST, "A", None), (LOST, "B", Exit.FACTS_UNKNOWN), (TAKEN, "A", Exit.LOCKED)],
)
async def test_only_an_unreachable_host_on_which_nothing_is_changed_is_spared(
    answer: Any, spared: str, code: Exit | None
) -> None:
    script = Script.of(lock=(answer,))
    refusal = await lock_all(with_journal(script), "run", ("A",), frozenset(spared))
    assert (refusal.exit if refusal else None) is code


UNLOCKS: dict[str, tuple[tuple[Any, ...], int, bool]] = {
    "released": ((FREE,), 1, True),
    "another's by now": ((TAKEN,), 1, True),
    "kept by its gate": ((HELD,), 1, False),
    "lost, then released": ((LOST, FREE), 2, True),
    "garbled and lost, then released": ((GARBLED, LOST, FREE), 3, True),
    "lost": ((LOST,), 3, False),
}


@pytest.mark.parametrize(("answers", "tries", "is_released"), UNLOCKS.values(), ids=UNLOCKS)
async def test_a_lock_that_stays_is_reported_with_the_command_that_breaks_it(
    answers: tuple[Any, ...], tries: int, is_released: bool
) -> None:
    """The journal forgets it only where the host shows that it is released."""
    script = Script.of(unlock=answers)
    kept = await unlock_all(with_journal(script, "A"), "run")
    assert [(each.host, each.command.name, each.command.arguments) for each in kept] == (
        [] if is_released else [("A", "break-lock", ("run", "A"))]
    )
    assert script.asked == ["unlock A"] * tries + ["journal A False"] * is_released
    assert len(script.pauses) == tries - 1


async def test_the_lock_of_a_host_that_left_the_configuration_is_kept_and_the_others_are_released() -> None:
    script = Script.of(unlock=(FREE,))
    kept = await unlock_all(with_journal(script, "A", "gone", "B"), "run")
    assert [each.host for each in kept] == ["gone"]
    assert script.asked == ["unlock A", "journal A False", "unlock B", "journal B False"]
