"""On the virtual loop time jumps to the next timer, and nothing is waited for."""

import asyncio

import pytest

from tests.virtual.virtual_time import EPOCH, VirtualClock, run_virtually


def test_a_week_passes_immediately() -> None:
    """Real time would end the test by its time-out."""

    async def week() -> float:
        await VirtualClock().sleep(7 * 86400.0)
        return VirtualClock().now()

    assert run_virtually(week()) == EPOCH + 7 * 86400.0


def test_timers_go_off_in_the_order_of_their_times() -> None:
    """A shorter sleep ends first, at exactly its time."""
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        woken.append((name, asyncio.get_running_loop().time()))

    async def all_of_them() -> None:
        await asyncio.gather(sleeper("late", 30.0), sleeper("early", 0.5), sleeper("middle", 3.0))

    run_virtually(all_of_them())
    assert woken == [("early", 0.5), ("middle", 3.0), ("late", 30.0)]


def test_time_outs_are_virtual_too() -> None:
    """Deadlines of asyncio follow the same time."""

    async def forever() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3600.0):
                await asyncio.sleep(1e9)
        return VirtualClock().monotonic()

    assert run_virtually(forever()) == pytest.approx(3600.0)


def test_a_wait_that_no_timer_ends_is_an_error_and_not_a_standstill() -> None:
    """Nothing from outside can come on virtual time."""

    async def stuck() -> None:
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="virtual time cannot move on"):
        run_virtually(stuck())
