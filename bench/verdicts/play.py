"""Play one history: the real poller on virtual time, the story's events, and the judgement after each round."""

import asyncio
from contextlib import suppress
from hashlib import sha256

from bench.verdicts.event import Event
from bench.verdicts.events import happen
from bench.verdicts.generated_history import Story
from bench.verdicts.ground_truth_recorder import Witness
from bench.verdicts.score import Scores
from bench.verdicts.scorer import Referee
from boks_exporter.config import DomainSettings, PollSettings
from boks_exporter.exposition import ExpositionOptions, Tables
from boks_exporter.model import DomainName, Host
from boks_exporter.poller import Poller
from boks_exporter.poller.state_database import PersistedState
from boks_exporter.remote.settings import LocalSettings
from boks_exporter.replication import dump, restore
from boks_exporter.simulator.domain import SimulatedDomain
from tests.virtual.virtual_time import VirtualClock, run_virtually
from tests.virtual.virtual_transport import VirtualTransport

DOMAIN = "trial"


def play(story: Story) -> Scores:
    """Play a history from its beginning to its end."""
    return run_virtually(_Play(story).run())


class _State:
    """The state file without the file: what is kept goes through the same text."""

    def __init__(self) -> None:
        self._kept: dict[DomainName, PersistedState] = {}

    def keep(self, domain: DomainName, kept: PersistedState) -> None:
        self._kept[domain] = kept

    def load(self, domain: DomainName) -> PersistedState:
        kept = self._kept.get(domain, PersistedState())
        return PersistedState(restore(dump(kept.history)), kept.last_known_master)


class _Play:
    def __init__(self, story: Story) -> None:
        self._story = story
        seed = int.from_bytes(sha256(story.seed.encode()).digest()[:6])
        self._domain = SimulatedDomain(story.layout, seed=seed)
        transport = VirtualTransport(
            self._domain, seed=seed, network=story.network, timeout_seconds=story.timeout, on_read=self._on_read
        )
        self._witness = Witness(self._domain, transport, keeps_loops=story.keeps_loops)
        self._referee = Referee(story, self._domain)
        self._clock = VirtualClock()
        self._state = _State()
        self._poller: Poller | None = None
        self._watching: asyncio.Task[None] | None = None

    def _on_read(self, *what: object) -> None:
        self._witness.on_read(*what)

    async def run(self) -> Scores:
        """Apply every event in order."""
        self._start()
        for event in self._story.events:
            await self._sleep_until(event.at)
            self._domain.advance(self._clock.monotonic())
            await self._happen(event)
        await self._sleep_until(self._story.duration)
        await self._stop()
        return self._referee.scores

    async def _happen(self, event: Event) -> None:
        match event.what:
            case "restart_exporter" if self._watching:
                await self._pause()
                self._resume()
            case "pause_exporter":
                await self._pause()
            case "resume_exporter":
                self._resume()
            case "disguise":
                self._witness.disguises.active.add(dict(event.parameters)["disguise"])
            case "undisguise":
                self._witness.disguises.active.discard(dict(event.parameters)["disguise"])
            case "restart_exporter":
                pass
            case _:
                if event.what == "restore":
                    self._referee.note_restore(event.host)
                happen(self._domain, event)
                self._referee.note_event(event)

    async def _sleep_until(self, at: float) -> None:
        """Wait for an instant; a bug in the exporter ends the history."""
        rest = asyncio.create_task(asyncio.sleep(max(0.0, at - self._clock.monotonic())))
        awaited = {rest, self._watching} if self._watching else {rest}
        done, _ = await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
        if self._watching in done:
            rest.cancel()
            await self._watching

    async def _pause(self) -> None:
        """End the exporter."""
        await self._stop()
        self._witness.take()

    def _resume(self) -> None:
        """Start the exporter again, with its state or without."""
        if self._watching:
            return
        if not self._story.keeps_state:
            self._state = _State()
        self._referee.exporter_restarted(keeps_state=self._story.keeps_state)
        self._start()

    def _start(self) -> None:
        self._rounds = 0
        poll = PollSettings(interval_seconds=self._story.interval, timeout_seconds=self._story.timeout)
        self._poller = Poller(poll, self._clock, self._published, self._state)
        self._poller.apply_settings(
            poll, ExpositionOptions(tables=Tables.WORST), {DOMAIN: (self._settings(), self._witness)}
        )
        self._watching = asyncio.create_task(self._poller.run())

    async def _stop(self) -> None:
        watching, self._watching = self._watching, None
        if watching:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    def _settings(self) -> DomainSettings:
        hosts = (
            Host(name=plan.name, address=plan.address, site=plan.site, section=plan.section)
            for plan in self._story.layout.hosts
        )
        configured = tuple(hosts)[: 2 if self._story.discover else None]
        return DomainSettings(
            name=DOMAIN,
            transport=LocalSettings(),
            hosts=configured,
            discover=self._story.discover,
            thresholds=self._story.thresholds,
        )

    def _published(self) -> None:
        for view in self._poller.current():
            if view.counters.rounds > self._rounds:  # a round that still waits for a host is judged when it ends
                self._rounds = view.counters.rounds
                self._referee.judge(view, self._witness.take())
