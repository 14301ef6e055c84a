"""Closer polls: replicas of which a round leaves open whether they are ahead are read again in it."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import pytest

from boks_exporter.config import CloserPolls
from boks_exporter.health import Judgement, Thresholds, judge_once
from boks_exporter.model import Host, HostName
from boks_exporter.observe import Knowledge, RoundOptions, observe
from boks_exporter.observe.round import MOST_CLOSER_READINGS
from boks_exporter.remote.request import Request
from boks_exporter.transport.base import RawReply
from tests.unit.observe_world import domain, frames
from tests.virtual.virtual_time import VirtualClock, run_virtually

LIST = "SERVER PCKT FAIL SYNC COUNT STATUS\nR1 00:05 00:09 1000 OK\nR2 00:05 00:09 1000 OK\n"
KNOWN = Knowledge(masters=("M",), last_known_master="M")


@dataclass
class Busy:
    """M writes one table; R1 has `ahead` updates too many, R2 follows after `delay`. The first poll of each is slow."""

    writes_per_second: float
    ahead: int = 2
    delay: float = 0.05
    exchange: float = 0.01
    loops: bool = True
    hanging: frozenset[HostName] = frozenset()
    polls: Counter[HostName] = field(default_factory=Counter)

    async def ask(self, host: Host, request: Request) -> RawReply:
        self.polls[host.name] += 1
        is_first = self.polls[host.name] == 1
        if host.name in self.hanging and not is_first:
            await asyncio.sleep(3600.0)
        await asyncio.sleep(1.0 if is_first else self.exchange)
        now = asyncio.get_running_loop().time()
        written = int((now + 100.0 - (self.delay if host.name != "M" else 0.0)) * self.writes_per_second)
        number = written + (self.ahead if host.name == "R1" else 0)
        text = f"T7 13678d 8:33:46 {number} ({number})"
        role = "master" if host.name == "M" else "server"
        sections = {"sequence": text} | ({"list": LIST} if host.name == "M" else {})
        assert request.sections
        return RawReply(frames(role, **sections), b"", 0)

    def keeps_loop(self, host: HostName) -> bool:
        return self.loops and host in {"M", "R1", "R2"}


def judged(world: Busy, mode: CloserPolls = CloserPolls.AUTO) -> Judgement:
    async def main() -> Judgement:
        snapshot = await observe(domain("M", "R1", "R2"), world, VirtualClock(), KNOWN, options=RoundOptions(mode))
        return judge_once(snapshot, Thresholds())

    return run_virtually(main())


def test_a_small_lead_in_a_busy_table_is_proven_in_the_first_round() -> None:
    """And the healthy replica next to it is proven not to be ahead."""
    health = judged(Busy(writes_per_second=2.0)).health
    assert str(health.host("R1").state) == "ahead"
    assert health.host("R2").reason.startswith("listed as OK, nothing ahead")


@pytest.mark.parametrize(
    ("mode", "loops", "polls"),
    [
        (CloserPolls.NEVER, True, {"M": 2, "R1": 1, "R2": 1}),
        (CloserPolls.AUTO, False, {"M": 2, "R1": 1, "R2": 1}),
        (CloserPolls.AUTO, True, {"M": 3, "R1": 1, "R2": 2}),
        (CloserPolls.ALWAYS, False, {"M": 3, "R1": 1, "R2": 2}),
    ],
)
def test_closer_polls_are_made_where_they_are_configured(
    mode: CloserPolls, polls: dict[str, int], *, loops: bool
) -> None:
    """By default only over kept loops: one more reading of the master for the replica that is undecided."""
    world = Busy(writes_per_second=2.0, loops=loops)
    judged(world, mode)
    assert world.polls == polls


def test_the_master_is_read_at_most_four_times_more() -> None:
    """A table that is written faster than it can be read stays undecided, and no verdict changes."""
    world = Busy(writes_per_second=5000.0, ahead=1, delay=0.0)
    health = judged(world).health
    assert world.polls["M"] == 2 + MOST_CLOSER_READINGS
    assert health.host("R1").reason.startswith("listed as OK, at most")


def test_an_idle_table_costs_no_further_poll() -> None:
    world = Busy(writes_per_second=0.0, ahead=0)
    judged(world)
    assert world.polls == {"M": 2, "R1": 1, "R2": 1}


def test_a_replica_that_hangs_in_a_closer_poll_costs_the_round_two_seconds_each_time_at_most() -> None:
    world = Busy(writes_per_second=2.0, hanging=frozenset({"R1"}))

    async def main() -> float:
        await observe(domain("M", "R1", "R2"), world, VirtualClock(), KNOWN, options=RoundOptions(CloserPolls.AUTO))
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return asyncio.get_running_loop().time()

    assert run_virtually(main()) < 3.0 + 2.1 * MOST_CLOSER_READINGS
