"""Three hours of a domain in which everything happens, as pages of the real exporter, for a Prometheus to read."""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from boks_exporter.config import DomainSettings, PollSettings
from boks_exporter.exposition import ExporterInfo, ExpositionOptions, render
from boks_exporter.exposition.failover_activity import Operations, RunOutcome, RunProcedure, Window
from boks_exporter.model import Host
from boks_exporter.poller import Poller
from boks_exporter.remote.settings import LocalSettings
from boks_exporter.simulator.domain import Boksinit, Fault, HostPlan, Layout, SimulatedDomain, published_layout
from tests.virtual.virtual_time import VirtualClock, run_virtually
from tests.virtual.virtual_transport import VirtualTransport

DOMAIN = "harbour"
INTERVAL = 30.0
LASTS = 10_800.0
_POLL = PollSettings(interval_seconds=INTERVAL, timeout_seconds=20.0)
TABLES = (0, 1, 2, 4, 5, 6, 7, 9, 15, 17, 25, 31, 48, 49)
SCRAPED = 'instance="exporter:16500",job="boks"'
_SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")

Change = Callable[[SimulatedDomain], None]


class Since(VirtualClock):
    """Virtual time that begins at a given Unix time."""

    def __init__(self, begins: float) -> None:
        self.begins = begins

    def now(self) -> float:
        return self.begins + self.monotonic()


@dataclass
class History:
    """The pages of a domain's rounds, as OpenMetrics with times; `begins` is when the first round does."""

    begins: float
    lines: list[str] = field(default_factory=list)

    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.lines) + "# EOF\n"


def layout(begins: float) -> Layout:
    """The documented site with a third location, which has a single replica, and a client."""
    published = published_layout(writes_per_second=0.5)
    more = (
        HostPlan(name="REPHOST6", role=Boksinit.SERVER, site="groningen", section="edge", address="127.0.0.8"),
        HostPlan(name="CLIENT1", role=Boksinit.CLIENT, site="utrecht", section="core", address="127.0.0.9"),
    )
    return replace(published, hosts=(*published.hosts, *more), tables=TABLES, epoch=begins, loading_seconds=240.0)


def _set(host: str, fault: Fault, **parameters: Any) -> Change:
    return lambda domain: domain.set_fault(host, fault, **parameters)


def _clear(host: str, fault: Fault) -> Change:
    return lambda domain: domain.clear_fault(host, fault)


def _run(host: str, *command: str) -> Change:
    return lambda domain: domain.run(host, command) and None


def _rejoin(host: str, master: str) -> Change:
    """Make a client without data a replica (K1456)."""

    def change(domain: SimulatedDomain) -> None:
        domain.remove_data(host)
        domain.run(host, ("convert", "-v", "server"))
        domain.run(master, ("hostadm", "-m", "-t", "BOKSREPLICA", "-h", host))
        domain.run(master, ("Boot", "-k"))
        domain.run(master, ("Boot",))

    return change


MINUTES: tuple[tuple[float, Change], ...] = (
    (8, _set("REPHOST2", Fault.AHEAD, by=2, tables=(7, 9, 15))),
    (20, _clear("REPHOST2", Fault.AHEAD)),
    (14, _set("REPHOST3", Fault.UNLISTED)),
    (26, _clear("REPHOST3", Fault.UNLISTED)),
    (24, _set("REPHOST6", Fault.LOADING)),
    (34, _clear("REPHOST6", Fault.LOADING)),
    (30, _set("REPHOST4", Fault.WRONG_STAMP)),
    (42, _clear("REPHOST4", Fault.WRONG_STAMP)),
    (50, _set("MASTER1", Fault.MASTER_DEAD)),
    (66, _run("REPHOST5", "convert", "-v", "master")),
    (80, _run("MASTER1", "convert", "-v", "client")),
    (81, _clear("MASTER1", Fault.MASTER_DEAD)),
    (90, _rejoin("MASTER1", "REPHOST5")),
    (104, _set("REPHOST3", Fault.WRONG_LOGIN)),
    (112, _clear("REPHOST3", Fault.WRONG_LOGIN)),
    (110, _set("REPHOST2", Fault.GARBAGE)),
    (118, _clear("REPHOST2", Fault.GARBAGE)),
    (122, _set("MASTER1", Fault.TWO_MASTERS)),
    (128, _clear("MASTER1", Fault.TWO_MASTERS)),
    (130, _run("MASTER1", "convert", "-v", "client")),
    (131, _rejoin("MASTER1", "REPHOST5")),
    (146, _set("REPHOST4", Fault.SLOW, delay_seconds=1500.0)),
    (155, _set("REPHOST2", Fault.AHEAD, by=2, tables=(7, 9, 15))),
    (163, _set("REPHOST6", Fault.UNREACHABLE, cut_off=True)),
    (168, _set("REPHOST", Fault.DOWN)),
)
"""What happens after how many minutes; the last four are still so at the end."""


def history(begins: float) -> History:
    """Play it on virtual time, with the real poller."""
    return run_virtually(_Play(begins).run())


class _Play:
    def __init__(self, begins: float) -> None:
        self._history = History(begins)
        self._clock = Since(begins)
        self._domain = SimulatedDomain(layout(begins), seed=2)
        self._poller = Poller(_POLL, self._clock, self._keep)

    async def run(self) -> History:
        transport = VirtualTransport(self._domain, seed=2, has_newest_gate=True)
        self._poller.apply_settings(_POLL, ExpositionOptions(), {DOMAIN: (self._settings(), transport)})
        watching = asyncio.create_task(self._poller.run())
        for minute, change in sorted(MINUTES, key=lambda step: step[0]):
            await asyncio.sleep(max(0.0, 60 * minute - self._clock.monotonic()))
            self._domain.advance(self._clock.monotonic())
            change(self._domain)
        await asyncio.sleep(LASTS - self._clock.monotonic())
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        return self._history

    def _settings(self) -> DomainSettings:
        plans = self._domain.layout.hosts
        hosts = tuple(
            Host(name=each.name, address=each.address, site=each.site, section=each.section) for each in plans
        )
        return DomainSettings(name=DOMAIN, transport=LocalSettings(), hosts=hosts)

    def _keep(self) -> None:
        exporter = ExporterInfo(
            version="1.0.0", revision="0123abc", python="3.12.1", reload_success_at=self._history.begins
        )
        operations = _operations(self._history.begins, self._clock.monotonic() / 60)
        views = [replace(view, operations=operations) for view in self._poller.current()]
        page = render(views, exporter).classic.decode()
        self._history.lines += _timed(page, self._clock.now())


def _operations(begins: float, minute: float) -> Operations:
    """Simulate operators: a promotion, the return of the old master, maintenance that outlasts its window."""
    runs = {
        (RunProcedure.PROMOTE, RunOutcome.DONE): int(minute >= 68),
        (RunProcedure.RETIRE, RunOutcome.DONE): int(minute >= 82),
        (RunProcedure.ADD_REPLICA, RunOutcome.NOT_CONVERGED): int(minute >= 95),
    }
    ended = [begins + 60 * at for at in (68, 82, 95) if minute >= at]
    return Operations(
        runs=runs,
        in_progress=66 <= minute < 68 or minute >= 170,
        last_at=ended[-1] if ended else None,
        windows=(_window(begins),) if 140 <= minute < 172 else (),
    )


def _window(begins: float) -> Window:
    begun, until = begins + 60 * 140, begins + 60 * 172
    return Window(host="REPHOST4", started_at=begun, until=until, owner="anna on ops7", reason="new disks")


def _timed(page: str, moment: float) -> Iterator[str]:
    """Write a page's samples as Prometheus stores them: with the labels of the scrape, and its time."""
    yield f"up{{{SCRAPED}}} 1 {moment:.3f}"
    for line in page.splitlines():
        sample = _SAMPLE.match(line)
        if sample:
            name, labels, value = sample.groups()
            yield f"{name}{{{labels + ',' if labels else ''}{SCRAPED}}} {value} {moment:.3f}"
