"""What the state file keeps over a restart, and what a clock that was wrong does to it."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import HostName, Role
from boks_exporter.poller import PersistedState, StateFile
from boks_exporter.poller.state_database import MachineClock, ReadClock
from boks_exporter.replication import CopyEvidence
from tests.unit.poller_world import Watched, World, domain, timed_out
from tests.unit.test_poller_state_file import kept, written


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "boks.sqlite"


# -- over a restart ---------------------------------------------------------------------------------------------------


def test_what_was_kept_is_there_after_a_restart(path: Path) -> None:
    """Each domain has its own; what was never kept is empty."""
    written(path, bank=kept(100), shop=kept(200))
    again = StateFile(path)
    assert again.load("bank").history.tables == kept(100).history.tables
    assert again.load("bank").last_known_master == "M"
    assert again.load("shop").history.tables[7].steps[-1].sequence == 200
    assert again.load("other") == PersistedState()
    assert repr(again) == f"<StateFile {path}: works>"


def test_the_newest_is_what_is_kept(path: Path) -> None:
    """Also for a domain that leaves the configuration and comes back."""
    state = StateFile(path)
    for number in range(100, 120):
        state.keep("bank", kept(number))
        assert state.load("bank") == kept(number)
    state.close()
    assert StateFile(path).load("bank").history.tables[7].steps[-1].sequence == 119


def watch_a_lag(state: StateFile, begin: float, seconds: float) -> Watched:
    """Run a poller for some time, in a world whose R1 is stuck at the number of its beginning."""
    watched = Watched(World(stuck_at={"R1": 108}), state=state)
    watched.take()
    watched.begin_at = begin
    watched.run(lambda _: asyncio.sleep(seconds))
    state.close()
    return watched


def test_a_restart_in_the_middle_of_a_lag_keeps_the_seconds(path: Path) -> None:
    """Number 109 was written at 90 s; the exporter is away from 305 s to 600 s and knows it afterwards."""
    before = watch_a_lag(StateFile(path), 0.0, 305.0)
    assert before.view.comparison.replicas[0].lag_seconds == pytest.approx(210, abs=30)
    after = watch_a_lag(StateFile(path), 600.0, 5.0)
    assert after.view.comparison.replicas[0].lag_seconds == pytest.approx(510, abs=30)
    assert after.view.health.host("R1").state == "lagging"
    without = watch_a_lag(StateFile(path.with_name("none")), 600.0, 5.0)
    assert without.view.comparison.replicas[0].lag_seconds is None


def test_roles_outlive_a_restart_while_no_host_answers(path: Path) -> None:
    """The last master is named, and an unreachable replica counts as one."""
    watch_a_lag(StateFile(path), 0.0, 65.0)
    refused = TransportError(FailureReason.CONNECT, "connection refused")
    watched = Watched(World(fails={"M": refused, "R1": refused}), state=StateFile(path))
    watched.take(domain("bank", "M", "R1", "R2"))
    watched.run(lambda poller: asyncio.sleep(5.0))
    health = watched.view.health
    gone = "M, the last known one, does not answer (connect)"
    assert health.reason == f"no host that answers reports to be master; {gone}"
    assert health.host("R1").is_replica
    assert watched.poller._watches["bank"].history.roles["R1"] is Role.REPLICA


def test_discovered_hosts_outlive_a_restart_on_the_night_the_master_dies(path: Path) -> None:
    """R1 is named only by the list; without a master nothing names it."""
    state = StateFile(path)
    watched = Watched(state=state)
    watched.take(domain("bank", "M", discover=True))
    watched.run(lambda _: asyncio.sleep(65.0))
    state.close()
    world = World(fails={"M": timed_out()})
    again = Watched(world, state=StateFile(path))
    again.take(domain("bank", "M", discover=True))
    again.begin_at = 120.0
    again.run(lambda _: asyncio.sleep(5.0))
    assert names_seen(again) == ["M", "R1"]
    assert again.view.health.host("R1").is_replica
    line = watched.poller._watches["bank"].history.discovered["R1"].line
    assert line
    assert any(f": {line.raw_status}" in finding for finding in again.view.health.host("R1").evidence)


def names_seen(watched: Watched) -> list[HostName]:
    return [host.name for host in watched.view.snapshot.hosts]


async def after_the_last_list(poller: Watched, *fails: HostName) -> None:
    """Poll until R1 was discovered; from then on no list names it, and these hosts do not answer."""
    await asyncio.sleep(65.0)
    poller.world.listed = False
    poller.world.fails = {name: timed_out() for name in fails}


def test_a_discovered_host_that_no_list_names_is_dropped_after_its_time() -> None:
    """With an event; until then its failure is reported."""
    watched = Watched(World())
    watched.take(domain("bank", "M", discover=True, discovered_seconds=600.0))
    seen: dict[str, list[HostName]] = {}

    async def script(poller: Watched) -> None:
        await after_the_last_list(poller, "R1")
        await asyncio.sleep(560.0)
        seen["before"] = names_seen(poller)
        await asyncio.sleep(100.0)
        seen["after"] = names_seen(poller)

    lines = watched.run(script)
    assert seen == {"before": ["M", "R1"], "after": ["M"]}
    assert [line["host"] for line in lines if line["event"] == "discovered_host_dropped"] == ["R1"]


def test_the_time_without_any_list_drops_no_discovered_host() -> None:
    """The first list after a long outage of the master need not name every replica."""
    watched = Watched(World())
    watched.take(domain("bank", "M", discover=True, discovered_seconds=600.0))
    seen: dict[str, list[HostName]] = {}

    async def script(poller: Watched) -> None:
        await after_the_last_list(poller, "R1", "M")
        await asyncio.sleep(900.0)
        del poller.world.fails["M"]
        for name in ("soon", "later"):
            await asyncio.sleep(400.0)
            seen[name] = names_seen(poller)

    watched.run(script)
    assert seen == {"soon": ["M", "R1"], "later": ["M"]}


# -- a clock that was wrong -------------------------------------------------------------------------------------------


def _clock(boot: str, since_boot: float, unix: float) -> ReadClock:
    return lambda: MachineClock(boot, since_boot, unix)


def test_a_clock_that_was_corrected_across_a_restart_makes_no_update_older(path: Path) -> None:
    """Two hours forward between two runs: the times of the history move along."""
    before = StateFile(path, _clock("a", 1000.0, 100.0))
    before.keep("bank", kept())
    before.close()
    history, shifted = StateFile(path, _clock("a", 1060.0, 7360.0)).load("bank").history, kept().history.shifted(7200.0)
    assert (history.tables, history.begun_at) == (shifted.tables, shifted.begun_at)


@pytest.mark.parametrize(
    ("clock", "keeps_ages"),
    [(_clock("b", 5.0, 200.0), True), (_clock("b", 5.0, 50.0), False)],
    ids=["a later time", "an earlier time"],
)
def test_over_a_reboot_a_clock_that_went_back_proves_no_age(path: Path, clock: ReadClock, *, keeps_ages: bool) -> None:
    before = StateFile(path, _clock("a", 1000.0, 100.0))
    before.keep("bank", kept())
    before.close()
    history = StateFile(path, clock).load("bank").history
    assert (history.tables == kept().history.tables) is keeps_ages
    assert history.roles == kept().history.roles


def test_evidence_of_an_older_version_follows_a_clock_that_went_back(path: Path) -> None:
    """Its document has no time of the last round: the row's own is as good, and the evidence can be cleared."""
    before = StateFile(path, _clock("a", 1000.0, 5000.0))
    apart = {"R1": CopyEvidence(diverged_since=4990.0)}
    before.keep("bank", PersistedState(replace(kept().history, recorded_at=None, evidence=apart)))
    before.close()
    history = StateFile(path, _clock("b", 5.0, 50.0)).load("bank").history
    assert (history.recorded_at, history.evidence_of("R1").proven_at) == (50.0, 40.0)
