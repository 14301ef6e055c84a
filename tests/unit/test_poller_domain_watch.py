"""Counters, log lines and history of one domain's rounds."""

import asyncio
from typing import Any

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.poller import DomainWatch
from boks_exporter.remote.settings import SshSettings
from tests.unit.poller_world import SetClock, Watched, World, domain, timed_out


async def _minutes(watched: Watched, minutes: float) -> None:
    await asyncio.sleep(minutes * 60.0)
    assert watched.view


def events(lines: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Pick the log lines of one event, without what they have in common."""
    return [
        {key: value for key, value in line.items() if key not in {"event", "log_level", "boks_domain"}}
        for line in lines
        if line["event"] == name
    ]


def test_a_change_is_logged_once() -> None:
    """Ten rounds of an outage are one line at its beginning and one at its end."""
    watched = Watched()
    watched.take()

    async def script(poller: Watched) -> None:
        await _minutes(poller, 2)
        poller.world.fails["R1"] = timed_out()
        await _minutes(poller, 5)
        poller.world.fails.clear()
        await _minutes(poller, 5)

    lines = watched.run(script)
    assert [(line["host"], line["was"], line["state"]) for line in events(lines, "host_state_changed")] == [
        ("M", None, "ok"),
        ("R1", None, "ok"),
        ("R1", "ok", "unreachable"),
        ("R1", "unreachable", "ok"),
    ]
    assert events(lines, "domain_state_changed") == [
        {"was": None, "state": "ok", "reason": "M is master, 1 replica is ok"},
        {"was": "ok", "state": "degraded", "reason": "R1 is unreachable"},
        {"was": "degraded", "state": "ok", "reason": "M is master, 1 replica is ok"},
    ]
    assert {line["boks_domain"] for line in lines} == {"bank"}
    states = [line for line in lines if "state" in line]
    assert {(line["state"] == "ok", line["log_level"]) for line in states} == {(True, "info"), (False, "warning")}


def test_a_change_of_masters_is_logged_with_both() -> None:
    watched = Watched()
    watched.take()

    async def script(poller: Watched) -> None:
        await _minutes(poller, 1)
        poller.world.fails["M"] = timed_out()
        await _minutes(poller, 1)
        poller.world.master = "R1"
        await _minutes(poller, 1)

    lines = watched.run(script)
    assert events(lines, "masters_changed") == [{"were": "M", "masters": None}, {"were": None, "masters": "R1"}]


def test_polls_and_failures_are_counted_by_reason() -> None:
    """And the last success keeps its time."""
    watched = Watched()
    watched.take()

    async def script(poller: Watched) -> None:
        await _minutes(poller, 2)
        poller.world.fails["R1"] = timed_out()
        await _minutes(poller, 1)
        poller.world.fails["R1"] = TransportError(FailureReason.AUTH, "permission denied")
        await _minutes(poller, 0.5)

    watched.run(script)
    counters = watched.view.counters
    assert counters.rounds == 7
    assert counters.hosts["R1"].polls == 7
    assert counters.hosts["R1"].failures == {FailureReason.TIMEOUT: 2, FailureReason.AUTH: 1}
    assert counters.hosts["M"].failures == {}
    assert counters.hosts["R1"].last_success is not None
    assert counters.hosts["R1"].last_attempt is not None
    assert 89 < counters.hosts["R1"].last_attempt - counters.hosts["R1"].last_success < 91
    assert counters.hosts["M"].reconnects == 1
    assert not counters.insecure_host_keys


def test_a_section_that_failed_is_a_failure_of_its_reason() -> None:
    """A hanging boksdiag counts as a time-out although the host answers."""
    watched = Watched()
    watched.take()

    async def script(poller: Watched) -> None:
        poller.world.stuck_at["R1"] = -1
        await _minutes(poller, 0.5)

    watched.run(script)
    assert watched.view.counters.hosts["R1"].failures == {FailureReason.PARSE: 1}
    assert watched.view.counters.hosts["R1"].last_success is None


def test_a_host_that_leaves_takes_its_counters_with_it() -> None:
    """A host of the same name later is another one."""
    watched = Watched()
    watched.take(domain("bank", "M", "R1", "R2"))

    async def script(poller: Watched) -> None:
        await _minutes(poller, 1)
        poller.take(domain("bank", "M", "R1"))
        await _minutes(poller, 1)
        assert set(poller.view.counters.hosts) == {"M", "R1"}
        poller.take(domain("bank", "M", "R1", "R2"))
        await _minutes(poller, 0.5)

    watched.run(script)
    assert watched.view.counters.hosts["R2"].polls == 1


def test_unverified_host_keys_are_reported() -> None:
    """The metric of that name rests on it."""
    watched = Watched()
    settings = domain("bank")
    insecure = SshSettings(user="boksmon", insecure_ignore_host_keys=True)
    watched.take(settings.__class__(name="bank", transport=insecure, hosts=settings.hosts))
    watched.run(lambda poller: asyncio.sleep(5.0))
    assert watched.view.counters.insecure_host_keys


def test_lag_in_seconds_grows_while_a_replica_is_stuck_and_ends_when_it_follows() -> None:
    """Number 109 is written at 90 s; the figure is exact to one interval all the way."""
    watched = Watched()
    watched.take()

    async def script(poller: Watched) -> None:
        await asyncio.sleep(85.0)
        poller.world.stuck_at["R1"] = 108
        for minute in range(2, 20):
            await asyncio.sleep(minute * 60.0 + 5.0 - asyncio.get_running_loop().time())
            lag = poller.view.comparison.replica("R1")
            assert lag is not None
            assert lag.lag_seconds is not None
            assert abs(lag.lag_seconds - (minute * 60.0 - 90.0)) <= 30.0
        poller.world.stuck_at.clear()
        await asyncio.sleep(30.0)
        assert poller.view.comparison.replicas[0].lag_seconds == 0.0

    lines = watched.run(script)
    states = [line["state"] for line in events(lines, "host_state_changed") if line["host"] == "R1"]
    assert states == ["ok", "lagging", "ok"]


def test_a_clock_that_is_set_raises_no_alarm() -> None:
    """A step of an hour does not make any replica an hour late."""
    watched = Watched(World())
    clock = SetClock()
    watched.poller._clock = clock

    async def script(poller: Watched) -> None:
        poller.take()
        await asyncio.sleep(65.0)
        poller.world.stuck_at["R1"] = 106
        clock.ahead = 3600.0
        await asyncio.sleep(30.0)
        assert poller.view.health.host("R1").state == "ok"
        clock.ahead = -3600.0
        await asyncio.sleep(30.0)
        assert poller.view.health.host("R1").state == "ok"
        lag = poller.view.comparison.replicas[0].lag_seconds
        assert lag is not None
        assert 30 <= lag <= 90

    lines = watched.run(script)
    assert [line["by_seconds"] for line in events(lines, "clock_was_set")] == [3600.0, -7200.0]


def test_a_clock_that_is_set_back_puts_no_replica_ahead_of_a_slow_master() -> None:
    """While the master's reply is waited for, readings from before the step are no later ones."""
    watched = Watched(World())
    clock = watched.poller._clock = SetClock()
    states: set[str] = set()

    async def script(poller: Watched) -> None:
        poller.take()
        await asyncio.sleep(75.0)
        clock.ahead = -3600.0
        poller.world.takes["M"] = 9.0
        for _ in range(60):
            await asyncio.sleep(1.0)
            states.add(poller.view.health.host("R1").state)

    watched.run(script)
    assert "ok" in states
    assert "ahead" not in states


def test_one_poll_judges_without_a_past_and_logs_nothing() -> None:
    """As status and check do."""
    watched = Watched(World(stuck_at={"R1": 90}))
    watched.take()

    async def script(poller: Watched) -> None:
        watch = DomainWatch(domain("bank"), poller.world, poller.poller._clock)
        assert repr(watch) == "<DomainWatch bank rounds=0>"
        view = await watch.run_round(asyncio.Semaphore(5), 30.0, once=True)
        assert view.comparison.replicas[0].lag_seconds is None
        assert view.health.host("R1").state == "ok"
        assert view.counters.rounds == 1
        assert watch.history.is_empty

    lines = watched.run(script)
    assert len(events(lines, "domain_state_changed")) == 1


def test_the_poller_shows_its_state_in_a_debugger() -> None:
    """Interval, domains and how far they are."""
    watched = Watched()
    watched.take()
    watched.run(lambda poller: asyncio.sleep(65.0))
    assert repr(watched.poller) == "<Poller every 30 s: <DomainWatch bank rounds=3>>"


def test_the_first_recorded_round_is_logged() -> None:
    watched = Watched()
    watched.take()
    lines = watched.run(lambda _: _minutes(watched, 1))
    assert events(lines, "evidence_begins") == [{"since": watched.view.evidence_since}]
