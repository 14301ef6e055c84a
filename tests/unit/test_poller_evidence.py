"""Evidence in one domain's rounds: how long it lasts, and what clears it."""

import asyncio
from dataclasses import dataclass, replace

import pytest

from boks_exporter.exposition import DomainView, ExpositionOptions
from boks_exporter.model import Host
from boks_exporter.poller import DomainWatch
from boks_exporter.remote.request import Request
from boks_exporter.replication import Clearance, CopyEvidence, Lead, dump, restore
from boks_exporter.transport.base import RawReply
from tests.unit.observe_world import frames
from tests.unit.poller_world import LIST, POLL, SetClock, Watched, World, domain
from tests.virtual.virtual_time import VirtualClock, run_virtually


class Ahead(World):
    """R1 holds two updates too many in a table that M writes twice a second."""

    async def ask(self, host: Host, request: Request) -> RawReply:
        await asyncio.sleep(0.1)
        written = 100 + int(asyncio.get_running_loop().time() * 2)
        if host.name == self.master:
            return RawReply(frames("master", sequence=_row(written), list=LIST), b"", 0)
        return RawReply(frames("server", sequence=_row(written + 2)), b"", 0)


def _row(number: int) -> str:
    return f"T7 13678d 8:33:46 {number} ({number})"


def test_two_updates_ahead_in_a_busy_table_do_not_flap() -> None:
    """With rounds of 5 s the numbers are inside the bracket in most rounds."""
    world = Ahead()
    watched = Watched(world, poll=replace(POLL, interval_seconds=5.0, timeout_seconds=4.0))
    watched.take()
    lines = watched.run(lambda _: asyncio.sleep(300.0))
    states = [view.health.host("R1").state for _, (view,) in watched.published]
    first = states.index("ahead")
    assert {*states[first:]} == {"ahead"}
    changes = [line for line in lines if line["event"] == "host_state_changed"]
    assert [line["state"] for line in changes if line["host"] == "R1"] in (
        ["ahead"],
        ["ok", "ahead"],
    )


def test_a_clearance_ends_the_evidence_and_a_new_proof_begins_it_again() -> None:
    """R1 was ahead by 5 in T9 before it was rebuilt; in T7 it is ahead now."""

    async def clearances(name: str) -> list[Clearance]:
        return [Clearance("R1", 1.5, "anna", "rebuilt")] if name == "bank" else []

    async def main() -> DomainWatch:
        watch = DomainWatch(domain("bank"), Ahead(), VirtualClock())
        watch.clearances = clearances
        evidence = CopyEvidence(leads={9: Lead(1.0, 1.0, 5, 50, 2.0)})
        watch.history = replace(watch.history, evidence={"R1": evidence})
        for _ in range(3):
            await watch.run_round(asyncio.Semaphore(5), 30.0)
            await asyncio.sleep(30.0)
        return watch

    assert {*run_virtually(main()).history.evidence_of("R1").leads} == {7}


@dataclass
class Numbers(World):
    """M and R1 have these numbers."""

    master_has: int = 100
    replica_has: int = 105

    async def ask(self, host: Host, request: Request) -> RawReply:
        await asyncio.sleep(0.1)
        if host.name == "M":
            return RawReply(frames("master", sequence=_row(self.master_has), list=LIST), b"", 0)
        return RawReply(frames("server", sequence=_row(self.replica_has)), b"", 0)


@pytest.mark.parametrize("is_restarted", [False, True])
@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_an_entry_clears_nothing_that_is_proven_after_it(step: float, *, is_restarted: bool) -> None:
    """Neither when the clock is set back behind the entry, nor when the entry itself is of the future.

    That holds in the hours after, too, and with the state file.
    """
    world, clock, entries = Numbers(), SetClock(), list[Clearance]()

    async def clearances(name: str) -> list[Clearance]:
        del name
        return entries

    async def main() -> list[str]:
        watch = DomainWatch(domain("bank"), world, clock)
        watch.clearances = clearances
        states = []
        for number in range(5):
            view = await watch.run_round(asyncio.Semaphore(5), 30.0)
            states.append(str(view.health.host("R1").state))
            await asyncio.sleep(30.0)
            match number:
                case 0:
                    entries.append(Clearance("R1", clock.now(), "anna", "rebuilt"))
                    world.replica_has = 100
                case 1:
                    clock.ahead += step
                    entries.append(Clearance("R1", clock.now() + 7200.0, "anna", "by a clock that was wrong"))
                    world.replica_has = 105
                case 2:
                    world.master_has = world.replica_has = 200
                    if is_restarted:
                        kept = replace(watch.kept, history=restore(dump(watch.history)))
                        watch = DomainWatch(domain("bank"), world, clock, kept)
                        watch.clearances = clearances
                case 3:
                    await asyncio.sleep(3 * 3600.0)
        return states

    assert run_virtually(main()) == ["ahead", "ok", "ahead", "unknown", "unknown"]


@pytest.mark.parametrize("is_restarted", [False, True])
@pytest.mark.parametrize("before", [("M",), ("M", "r1")], ids=["discovered", "configured"])
def test_a_host_that_the_configuration_names_otherwise_keeps_its_evidence(
    before: tuple[str, ...], is_restarted: bool
) -> None:
    """As the list names it, in another case, or with its domain: it is one host, and the list's row is its own."""
    world = Numbers()

    async def main() -> DomainView:
        watch = DomainWatch(domain("bank", *before, discover=True), world, VirtualClock())
        await watch.run_round(asyncio.Semaphore(5), 30.0)
        assert watch.history.evidence
        world.master_has = world.replica_has = 200
        new = domain("bank", "M", "R1.bank.example", discover=True)
        if is_restarted:
            watch = DomainWatch(new, world, VirtualClock(), watch.kept)
        else:
            watch.apply_settings(new, world, ExpositionOptions())
        return await watch.run_round(asyncio.Semaphore(5), 30.0)

    view = run_virtually(main())
    assert [host.name for host in view.snapshot.hosts] == ["M", "R1.bank.example"]
    assert view.snapshot.unresolved == ()
    verdict = view.health.host("R1.bank.example")
    assert (str(verdict.state), bool(verdict.proven)) == ("unknown", True)


@pytest.mark.parametrize(("address", "keeps"), [("r1", True), ("elsewhere", False)])
def test_a_host_with_another_name_at_the_same_address_keeps_its_evidence(address: str, *, keeps: bool) -> None:
    """Over a restart, in which only the state file knows where it was polled."""
    world = Numbers()

    async def main() -> DomainView:
        watch = DomainWatch(domain("bank", "M", "R1"), world, VirtualClock())
        await watch.run_round(asyncio.Semaphore(5), 30.0)
        world.master_has = world.replica_has = 200
        hosts = (Host("M", "m"), Host("login1", address))
        kept = replace(watch.kept, history=restore(dump(watch.history)))
        watch = DomainWatch(replace(domain("bank"), hosts=hosts), world, VirtualClock(), kept)
        return await watch.run_round(asyncio.Semaphore(5), 30.0)

    assert bool(run_virtually(main()).health.host("login1").proven) is keeps
