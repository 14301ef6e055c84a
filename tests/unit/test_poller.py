"""The poller's schedule, on virtual time."""

import asyncio
from dataclasses import replace

import pytest

from boks_exporter.exposition import Tables
from boks_exporter.model import Host
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


def test_a_round_that_overruns_is_counted_and_the_missed_points_are_left_out() -> None:
    """No burst follows a long round, and the grid stays where it was."""
    watched = Watched(World(takes={"R1": 70.0}))
    watched.take()
    watched.run(for_seconds(260.0))
    # The first round asks twice and ends at 140 s, the second one ends at 220 s, and the third one is under way.
    assert watched.beginnings() == [0.0, 150.0, 240.0]
    assert watched.view.counters.overruns == 1
    assert watched.view.counters.rounds == 2


def test_domains_do_not_wait_for_one_another() -> None:
    """A slow one costs a quick one nothing."""
    watched = Watched(World(takes={"SLOW": 200.0}))
    watched.take(domain("bank"), domain("shop", "SLOW"))

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


def test_a_wedged_round_is_not_alive_after_three_intervals() -> None:
    """A transport that never answers, against its promise, shows in the health of the exporter."""
    watched = Watched()
    watched.take()
    seen = []

    async def script(poller: Watched) -> None:
        await asyncio.sleep(35.0)
        poller.world.takes["M"] = 1e9
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


# -- a new configuration ----------------------------------------------------------------------------------------------


def test_a_reload_keeps_history_and_counters_and_takes_the_new_settings() -> None:
    """The next round uses the new hosts, and what is published follows the new extent of the tables."""
    watched = Watched(World(stuck_at={"R1": 90}))
    watched.take()

    async def script(poller: Watched) -> None:
        await asyncio.sleep(95.0)
        history = poller.poller._watches["bank"].history
        poller.take(domain("bank", "M", "R1", "R2"), tables=Tables.WORST)
        await asyncio.sleep(60.0)
        assert poller.poller._watches["bank"].history.tables[7].since == history.tables[7].since

    watched.run(script)
    assert [host.name for host in watched.view.snapshot.hosts] == ["M", "R1", "R2"]
    assert watched.view.options.tables is Tables.WORST
    assert watched.view.counters.rounds == 6
    assert watched.view.health.host("R1").state == "lagging"


def test_the_extent_of_the_tables_reaches_the_first_page() -> None:
    """The configuration's metrics settings are those of every view."""
    watched = Watched()
    watched.take(tables=Tables.WORST)
    watched.run(for_seconds(5.0))
    assert watched.view.options.tables is Tables.WORST


def test_a_removed_domain_ends_and_is_not_shown_any_more() -> None:
    """Even in the middle of its round; the others go on."""
    watched = Watched(World(takes={"SLOW": 20.0}))
    watched.take(domain("bank"), domain("shop", "SLOW"))

    async def script(poller: Watched) -> None:
        await asyncio.sleep(10.0)
        poller.take(domain("bank"))
        await asyncio.sleep(90.0)

    watched.run(script)
    assert [view.snapshot.domain for view in watched.poller.current()] == ["bank"]
    assert [name for _, name in watched.world.asked].count("SLOW") == 1
    assert "shop" not in repr(watched.poller)


def test_an_added_domain_begins_at_once() -> None:
    """It need not wait for anybody's grid, and begins without a past."""
    watched = Watched()
    watched.take()

    async def script(poller: Watched) -> None:
        await asyncio.sleep(10.0)
        poller.take(domain("bank"), domain("shop", "S"))
        assert not poller.poller.is_ready
        await asyncio.sleep(1.0)
        assert poller.poller.is_ready

    watched.run(script)
    assert min(at for at, name in watched.world.asked if name == "S") == 10.0


def test_a_domain_that_comes_back_begins_anew() -> None:
    """It was not polled in the meantime."""
    watched = Watched()
    watched.take(domain("bank"), domain("shop"))

    async def script(poller: Watched) -> None:
        await asyncio.sleep(70.0)
        poller.take(domain("bank"))
        await asyncio.sleep(10.0)
        poller.take(domain("bank"), domain("shop"))
        await asyncio.sleep(5.0)

    watched.run(script)
    assert {view.snapshot.domain: view.counters.rounds for view in watched.poller.current()} == {"bank": 3, "shop": 1}


def test_a_new_interval_begins_a_new_grid_at_once() -> None:
    """A domain that waits for an hour starts the new interval and does not count as stalled."""
    watched = Watched()
    watched.take(poll=replace(POLL, interval_seconds=3600.0))

    async def script(poller: Watched) -> None:
        await asyncio.sleep(1000.0)
        poller.take(poll=POLL)
        assert poller.poller.is_alive
        await asyncio.sleep(65.0)
        assert poller.poller.is_alive

    watched.run(script)
    assert watched.beginnings() == [0.0, 1000.0, 1030.0, 1060.0]
    assert watched.view.counters.interval_seconds == 30.0


def test_a_reload_that_leaves_the_interval_leaves_the_grid() -> None:
    """A reload every second would else be a round every second."""
    watched = Watched()
    watched.take()

    async def script(poller: Watched) -> None:
        for _ in range(50):
            await asyncio.sleep(1.0)
            poller.take()

    watched.run(script)
    assert watched.beginnings() == [0.0, 30.0]


def test_a_removed_host_is_gone_with_the_reload() -> None:
    """Neither the view nor its counters keep it until the next round, and the master's list names it as unknown."""
    watched = Watched()
    watched.take()

    async def script(poller: Watched) -> None:
        await asyncio.sleep(10.0)
        poller.take(domain("bank", "M"))
        assert [host.name for host in poller.view.snapshot.hosts] == ["M"]
        assert set(poller.view.counters.hosts) == {"M"}
        assert poller.view.comparison.replica("R1") is None
        assert poller.view.snapshot.unresolved == ("R1",)
        await asyncio.sleep(1.0)

    watched.run(script)
    assert [host.name for host in watched.view.snapshot.hosts] == ["M"]
    assert watched.beginnings() == [0.0, 10.0]


def test_a_removed_master_takes_its_list_along() -> None:
    """Nothing that it printed counts without it."""
    watched = Watched()
    watched.take()

    async def script(poller: Watched) -> None:
        await asyncio.sleep(10.0)
        poller.take(domain("bank", "R1"))
        assert poller.view.snapshot.masters == ()
        assert poller.view.snapshot.listing is None
        assert poller.view.snapshot.last_known_master is None
        assert poller.view.health.state == "no_master"
        assert poller.view.comparison.replica("R1").lag is None

    watched.run(script)


def test_a_host_that_is_removed_during_a_round_does_not_come_back_with_it() -> None:
    """The round that began with the old configuration ends with the new one, and another one follows immediately."""
    watched = Watched(World(takes={"R1": 12.0}))
    watched.take()

    async def script(poller: Watched) -> None:
        await asyncio.sleep(35.0)
        poller.take(domain("bank", "M"))
        await asyncio.sleep(20.0)

    watched.run(script)
    shown = [[host.name for host in views[0].snapshot.hosts] for at, views in watched.published if at > 35]
    assert len(shown) == 2
    assert shown == [["M"], ["M"]]


def test_a_new_host_is_polled_at_once() -> None:
    """The next round does not wait for the old grid; a change of something else does not move it."""
    watched = Watched()
    watched.take(domain("bank", "M"), domain("shop", "S"))

    async def script(poller: Watched) -> None:
        await asyncio.sleep(10.0)
        poller.take(domain("bank", "M", "R1"), domain("shop", "S"))
        await asyncio.sleep(1.0)

    watched.run(script)
    asked = [(round(at), name) for at, name in watched.world.asked]
    assert (10, "R1") in asked
    assert (10, "S") not in asked


def test_a_host_with_another_address_is_polled_at_once() -> None:
    """It is another machine under the same name."""
    watched = Watched()
    watched.take(domain("bank", "M", "R1"))
    moved = replace(domain("bank", "M", "R1"), hosts=(Host("M", "m"), Host("R1", "192.0.2.9")))

    async def script(poller: Watched) -> None:
        await asyncio.sleep(10.0)
        poller.take(moved)
        await asyncio.sleep(1.0)

    watched.run(script)
    assert watched.beginnings() == [0.0, 10.0]


def test_no_more_hosts_are_asked_at_once_than_allowed() -> None:
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
