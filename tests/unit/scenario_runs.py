"""Run a scenario folder through the real chain: observe, compare, judge, render; only clock and replies are given."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from boks_exporter.config import DomainSettings
from boks_exporter.exposition import DomainView, ExporterInfo, render
from boks_exporter.health import GroupHealth, HostVerdict, Thresholds
from boks_exporter.model import Host, Promotion, Seconds
from boks_exporter.poller.domain_watch import DomainWatch
from boks_exporter.remote.request import Request
from boks_exporter.remote.settings import ReplaySettings
from boks_exporter.transport.base import RawReply
from boks_exporter.transport.replay import ReplayTransport

SCENARIOS = Path(__file__).parent.parent / "scenarios"
BEGIN = 1_795_423_200.0
"""2026-11-23 08:40:00 UTC."""
EXCHANGE_SECONDS = 0.25
EXPORTER = ExporterInfo(version="1.0.0", revision="0123abc", python="3.12.1", reload_success_at=BEGIN - 60)


class ScenarioClock:
    """A clock that moves only when an exchange takes place or a new round begins."""

    def __init__(self) -> None:
        self.elapsed: Seconds = 0.0

    def now(self) -> float:
        return BEGIN + self.elapsed

    def monotonic(self) -> Seconds:
        return self.elapsed

    async def sleep(self, seconds: Seconds) -> None:
        self.elapsed += seconds


class RecordedRounds:
    """The replies of one round after the other; each exchange takes a quarter of a second."""

    def __init__(self, clock: ScenarioClock) -> None:
        self.clock = clock
        self.replay = ReplayTransport(Path())

    async def ask(self, host: Host, request: Request) -> RawReply:
        self.clock.elapsed += EXCHANGE_SECONDS
        return await self.replay.ask(host, request)


@dataclass(frozen=True)
class Scenario:
    """One folder: `domain.yaml`, `round-1/<host>/…`, the expected `verdicts.yaml` and `metrics.prom`."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def rounds(self) -> list[Path]:
        return sorted(self.folder.glob("round-*"), key=lambda path: int(path.name.removeprefix("round-")))

    @property
    def description(self) -> dict[str, Any]:
        return load(self.folder / "domain.yaml")

    @property
    def domain(self) -> DomainSettings:
        described = self.description
        return DomainSettings(
            name="bank",
            transport=ReplaySettings(directory=self.folder),
            hosts=tuple(_host(host) for host in described["hosts"]),
            discover=described.get("discover", False),
            address_template=described.get("address_template", "{name}"),
            thresholds=Thresholds(**described.get("thresholds", {})),
        )


@cache
@cache
def load(path: Path) -> dict[str, Any]:
    loaded = YAML(typ="safe").load(path)
    assert isinstance(loaded, dict), path
    return loaded


def _host(described: Mapping[str, Any]) -> Host:
    return Host(**{**described, "promotion": Promotion(described.get("promotion", Promotion.NEUTRAL))})


def scenarios() -> list[Scenario]:
    """Find every scenario, in a fixed order."""
    return [Scenario(path) for path in sorted(SCENARIOS.iterdir()) if path.is_dir()]


async def run(scenario: Scenario) -> list[DomainView]:
    """Run one round for each recorded one; with `single_look`, as `check` and `status` do."""
    described = scenario.description
    clock = ScenarioClock()
    transport = RecordedRounds(clock)
    watch = DomainWatch(scenario.domain, transport, clock)
    interval = float(described["seconds_between_rounds"])
    views = []
    for number, directory in enumerate(scenario.rounds):
        clock.elapsed = number * interval
        transport.replay = ReplayTransport(directory)
        once = described.get("single_look", False)
        views.append(await watch.run_round(asyncio.Semaphore(50), interval, once=once))
    return views


def verdicts(view: DomainView) -> dict[str, Any]:
    """Return all verdicts of a round in the form of `verdicts.yaml`; absent values are left out."""
    health = view.health
    shown: dict[str, Any] = {
        "domain": f"{health.state}: {health.reason}",
        "hosts": {verdict.host: _verdict(verdict) for verdict in health.hosts},
    }
    groups = [*_groups("site", health.sites), *_groups("section", health.sections)]
    if groups:
        shown["groups"] = dict(groups)
    return shown


def _verdict(verdict: HostVerdict) -> dict[str, Any]:
    shown: dict[str, Any] = {"role": str(verdict.role), "verdict": f"{verdict.state}: {verdict.reason}"}
    if verdict.evidence:
        shown["evidence"] = list(verdict.evidence)
    if verdict.is_replica:
        shown["promotable"] = {True: "yes", False: "no", None: "unknown"}[verdict.promotable]
    if verdict.promotable_reasons:
        shown["against"] = list(verdict.promotable_reasons)
    return shown


def _groups(kind: str, groups: tuple[GroupHealth, ...]) -> Iterator[tuple[str, str]]:
    for group in groups:
        yield f"{kind} {group.name}", str(group.verdict)


def page(view: DomainView) -> str:
    """Render the samples of a page without HELP and TYPE, which are the same for all scenarios."""
    text = render([view], EXPORTER).classic.decode()
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))
