"""One-shot poll of every domain, for the commands that end after it."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from boks_exporter.app.connections import Connections
from boks_exporter.app.journal_views import JournalViews
from boks_exporter.config import DomainSettings, Settings
from boks_exporter.exposition import DomainView
from boks_exporter.model import DomainName, Seconds, Timestamp
from boks_exporter.observe import SystemClock
from boks_exporter.poller import DomainWatch, PersistedState, StateUnreadableError, read_states
from boks_exporter.poller.playback import play_back
from boks_exporter.remote.settings import ReplaySettings
from boks_exporter.transport.replay import rounds_of


async def poll_once(settings: Settings, domains: Collection[DomainName] = ()) -> tuple[DomainView, ...]:
    """Poll the named domains, or all, once; of a recorded history return the last round."""
    return tuple(views[-1] for views in await poll_rounds(settings, domains))


async def poll_rounds(settings: Settings, domains: Collection[DomainName] = ()) -> list[list[DomainView]]:
    """Poll the named domains, or all, once; of a recorded history return all rounds, oldest first.

    The exporter's state file is read where it may be: without it there is no evidence and no lag in seconds.
    """
    states, notes = _stored(settings)
    async with Connections() as connections:
        opened = await connections.apply_settings(settings)
        clock = SystemClock()
        limiter = asyncio.Semaphore(settings.poll.concurrency)
        journals = JournalViews(clock)
        journals.apply_settings(settings)
        polls = []
        for name, (domain, transport) in opened.items():
            if domains and name not in domains:
                continue
            if rounds := _recorded_rounds(domain):
                polls.append(play_back(domain, rounds, limiter, settings.poll.interval_seconds))
            else:
                watch = DomainWatch(domain, transport, clock, states.get(name))
                watch.clearances, watch.closer_polls = journals.clearances, settings.poll.closer_polls
                polls.append(_only_round(watch, limiter, settings.poll.interval_seconds, once=name not in states))
        found = await asyncio.gather(*polls)
        return [journals.joined([replace(view, notes=notes) for view in views]) for views in found]


async def _only_round(
    watch: DomainWatch, limiter: asyncio.Semaphore, interval: Seconds, *, once: bool
) -> list[DomainView]:
    return [await watch.run_round(limiter, interval, once=once)]


def _stored(settings: Settings) -> tuple[Mapping[DomainName, PersistedState], tuple[str, ...]]:
    """Read the state file; a file that cannot be read is a note."""
    if settings.state_file is None:
        return {}, ()
    try:
        return read_states(settings.state_file), ()
    except StateUnreadableError as error:
        return {}, (f"{error}; what was proven of copies before is unknown here",)


def _recorded_rounds(domain: DomainSettings) -> tuple[tuple[Timestamp, Path], ...]:
    """Return the rounds of a recorded history, which are judged together; none for hosts and for a single round."""
    settings = domain.transport
    return rounds_of(settings.directory) if isinstance(settings, ReplaySettings) else ()
