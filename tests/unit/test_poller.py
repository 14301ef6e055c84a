"""The poller's schedule, on virtual time."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from boks_exporter.config import DomainSettings
from boks_exporter.errors import FailureReason
from boks_exporter.model import DomainName, DomainSnapshot, Unreachable
from boks_exporter.observe import observe
from boks_exporter.poller import domain_watch
from tests.unit.poller_world import POLL, Watched, World, domain, timed_out
from tests.virtual.virtual_time import EPOCH


def for_seconds(seconds: float):  # noqa: ANN201 - a script, whose type is long and says nothing
    """Wait in virtual time."""

    async def script(_: Watched) -> None:
        await asyncio.sleep(seconds)

    return script


def test_rounds_begin_on_a_fixed_grid() -> None:
    """A round that takes five seconds does not move the next one; the first one asks twice.

    What the quick hosts show is published after a second.
    """
    watched = Watched(World(takes={"R1": 5.0}))
    watched.take()
    watched.run(for_seconds(100.0))
    assert watched.beginnings() == [0.0, 30.0, 60.0, 90.0]
    assert [round(at) for at, _ in watched.published] == [10, 31, 35, 61, 65, 91, 95]
    assert watched.view.counters.rounds == 4
    assert watched.view.counters.overruns == 0


def test_hosts_that_hang_do_not_age_the_others() -> None:
    """The master and a replica hang until their time-out: what the other replica shows is never older than a round."""
    watched = Watched(World())
    watched.take(domain("bank", "M", "R1", "R2"))
    ages: list[float] = []

    async def script(poller: Watched) -> None:
        await asyncio.sleep(45.0)
        poller.world.takes = {"M": 20.0, "R1": 20.0}
        poller.world.fails = {"M": timed_out(), "R1": timed_out()}
        for _ in range(300):
            await asyncio.sleep(1.0)
            seen = poller.view.counters.hosts["R2"].last_attempt
            assert seen is not None
            ages.append(asyncio.get_running_loop().time() - (seen - EPOCH))
            outcome = poller.view.snapshot.outcome("R2")
            assert outcome
            assert outcome.started_at == seen

    watched.run(script)
    assert max(ages) < 35.0
    assert {str(watched.view.health.host(name).state) for name in ("M", "R1")} == {"unreachable"}


def test_a_preview_shows_what_is_new_and_records_nothing() -> None:
    """A replica that hangs keeps its last outcome with its own time; a table missing once is not missing twice."""
    watched = Watched(World())
    watched.take(domain("bank", "M", "R1", "R2"))

    async def script(poller: Watched) -> None:
        await asyncio.sleep(45.0)
        poller.world.takes["R2"] = 15.0
        poller.world.stuck_at["R1"] = -1
        await asyncio.sleep(18.5)
        before, now = poller.view.snapshot.outcome("R2"), poller.view.snapshot.outcome("R1")
        assert before
        assert now
        assert now.started_at - before.started_at > 29.0
        assert str(poller.view.health.host("R1").state) == "unknown"
        assert poller.view.counters.hosts["R1"].polls == 2

    watched.run(script)


@pytest.fixture
def delays(monkeypatch: pytest.MonkeyPatch) -> dict[DomainName, float]:
    """How long a round of a domain takes without its polls, which have a deadline."""
    delays: dict[DomainName, float] = {}

    async def slow(domain: DomainSettings, *rest: Any) -> DomainSnapshot:
        await asyncio.sleep(delays.get(domain.name, 0.0))
        return await observe(domain, *rest)

    monkeypatch.setattr(domain_watch, "observe", slow)
    return delays


def test_a_round_that_overruns_is_counted_and_the_missed_points_are_left_out(delays: dict[DomainName, float]) -> None:
    """No burst follows a long round, and the grid stays where it was."""
    delays["bank"] = 70.0
    watched = Watched()
    watched.take()
    watched.run(for_seconds(260.0))
    assert watched.beginnings() == [70.0, 160.0, 250.0]
    assert watched.view.counters.overruns == 2
    assert watched.view.counters.rounds == 3


def test_hosts_without_an_answer_at_the_end_of_a_round_do_not_delay_the_next() -> None:
    """A transport that never answers, against its promise, costs its own host only."""
    watched = Watched(World(takes={"R1": 70.0}))
    watched.take()
    watched.run(for_seconds(100.0))
    assert watched.beginnings() == [0.0, 30.0, 60.0, 90.0]
    outcome = watched.view.snapshot.outcome("R1")
    assert isinstance(outcome, Unreachable)
    assert outcome.reason is FailureReason.TIMEOUT


def test_domains_do_not_wait_for_one_another(delays: dict[DomainName, float]) -> None:
    """A slow one costs a quick one nothing."""
    delays["shop"] = 350.0
    watched = Watched()
    watched.take(domain("bank"), domain("shop", "R2"))

    async def script(poller: Watched) -> None:
        await asyncio.sleep(100.0)
        assert [view.snapshot.domain for view in poller.poller.current()] == ["bank"]
        assert not poller.poller.is_ready
        assert not poller.poller.is_alive
        await asyncio.sleep(310.0)
        assert poller.poller.is_ready
        assert poller.poller.is_alive

    watched.run(script)
    assert [view.counters.rounds for view in watched.poller.current()] == [14, 1]


def test_ready_after_the_first_round_and_alive_while_rounds_end() -> None:
    """Before the first round there is nothing to show."""
    watched = Watched()
    assert not watched.poller.is_ready
    watched.take()

    async def script(poller: Watched) -> None:
        assert not poller.poller.is_ready
        assert poller.poller.is_alive
        await asyncio.sleep(1.0)
        assert poller.poller.is_ready
        assert poller.poller.is_alive

    watched.run(script)
    assert len(watched.published) == 1


def test_a_wedged_round_is_not_alive_after_three_intervals(delays: dict[DomainName, float]) -> None:
    """A bug that keeps a round from ending shows in the health of the exporter."""
    watched = Watched()
    watched.take()
    seen = []

    async def script(poller: Watched) -> None:
        await asyncio.sleep(35.0)
        delays["bank"] = 1e9
        for _ in range(5):
            await asyncio.sleep(30.0)
            seen.append(poller.poller.is_alive)

    watched.run(script)
    # The last round that ended did so soon after 30 s; 90 s later it is too long ago.
    assert seen == [True, True, False, False, False]


def test_a_bug_ends_the_poller_loudly() -> None:
    """What is no failure of a host is no value either."""
    watched = Watched(World(fails={"R1": ZeroDivisionError("a bug")}))
    watched.take()
    with pytest.raises(ExceptionGroup) as raised:
        watched.run(for_seconds(1000.0))
    assert isinstance(raised.value.exceptions[0], ZeroDivisionError)


def test_no_more_hosts_are_polled_concurrently_than_allowed() -> None:
    """The limit is that of the new configuration after a reload."""
    hosts = ["M", *(f"R{index}" for index in range(1, 10))]
    world = World(takes=dict.fromkeys(hosts, 1.0))
    watched = Watched(world)
    watched.take(domain("bank", *hosts), poll=replace(POLL, concurrency=3))

    async def script(poller: Watched) -> None:
        await asyncio.sleep(29.0)
        poller.take(domain("bank", *hosts), poll=replace(POLL, concurrency=100))
        await asyncio.sleep(29.0)

    watched.run(script)

    def at_most(begin: float, end: float) -> int:
        times = [at for at, _ in world.asked if begin <= at < end]
        return max(sum(at <= other < at + 1.0 for other in times) for at in times)

    assert at_most(0.0, 29.0) == 3
    assert at_most(30.0, 59.0) == 9


def test_a_simulated_week_takes_seconds() -> None:
    """A thousand rounds in which a host fails every night, with nothing left over."""
    watched = Watched(poll=replace(POLL, interval_seconds=900.0))
    watched.take()

    async def script(poller: Watched) -> None:
        for day in range(7):
            await asyncio.sleep(86400.0 - 3600.0)
            poller.world.fails["R1"] = timed_out()
            await asyncio.sleep(3600.0)
            assert poller.view.health.host("R1").state == "unreachable", day
            poller.world.fails.clear()

    watched.run(script)
    counters = watched.view.counters
    assert counters.rounds == 7 * 96
    assert counters.hosts["R1"].polls == 7 * 96
    assert sum(counters.hosts["R1"].failures.values()) == 7 * 4
    assert len(watched.poller._watches["bank"].history.tables[7].steps) < 10
