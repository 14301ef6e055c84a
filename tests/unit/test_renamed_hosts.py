"""A host that the configuration names otherwise since is the one that was known, whatever was known of it."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from boks_exporter.exposition import DomainView, ExpositionOptions
from boks_exporter.failover.facts import Reading
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.survey import Survey
from boks_exporter.model import Host, HostName
from boks_exporter.poller import DomainWatch
from boks_exporter.remote.request import Request
from boks_exporter.replication import CopyEvidence, History, Lead, dump, restore
from boks_exporter.transport.base import RawReply
from tests.unit.failover_world import FIRST, MASTER, World, virtually
from tests.unit.observe_world import LIST_HEADER, frames
from tests.unit.poller_world import domain, timed_out
from tests.virtual.virtual_time import VirtualClock, run_virtually

BEFORE = {"M": "m", "N": "n", "R1": "r1"}
"""The names in the configuration, with their addresses."""


@dataclass
class Answers:
    """Roles and numbers of hosts by their addresses; one without a number does not answer."""

    roles: dict[str, str] = field(default_factory=lambda: {"m": "master", "n": "server", "r1": "server"})
    numbers: dict[str, int | None] = field(default_factory=lambda: {"m": 100, "n": 100, "r1": 100})

    async def ask(self, host: Host, request: Request) -> RawReply:
        """Answer as a Transport."""
        await asyncio.sleep(0.1)
        number = self.numbers[host.address]
        if number is None:
            raise timed_out()
        role, sequence = self.roles[host.address], f"T7 13678d 8:33:46 {number} ({number})"
        listed = {"list": LIST_HEADER + "N 00:49 04:49 1000 OK\nR1 00:49 04:49 1000 OK\n"} if role == "master" else {}
        return RawReply(frames(role, sequence=sequence, **listed), b"", 0)


class Renaming:
    """One watched domain of which a host gets another name in the configuration."""

    def __init__(self) -> None:
        self.world = Answers()
        self.settings = domain("bank")
        self.watch = self._new(BEFORE, None)

    def _new(self, names: dict[HostName, str], kept: Any) -> DomainWatch:
        self.settings = replace(self.settings, hosts=tuple(Host(name, address) for name, address in names.items()))
        return DomainWatch(self.settings, self.world, VirtualClock(), kept)

    async def round(self, times: int = 1) -> DomainView:
        """Run rounds, one interval apart."""
        for _ in range(times):
            view = await self.watch.run_round(asyncio.Semaphore(5), 30.0)
            await asyncio.sleep(30.0)
        return view

    def rename(self, old: HostName, new: HostName, *, is_restarted: bool) -> None:
        """Reload the configuration, or restart with it and with the state file."""
        names = {new if name == old else name: address for name, address in BEFORE.items()}
        kept = replace(self.watch.kept, history=restore(dump(self.watch.history)))
        if is_restarted:
            self.watch = self._new(names, kept)
        else:
            self._new(names, kept)
            self.watch.apply_settings(self.settings, self.world, ExpositionOptions())


@pytest.mark.parametrize("is_restarted", [False, True], ids=["reloaded", "restarted"])
@pytest.mark.parametrize("new", ["n.bank.example", "login1"], ids=["with its domain", "another name"])
def test_a_second_master_that_does_not_answer_is_still_one(new: str, *, is_restarted: bool) -> None:
    async def main() -> DomainView:
        renaming = Renaming()
        await renaming.round()
        renaming.world.roles["n"] = "master"
        assert str((await renaming.round(2)).health.state) == "several_masters"
        renaming.world.numbers["n"] = None
        renaming.rename("N", new, is_restarted=is_restarted)
        return await renaming.round(2)

    view = run_virtually(main())
    assert (str(view.health.state), view.snapshot.masters) == ("several_masters", ("M", new))


@pytest.mark.parametrize("is_restarted", [False, True], ids=["reloaded", "restarted"])
@pytest.mark.parametrize("new", ["m.bank.example", "login1"], ids=["with its domain", "another name"])
def test_a_replica_that_lags_behind_a_master_is_late_under_the_masters_new_name(
    new: str, *, is_restarted: bool
) -> None:
    """The times of its updates are known, and so is the last master when it does not answer."""

    async def main() -> tuple[DomainView, DomainView]:
        renaming = Renaming()
        await renaming.round()
        renaming.world.numbers |= {"m": 150, "n": 150}
        assert str((await renaming.round(12)).health.host("R1").state) == "lagging"
        renaming.rename("M", new, is_restarted=is_restarted)
        late = await renaming.round()
        renaming.world.numbers["m"] = None
        return late, await renaming.round()

    late, dead = run_virtually(main())
    assert str(late.health.host("R1").state) == "lagging"
    assert (dead.snapshot.last_known_master, str(dead.health.state)) == (new, "no_master")


def test_failover_knows_a_host_under_its_new_name(journals: Any) -> None:
    """The exporter's state file has the names of an earlier configuration."""
    world = World.at(journals)
    full = f"{FIRST.upper()}.bank.example"
    evidence = {full: CopyEvidence(leads={7: Lead(1.0, 2.0, 5, 10**9)})}
    readings = {MASTER.upper(): Reading(MASTER.upper(), {7: (10, None)}, 1.0, "kept")}

    async def scene() -> Survey:
        made = world.survey()
        survey = Survey(
            made.domain,
            made.transport,
            made.gates,
            made.clock,
            made.limits,
            history=History(evidence=evidence),
            last_known_master=MASTER.upper(),
            readings=readings,
        )
        facts = await survey.observe(JournalView())
        assert set(facts.evidence) == {FIRST}
        return survey

    survey = virtually(scene)
    assert (survey.last_known_master, survey.readings[MASTER].host) == (MASTER, MASTER)
