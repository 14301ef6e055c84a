"""The poller takes a new configuration while it runs."""

import asyncio
from dataclasses import replace

from boks_exporter.exposition import Tables
from boks_exporter.model import Host
from tests.unit.poller_world import POLL, Watched, World, domain
from tests.unit.test_poller import for_seconds

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


def test_an_added_domain_begins_immediately() -> None:
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


def test_a_domain_that_comes_back_begins_again() -> None:
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


def test_a_new_interval_begins_a_new_grid_immediately() -> None:
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


def test_a_new_host_is_polled_immediately() -> None:
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


def test_a_host_with_another_address_is_polled_immediately() -> None:
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
