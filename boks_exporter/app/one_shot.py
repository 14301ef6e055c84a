"""One-shot poll of every domain, for the commands that print and exit."""

import asyncio
from collections.abc import Collection

from boks_exporter.app.connections import Connections
from boks_exporter.app.journal_views import JournalViews
from boks_exporter.config import Settings
from boks_exporter.exposition import DomainView
from boks_exporter.model import DomainName
from boks_exporter.observe import SystemClock
from boks_exporter.poller import DomainWatch


async def look_once(settings: Settings, domains: Collection[DomainName] = ()) -> tuple[DomainView, ...]:
    """Poll the named domains, or all, once; without a history lag in seconds is unknown."""
    async with Connections() as connections:
        opened = await connections.apply_settings(settings)
        clock = SystemClock()
        limiter = asyncio.Semaphore(settings.poll.concurrency)
        watches = [
            DomainWatch(domain, transport, clock)
            for name, (domain, transport) in opened.items()
            if not domains or name in domains
        ]
        looks = (watch.run_round(limiter, settings.poll.interval_seconds, once=True) for watch in watches)
        journals = JournalViews(clock)
        journals.apply_settings(settings)
        return tuple(journals.joined(await asyncio.gather(*looks)))
